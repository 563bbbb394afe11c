/**
 * Entries as bytes outside of V8's heap: a log of some hundred thousand is then nothing to a collection of garbage. What was put in comes
 * out equal.
 *
 *     0 time f64   8 term f64   16 units of text u32   20 size of text u32   24 kind u8   25 text
 */
import { clusterTime, type LogIndex, type Term, term } from '../base/brand.ts';
import { ByteRows, bytesOf, readText, sizeOf, writeText } from '../base/byte-rows.ts';
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
  push({ time, term: inTerm, kind, data }: Entry): void {
    const size = sizeOf(data);
    const spot = this.#rows.push(TEXT_AT + bytesOf(size));
    const { view, at } = spot;
    view.setFloat64(at, time, true);
    view.setFloat64(at + TERM_AT, inTerm, true);
    view.setUint32(at + UNITS_AT, data.length, true);
    view.setUint32(at + SIZE_AT, size, true);
    view.setUint8(at + KIND_AT, KINDS.indexOf(kind));
    writeText(spot, at + TEXT_AT, data, size);
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
}
