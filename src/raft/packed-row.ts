/** What a start finds of a log, packed as it was read: nobody makes an object of each entry only to pack it again. */
import { assert } from '../base/assert.ts';
import { type LogIndex, logIndex } from '../base/brand.ts';
import type { Entry, EntryId } from './messages.ts';
import type { PackedEntries } from './packed-entries.ts';

/** Entries in the order of their indexes, without a gap, read one by one; an array of them is such a row too. */
export interface EntryRow extends Iterable<Entry> {
  readonly length: number;
}

/** The packed entries after `before`. */
export class PackedRow implements EntryRow {
  readonly packed: PackedEntries;
  readonly before: LogIndex;

  constructor(packed: PackedEntries, before: LogIndex) {
    this.packed = packed;
    this.before = before;
  }

  get length(): number {
    return this.packed.length;
  }

  *[Symbol.iterator](): IterableIterator<Entry> {
    for (let place = 0; place < this.length; place += 1) yield this.#entry(place);
  }

  /** Those that hold a configuration: they are few. */
  *configurations(): IterableIterator<Entry> {
    for (let place = 0; place < this.length; place += 1) {
      if (this.packed.kindAt(place) === 'config') yield this.#entry(place);
    }
  }

  /** The first `count` go; the rest, after the last of those. */
  without(count: number): { readonly entries: PackedRow; readonly offset: EntryId } {
    const index = logIndex(this.before + count);
    const offset = { index, term: this.packed.termAt(count - 1) };
    this.packed.drop(count);
    return { entries: new PackedRow(this.packed, index), offset };
  }

  /** Terms never fall from `offset` on, after which it begins. */
  check(offset: EntryId): void {
    assert(this.before === offset.index, 'the recovered log has no gap', () => [offset, this.before]);
    let previous = offset.term;
    for (let place = 0; place < this.length; place += 1) {
      const at = this.packed.termAt(place);
      assert(at >= previous, 'terms in the recovered log never fall', () => [previous, this.before + 1 + place]);
      previous = at;
    }
  }

  #entry(place: number): Entry {
    return this.packed.get(place, logIndex(this.before + 1 + place));
  }
}
