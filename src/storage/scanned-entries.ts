/** The entries of a log as far as a scan has read it, packed as they come, and what the first of them follows. */
import { type LogIndex, logIndex } from '../base/brand.ts';
import { ORIGIN } from '../raft/log.ts';
import type { Entry, EntryId } from '../raft/messages.ts';
import { PackedEntries } from '../raft/packed-entries.ts';
import { PackedRow } from '../raft/packed-row.ts';

export class ScannedEntries {
  readonly packed = new PackedEntries();
  /** The log goes on after this; the entries up to here are in no segment, and a snapshot stands for them. */
  offset: EntryId = ORIGIN;

  get length(): number {
    return this.packed.length;
  }

  get last(): EntryId {
    return lastOf(this.packed, this.offset);
  }

  get row(): PackedRow {
    return new PackedRow(this.packed, this.offset.index);
  }

  beginAfter(offset: EntryId): void {
    this.offset = offset;
    this.packed.cut(0);
  }

  /** The term of the entry before `index`; 0 where it is not known. */
  termBefore(index: number): number {
    const before = index - this.offset.index - 2;
    if (before >= 0) return this.packed.termAt(before);
    return before === -1 ? this.offset.term : 0;
  }

  /** The first `count` stay. */
  cut(count: number): void {
    this.packed.cut(count);
  }

  /** Those from `place` on, a copy. */
  from(place: number): readonly Entry[] {
    const index = (at: number): LogIndex => logIndex(this.offset.index + 1 + at);
    return Array.from({ length: this.length - place }, (_, i) => this.packed.get(place + i, index(place + i)));
  }

  /** Those before `index` go. */
  forgetBefore(index: number): void {
    const count = Math.min(this.length, index - this.offset.index - 1);
    if (count <= 0) return;
    this.offset = { index: logIndex(this.offset.index + count), term: this.packed.termAt(count - 1) };
    this.packed.drop(count);
  }
}

/** The last of these entries; what they follow, when there is none. */
export function lastOf(packed: PackedEntries, offset: EntryId): EntryId {
  const { length } = packed;
  return length === 0 ? offset : { index: logIndex(offset.index + length), term: packed.termAt(length - 1) };
}
