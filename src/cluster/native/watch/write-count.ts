/**
 * Exactly-once, seen from outside: between two applied indexes the revision grows by no more than there are writes of
 * different names in the log between them. A retry has the name of the first attempt.
 */
import type { LogRow } from '../../../replica/status.ts';
import { SequenceSet } from './sequence-set.ts';

const KEPT = 8_192;
const MOST_WAITING = 256;

interface Point {
  readonly index: number;
  readonly revision: number;
}

export interface WriteCount {
  readonly from: Point;
  readonly to: Point;
  /** Writes of different names between the two. */
  readonly writes: number;
}

export class WriteCounter {
  readonly #judge: (count: WriteCount) => void;
  /** Sequences by session: the newest names, and those before them, which are dropped whole. */
  #names = new Map<number, SequenceSet>();
  #olderNames = new Map<number, SequenceSet>();
  #room = 0;
  /** `#counts[i]` is the number of new names up to index `#base + i`, itself included. */
  #base = 0;
  #counts: number[] = [0];
  #reference: Point | null = null;
  #waiting: Point[] = [];

  constructor(judge: (count: WriteCount) => void) {
    this.#judge = judge;
  }

  /** Committed rows in their order, of any node; what is known already is passed over, and after a gap it begins anew. */
  rows(rows: readonly LogRow[]): void {
    for (const row of rows) {
      const next = this.#base + this.#counts.length;
      if (row.index < next) continue;
      if (row.index > next) this.#beginAt(row.index - 1);
      this.#counts.push((this.#counts.at(-1) ?? 0) + (this.#isNew(row) ? 1 : 0));
    }
    if (this.#counts.length > 2 * KEPT) this.#trim();
    this.#judgeWaiting();
  }

  /** A node has this revision after everything up to `index`. */
  applied(index: number, revision: number): void {
    if (index <= (this.#waiting.at(-1)?.index ?? this.#reference?.index ?? -1)) return;
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ index, revision });
    this.#judgeWaiting();
  }

  #judgeWaiting(): void {
    const end = this.#base + this.#counts.length - 1;
    const ready = this.#waiting.filter(({ index }) => index <= end);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.slice(ready.length);
    for (const point of ready) {
      const from = this.#reference;
      if (point.index < this.#base) continue;
      this.#reference = point;
      if (from === null || from.index < this.#base) continue;
      this.#judge({ from, to: point, writes: this.#countAt(point.index) - this.#countAt(from.index) });
    }
  }

  #countAt(index: number): number {
    return this.#counts[index - this.#base] ?? 0;
  }

  /** A name that is forgotten counts as new: then more is allowed than need be, and nobody is blamed wrongly. */
  #isNew({ kind, request }: LogRow): boolean {
    if (kind !== 'command') return false;
    if (request === null) return true;
    const { session, sequence } = request;
    if (this.#olderNames.get(session)?.has(sequence)) return false;
    const known = this.#names.get(session);
    if (known === undefined) {
      this.#names.set(session, new SequenceSet(sequence));
      this.#grow(1);
      return true;
    }
    const apart = known.apart;
    if (!known.add(sequence)) return false;
    this.#grow(known.apart - apart);
    return true;
  }

  /** The names take more room, or less. */
  #grow(by: number): void {
    this.#room += by;
    if (this.#room < KEPT) return;
    this.#olderNames = this.#names;
    this.#names = new Map();
    this.#room = 0;
  }

  #beginAt(base: number): void {
    this.#base = base;
    this.#counts = [0];
    this.#reference = null;
  }

  #trim(): void {
    const gone = this.#counts.length - KEPT;
    this.#counts = this.#counts.slice(gone);
    this.#base += gone;
  }
}
