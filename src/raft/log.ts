/**
 * The replicated log in memory (Raft §5.3). Knows positions and terms, nothing of roles, disks or peers. Its older part can be packed: few
 * ask for it, and it is long.
 */
import { assert } from '../base/assert.ts';
import { before, type ClusterTime, clusterTime, type LogIndex, logIndex, type Term, term } from '../base/brand.ts';
import type { Entry, EntryId } from './messages.ts';
import { PackedEntries } from './packed-entries.ts';
import { type EntryRow, PackedRow } from './packed-row.ts';

/** The position before the first entry, which every log holds. */
export const ORIGIN: EntryId = { index: logIndex(0), term: term(0) };

export class RaftLog {
  /** The entries after `#offset`; those after them are in `#entries`. */
  readonly #packed: PackedEntries;
  #entries: Entry[];
  /** Everything up to here has left the log. ORIGIN until it is compacted. */
  #offset: EntryId;
  #offsetTime: ClusterTime;

  /**
   * `entries` as recovered: contiguous after `offset`, terms never falling; anything else is a defect of the storage.
   * `offsetTime` is that of the entry at `offset`, or a later one's. A packed row is taken over as it is: use it no more.
   */
  constructor(entries: EntryRow, offset: EntryId = ORIGIN, offsetTime: ClusterTime = clusterTime(0)) {
    const isPacked = entries instanceof PackedRow;
    this.#packed = isPacked ? entries.packed : new PackedEntries();
    this.#entries = isPacked ? [] : [...entries];
    this.#offset = offset;
    this.#offsetTime = offsetTime;
    if (isPacked) entries.check(offset);
    let previous = this.#offset;
    for (const entry of this.#entries) {
      assert(entry.index === previous.index + 1, 'the recovered log has no gap', () => [previous, entry.index]);
      assert(entry.term >= previous.term, 'terms in the recovered log never fall', () => [previous, entry.term]);
      previous = entry;
    }
  }

  /** The last entry that has left the log; its term is still known. */
  get offset(): EntryId {
    return this.#offset;
  }

  get last(): EntryId {
    return this.#entries.at(-1) ?? this.entry(this.lastIndex) ?? this.#offset;
  }

