/**
 * Entries as bytes outside of V8's heap: a log of some hundred thousand is then nothing to a collection of garbage. What was put in comes
 * out equal.
 *
 *     0 time f64   8 term f64   16 units of text u32   20 size of text u32   24 kind u8   25 text
 */
import { isAscii } from '../base/ascii.ts';
import { clusterTime, type LogIndex, type Term, term } from '../base/brand.ts';
import { ByteRows, type Bytes, bytesOf, readText, type Spot, sizeOf, sizeOfAscii, writeText } from '../base/byte-rows.ts';
import type { Entry } from './messages.ts';

const TERM_AT = 8;
const UNITS_AT = 16;
const SIZE_AT = 20;
const KIND_AT = 24;
const TEXT_AT = 25;

const KINDS = ['noop', 'command', 'config'] as const satisfies readonly Entry['kind'][];

export class PackedEntries {
  readonly #rows = new ByteRows();

  get length(): number {
    return this.#rows.length;
  }

  /** Bytes outside of V8's heap. */
  get bytes(): number {
    return this.#rows.pageBytes;
  }

  /** `entry.index` is not kept: whoever asks knows it. */
  push({ data, ...head }: Omit<Entry, 'index'>): void {
    const size = sizeOf(data);
    const spot = this.#begin(head, data.length, size);
    writeText(spot, spot.at + TEXT_AT, data, size);
  }

  /** The same, with a text that lies in `bytes` as UTF-8, from `from` to `to`: most are copied as they are. */
  pushBytes(head: Omit<Entry, 'index' | 'data'>, { bytes, view }: Bytes, from: number, to: number): void {
    if (!isAscii(view, from, to)) {
      this.push({ ...head, data: bytes.toString('utf8', from, to) });
      return;
    }
    const spot = this.#begin(head, to - from, sizeOfAscii(to - from));
    bytes.copy(spot.bytes, spot.at + TEXT_AT, from, to);
  }

  /** The entry at `place`, counted from the first that is here, which gets this index. */
  get(place: number, index: LogIndex): Entry {
    const spot = this.#rows.spot(place);
    const { view, at } = spot;
    return {
      index,
      term: term(view.getFloat64(at + TERM_AT, true)),
      time: clusterTime(view.getFloat64(at, true)),
      kind: KINDS[view.getUint8(at + KIND_AT)] ?? 'noop',
      data: readText(spot, at + TEXT_AT, view.getUint32(at + SIZE_AT, true)),
    };
  }

  termAt(place: number): Term {
    const { view, at } = this.#rows.spot(place);
    return term(view.getFloat64(at + TERM_AT, true));
  }

  kindAt(place: number): Entry['kind'] {
    const { view, at } = this.#rows.spot(place);
    return KINDS[view.getUint8(at + KIND_AT)] ?? 'noop';
  }

  /** UTF-16 units of its data. */
  unitsAt(place: number): number {
    const { view, at } = this.#rows.spot(place);
    return view.getUint32(at + UNITS_AT, true);
  }

  /** The first `count` go. */
  drop(count: number): void {
    this.#rows.drop(count);
  }

  /** All but the first `count` go. */
  cut(count: number): void {
    this.#rows.cut(count);
  }

  #begin({ time, term: inTerm, kind }: Omit<Entry, 'index' | 'data'>, units: number, size: number): Spot {
    const spot = this.#rows.push(TEXT_AT + bytesOf(size));
    const { view, at } = spot;
    view.setFloat64(at, time, true);
    view.setFloat64(at + TERM_AT, inTerm, true);
    view.setUint32(at + UNITS_AT, units, true);
    view.setUint32(at + SIZE_AT, size, true);
    view.setUint8(at + KIND_AT, KINDS.indexOf(kind));
    return spot;
  }
}
