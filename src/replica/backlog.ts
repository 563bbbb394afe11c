/** What is committed and not yet applied, as far as it was taken out of the log: a little at a time, since after a start it is long. */
import type { Entry } from '../raft/messages.ts';
import type { Clock } from './ports.ts';

/** A long backlog never keeps a heartbeat waiting: a slice ends when it takes longer than this; looked at every so often. */
const SLICE_MS = 10;
const LOOK_EVERY = 32;

export class Backlog {
  #entries: Entry[] = [];
  /** The place of the next one. */
  #next = 0;

  get length(): number {
    return this.#entries.length - this.#next;
  }

  push(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    if (this.#next > 0) this.#entries = this.#entries.slice(this.#next);
    this.#next = 0;
    for (const entry of entries) this.#entries.push(entry);
  }

  /** The oldest, which goes. */
  shift(): Entry | null {
    const entry = this.#entries[this.#next] ?? null;
    if (entry === null) return null;
    this.#next += 1;
    if (this.#next === this.#entries.length) this.clear();
    return entry;
  }

  /** Hands so many of the oldest to `apply`, fewer when that takes long. */
  slice(most: number, clock: Pick<Clock, 'now'>, apply: (entry: Entry) => void): void {
    const startedAt = clock.now();
    for (let left = most; left > 0; left -= 1) {
      const entry = this.shift();
      if (entry === null) break;
      apply(entry);
      if (left % LOOK_EVERY === 0 && clock.now() - startedAt > SLICE_MS) break;
    }
  }

  clear(): void {
    this.#entries = [];
    this.#next = 0;
  }
}
