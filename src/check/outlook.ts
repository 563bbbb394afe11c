/**
 * What is still to come: for each value, how many operations have yet to see it and how many could yet write it. A state must not
 * be left for good while somebody has yet to see it; with values that are written once, that leaves the search little to try.
 */
import type { Model } from './kv-model.ts';

const NONE = -1;

export class Outlook {
  readonly #seen: Int32Array;
  readonly #written: Int32Array;
  /** By value: operations without a place that saw it. */
  readonly #viewers: Int32Array;
  /** By value: operations without a place that leave it behind. */
  readonly #writers: Int32Array;

  constructor(model: Model, operations: number) {
    this.#seen = Int32Array.from({ length: operations }, (_, at) => model.valueSeen(at) ?? NONE);
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
    const itself = this.#seen[operation] === value ? 1 : 0;
    return this.#writers[value] === 0 && (this.#viewers[value] ?? 0) > itself;
  }

  #count(operation: number, by: number): void {
    const seen = this.#seen[operation] ?? NONE;
    const written = this.#written[operation] ?? NONE;
    if (seen !== NONE) this.#viewers[seen] = (this.#viewers[seen] ?? 0) + by;
    if (written !== NONE) this.#writers[written] = (this.#writers[written] ?? 0) + by;
  }
}