  get lastIndex(): LogIndex {
    return logIndex(this.#packedTo + this.#entries.length);
  }

  /** The time written into the last entry, so that a leader's entries never go back in time. */
  get lastTime(): ClusterTime {
    return (this.#entries.at(-1) ?? this.entry(this.lastIndex))?.time ?? this.#offsetTime;
  }

  /** The term of the entry at `index`; null beyond either end. */
  termAt(index: LogIndex): Term | null {
    if (index === this.#offset.index) return this.#offset.term;
    return this.#isPacked(index) ? this.#packed.termAt(this.#placeOf(index)) : (this.entry(index)?.term ?? null);
  }

  entry(index: LogIndex): Entry | null {
    if (this.#isPacked(index)) return this.#packed.get(this.#placeOf(index), index);
    return this.#entries[index - this.#packedTo - 1] ?? null;
  }

  /** UTF-16 units of the data of the entry at `index`; null beyond either end. */
  unitsAt(index: LogIndex): number | null {
    return this.#isPacked(index) ? this.#packed.unitsAt(this.#placeOf(index)) : (this.entry(index)?.data.length ?? null);
  }

  holds(id: EntryId): boolean {
    return this.termAt(id.index) === id.term;
  }

  /** Whether a leader's entry is ours too: one that has left the log was committed, so every later leader has the same. */
  agreesWith(id: EntryId): boolean {
    return id.index < this.#offset.index || this.holds(id);
  }

  /** Whether a log that ends in `other` is at least as up to date as this one (Raft §5.4.1). */
  isCovered(other: EntryId): boolean {
    const { index, term: lastTerm } = this.last;
    return other.term > lastTerm || (other.term === lastTerm && other.index >= index);
  }

  /** Up to `count` entries from `from` on; a copy, so that it stays true when the tail is replaced. */
  slice(from: LogIndex, count: number): readonly Entry[] {
    const first = Math.max(from, this.#offset.index + 1);
    const end = Math.max(first, from + Math.max(0, count));
    if (first > this.#packedTo) return this.#entries.slice(first - this.#packedTo - 1, end - this.#packedTo - 1);
    const entries: Entry[] = [];
    for (let at = first; at < Math.min(end, this.lastIndex + 1); at += 1) {
      const entry = this.entry(logIndex(at));
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  /** Entries from `from` on for one message: at most `count`, at most `bytes` of data, but always at least one. */
  batch(from: LogIndex, count: number, bytes: number): { readonly entries: readonly Entry[]; readonly bytes: number } {
    const limit = Math.min(this.lastIndex + 1, from + count);
    let end: number = from;
    let total = 0;
    while (end < limit) {
      const size = this.unitsAt(logIndex(end)) ?? 0;
      if (end > from && total + size > bytes) break;
      total += size;
      end += 1;
    }
    return { entries: this.slice(from, end - from), bytes: total };
  }

  append(entry: Entry): void {
    const { index, term: lastTerm } = this.last;
    assert(entry.index === index + 1, 'entries are appended without a gap', () => [index, entry.index]);
    assert(entry.term >= lastTerm, 'terms in a log never fall', () => [lastTerm, entry.term]);
    this.#entries.push(entry);
  }

  /** Drops `from` and all that follows; returns what was dropped. */
  truncate(from: LogIndex): readonly Entry[] {
    assert(from > this.#offset.index, 'what was compacted is never truncated', () => [this.#offset, from]);
    const dropped = this.slice(from, this.lastIndex + 1 - from);
    this.#entries.length = Math.min(this.#entries.length, Math.max(0, from - this.#packedTo - 1));
    this.#packed.cut(from - this.#offset.index - 1);
    return dropped;
  }

  /** Packs what is before the newest `loose` entries up to `upTo`, once it is worth the while: so each call has little to do. */
  pack(upTo: LogIndex, loose: number): void {
    const count = upTo - loose - this.#packedTo;
    if (count <= loose >>> 2) return;
    for (const entry of this.#entries.splice(0, count)) this.#packed.push(entry);
  }

  /** Forgets everything up to `upTo`; the term there stays known. */
  compact(upTo: LogIndex): void {
    const last = this.entry(upTo);
    if (last === null) return;
    this.#entries.splice(0, Math.max(0, upTo - this.#packedTo));
    this.#packed.drop(upTo - this.#offset.index);
    this.#offset = { index: last.index, term: last.term };
    this.#offsetTime = last.time;
  }

  /** Everything goes; the log begins anew after `last` (Raft §7). */
  restore(last: EntryId, time: ClusterTime): void {
    this.#entries = [];
    this.#packed.drop(this.#packed.length);
    this.#offset = { index: last.index, term: last.term };
    this.#offsetTime = time;
  }

  /** The first of `entries` that this log does not hold already, as a place in `entries`; their number when it holds all. */
  firstNew(entries: readonly Entry[]): number {
    const place = entries.findIndex((entry) => !this.agreesWith(entry));
    return place < 0 ? entries.length : place;
  }

  /**
   * The last position up to `index` whose term is not above `maxTerm`: nothing after it can match a log that has
   * `maxTerm` at `index`. Both sides of a failed probe use it, so that one round skips whole terms (Raft §5.3, the
   * optimisation at its end). Terms never fall along the log, hence the bisection. What has left the log is known only
   * by its last term: where even that is above `maxTerm`, the answer is one position before it.
   */
  lastUpTo(index: LogIndex, maxTerm: Term): EntryId {
    let low = this.#offset.index as number;
    let high = Math.min(index, this.lastIndex) as number;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const at = this.termAt(logIndex(middle));
      if (at !== null && at <= maxTerm) low = middle;
      else high = middle - 1;
    }
    if (index < this.#offset.index) return { index, term: maxTerm };
    const found = this.termAt(logIndex(low)) ?? this.#offset.term;
    return found <= maxTerm ? { index: logIndex(low), term: found } : { index: before(this.#offset.index), term: maxTerm };
  }

  /** Bytes of data in the entries after `index`, up to `upTo`. */
  bytesAfter(index: LogIndex, upTo: LogIndex = this.lastIndex): number {
    let bytes = 0;
    for (let at = upTo; at > index; at = before(at)) bytes += this.unitsAt(at) ?? 0;
    return bytes;
  }

  /** The last entry that is packed, `offset` when none is. */
  get #packedTo(): number {
    return this.#offset.index + this.#packed.length;
  }

  #isPacked(index: LogIndex): boolean {
    return index > this.#offset.index && index <= this.#packedTo;
  }

  #placeOf(index: LogIndex): number {
    return index - this.#offset.index - 1;
  }
}
