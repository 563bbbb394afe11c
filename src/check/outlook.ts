/**
 * What is still to come: for each value, how many operations have yet to see it and how many could yet write it. A state must not
 * be left for good while somebody has yet to see it; with values that are written once, that leaves the search little to try.
 */
import type { Model } from './model.ts';

const NONE = -1;

export class Outlook {
  /** Operation i saw the values from place `#seenFrom[i]` up to that of the next one. */
  readonly #seen: Int32Array;
  readonly #seenFrom: Int32Array;
  readonly #written: Int32Array;
  /** By value: operations without a place that saw it. */
  readonly #viewers: Int32Array;
  /** By value: operations without a place that leave it behind. */
  readonly #writers: Int32Array;

  constructor(model: Model, operations: number) {
    const seen = Array.from({ length: operations }, (_, at) => model.valuesSeen(at));
    this.#seen = Int32Array.from(seen.flat());
    let from = 0;
    this.#seenFrom = Int32Array.from([...seen, []], (values) => {
      from += values.length;
      return from - values.length;
    });
    this.#written = Int32Array.from({ length: operations }, (_, at) => model.valueWritten(at) ?? NONE);
    this.#viewers = new Int32Array(model.values);
    this.#writers = new Int32Array(model.values);
    for (let at = 0; at < operations; at += 1) this.unplace(at);
  }

  place(operation: number): void {
    this.#count(operation, -1);
  }

  unplace(operation: number): void {
    this.#count(operation, 1);
  }

  /** Whether `operation`, which ends the time of `value`, would leave behind somebody who can then never have seen it. */
  strands(value: number, operation: number): boolean {
    if (this.#writers[value] !== 0) return false;
    const from = this.#seenFrom[operation] ?? 0;
    const itself = from < (this.#seenFrom[operation + 1] ?? 0) && this.#seen[from] === value ? 1 : 0;
    return (this.#viewers[value] ?? 0) > itself;
  }

  #count(operation: number, by: number): void {
    const written = this.#written[operation] ?? NONE;
    const end = this.#seenFrom[operation + 1] ?? 0;
    for (let at = this.#seenFrom[operation] ?? 0; at < end; at += 1) {
      const seen = this.#seen[at] ?? 0;
      this.#viewers[seen] = (this.#viewers[seen] ?? 0) + by;
    }
    if (written !== NONE) this.#writers[written] = (this.#writers[written] ?? 0) + by;
  }
}
