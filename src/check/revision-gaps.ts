/** Revisions that no answer claims, and the writes of unknown outcome that may stand there. */
import { type Operation, writtenBy } from './history.ts';

/** The revisions that nobody has claimed; each can be taken once. */
export class FreeRevisions {
  /** From a taken revision to one that may be free; followed and shortened like a forest of sets. */
  readonly #next = new Map<number, number>();

  constructor(taken: readonly number[]) {
    for (const revision of taken) this.take(revision);
  }

  take(revision: number): void {
    this.#next.set(revision, revision + 1);
  }

  /** The lowest free one in (from, to]; null: there is none. */
  firstIn(from: number, to: number): number | null {
    const free = this.#from(from + 1);
    return free <= to ? free : null;
  }

  #from(revision: number): number {
    let free = revision;
    for (let next = this.#next.get(free); next !== undefined; next = this.#next.get(free)) free = next;
    for (let at = revision; at !== free; ) {
      const next = this.#next.get(at) ?? free;
      this.#next.set(at, free);
      at = next;
    }
    return free;
  }
}

/** The highest revision that was known before a time. */
export class RevisionFloor {
  readonly #ends: Float64Array;
  readonly #highest: Float64Array;

  constructor(answers: readonly { readonly end: number; readonly revision: number }[]) {
    const sorted = [...answers].sort((a, b) => a.end - b.end);
    let highest = 0;
    this.#ends = Float64Array.from(sorted, ({ end }) => end);
    this.#highest = Float64Array.from(sorted, ({ revision }) => {
      highest = Math.max(highest, revision);
      return highest;
    });
  }

  before(time: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (this.#highest[low - 1] ?? 0);
  }
}

export interface UncertainWrite {
  readonly value: string | null;
  readonly call: number;
  /** Its revision, if it has one, is higher than this: so much had been answered before it was called. */
  readonly floor: number;
  used: boolean;
}

/** Writes without a revision, by key; the earliest first, since it fits wherever a later one does. */
export class UncertainWrites {
  readonly #byKey = new Map<string, UncertainWrite[]>();

  constructor(operations: readonly Operation[], floor: RevisionFloor) {
    for (const operation of operations) {
      const value = writtenBy(operation);
      if (value === undefined || operation.op === 'range') continue;
      const write = { value, call: operation.call, floor: floor.before(operation.call), used: false };
      const others = this.#byKey.get(operation.key);
      if (others === undefined) this.#byKey.set(operation.key, [write]);
      else others.push(write);
    }
    for (const writes of this.#byKey.values()) writes.sort((a, b) => a.call - b.call);
  }

  of(key: string): readonly UncertainWrite[] {
    return this.#byKey.get(key) ?? [];
  }
}
