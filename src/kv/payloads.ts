/** What the keys of an ordered map map to, apart from the order. */
import { assert } from '../base/assert.ts';

/** Where a list keeps what its keys map to, by the slot that each key has as long as it is in the list. */
export interface Payloads<T extends object> {
  /** Only for a slot that was set and not cleared since. */
  get(slot: number, key: string): T;
  set(slot: number, payload: T): void;
  clear(slot: number): void;
}

/** Payloads as they are, on V8's heap. */
export class Objects<T extends object> implements Payloads<T> {
  readonly #objects: (T | null)[] = [];

  get(slot: number): T {
    const payload = this.#objects[slot] ?? null;
    assert(payload !== null, 'a slot holds a payload', () => ({ slot }));
    return payload;
  }

  set(slot: number, payload: T): void {
    this.#objects[slot] = payload;
  }

  clear(slot: number): void {
    this.#objects[slot] = null;
  }
}
