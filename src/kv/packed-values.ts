/**
 * The values of the newest state as bytes, in blocks outside of V8's heap: a million of them are nothing to a garbage collection,
 * and a snapshot copies them as they are. One block a key, little-endian:
 *
 *     0 slot u32   4 bytes of value u32   8 create   16 mod   24 version, f64   32 checksum of the key's part, two i32   40 value, UTF-8
 */
import { revision } from '../base/brand.ts';
import { Blocks, type Page, rowOf } from './blocks.ts';
import type { KeyValue } from './commands.ts';
import { grown } from './growing.ts';
import type { Payloads } from './payloads.ts';
import type { RestoredRecord } from './snapshot-records.ts';
import type { StateSum } from './state-hash.ts';
import { type PackedText, packedKeyPart } from './state-parts.ts';

const BYTES_AT = 4;
const CREATE_AT = 8;
const MOD_AT = 16;
const VERSION_AT = 24;
const LOW_AT = 32;
const HIGH_AT = 36;
const VALUE_AT = 40;
const FIRST_SLOTS = 16;
const MOST_SLOTS = 2 ** 27;
/** No block has a size of 0. */
const NO_ROW = 0;

/** What a snapshot says of a key: its value is in the bytes that came along. */
export interface PackedRecord {
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly valueAt: number;
  readonly valueBytes: number;
}

/** A key with `valueBytes` bytes of UTF-8 at `valueAt` in `bytes`. */
export interface PackedKey extends PackedRecord {
  readonly key: string;
  readonly bytes: Buffer;
}

export class PackedValues implements Payloads<KeyValue> {
  readonly #blocks = new Blocks((slot, place) => {
    this.#places[slot] = place;
  });
  /** Of each slot, the row of its block and its place there. */
  #rows: Uint16Array = new Uint16Array(FIRST_SLOTS);
  #places: Uint32Array = new Uint32Array(FIRST_SLOTS);
  readonly #sum: StateSum;

  /** `sum` is kept equal to the parts of all keys, and whatever else its owner adds. */
  constructor(sum: StateSum) {
    this.#sum = sum;
  }

  /** Bytes outside of V8's heap, for people. */
  get bytes(): number {
    return this.#blocks.pageBytes + this.#rows.byteLength + this.#places.byteLength;
  }

  get(slot: number, key: string): KeyValue {
    const { bytes, view } = this.#page(slot);
    const at = this.#offset(slot);
    const end = at + VALUE_AT + view.getUint32(at + BYTES_AT, true);
    return {
      key,
      value: bytes.toString('utf8', at + VALUE_AT, end),
      createRevision: revision(view.getFloat64(at + CREATE_AT, true)),
      modRevision: revision(view.getFloat64(at + MOD_AT, true)),
      version: view.getFloat64(at + VERSION_AT, true),
    };
  }

  set(slot: number, { key, value, createRevision, modRevision, version }: KeyValue): void {
    const valueBytes = Buffer.byteLength(value);
    const { bytes, view } = this.#renew(slot, valueBytes);
    const at = this.#offset(slot);
    bytes.write(value, at + VALUE_AT, valueBytes, 'utf8');
    this.#seal(view, at, key, { createRevision, modRevision, version, valueAt: 0, valueBytes });
  }

  clear(slot: number): void {
    this.#forget(slot);
    this.#blocks.remove(this.#rows[slot] ?? NO_ROW, this.#places[slot] ?? 0);
    this.#rows[slot] = NO_ROW;
  }

  modRevision(slot: number): number {
    return this.#page(slot).view.getFloat64(this.#offset(slot) + MOD_AT, true);
  }

  /** Takes over what a snapshot's chunk holds. */
  restore(slot: number, key: string, record: RestoredRecord, chunk: Page): void {
    const { keyAt, valueAt, valueBytes } = record;
    const { bytes, view } = this.#renew(slot, valueBytes);
    const at = this.#offset(slot);
    chunk.bytes.copy(bytes, at + VALUE_AT, valueAt, valueAt + valueBytes);
    const name = keyAt === null ? key : { view: chunk.view, at: keyAt, bytes: key.length };
    this.#seal(view, at, name, record);
  }

  /** The record of a key for a snapshot, with the bytes that its value is in: good until the next change. */
  record(slot: number): Omit<PackedKey, 'key'> {
    const { bytes, view } = this.#page(slot);
    const at = this.#offset(slot);
    return {
      createRevision: view.getFloat64(at + CREATE_AT, true),
      modRevision: view.getFloat64(at + MOD_AT, true),
      version: view.getFloat64(at + VERSION_AT, true),
      valueAt: at + VALUE_AT,
      valueBytes: view.getUint32(at + BYTES_AT, true),
      bytes,
    };
  }

  /** The block of a slot, with room for so many bytes; what was in it is forgotten. */
  #renew(slot: number, valueBytes: number): Page {
    if (slot >= this.#rows.length) this.#grow(slot);
    const row = rowOf(VALUE_AT + valueBytes);
    const before = this.#rows[slot] ?? NO_ROW;
    if (before !== NO_ROW) this.#forget(slot);
    if (before !== row) {
      if (before !== NO_ROW) this.#blocks.remove(before, this.#places[slot] ?? 0);
      this.#rows[slot] = row;
      this.#places[slot] = this.#blocks.add(row, slot);
    }
    return this.#page(slot);
  }

  #seal(view: DataView, at: number, key: string | PackedText, record: PackedRecord): void {
    const { createRevision, modRevision, version, valueBytes } = record;
    view.setUint32(at + BYTES_AT, valueBytes, true);
    view.setFloat64(at + CREATE_AT, createRevision, true);
    view.setFloat64(at + MOD_AT, modRevision, true);
    view.setFloat64(at + VERSION_AT, version, true);
    const part = packedKeyPart(key, view, at + VALUE_AT, record);
    const [low, high] = [part.low(), part.high()];
    view.setInt32(at + LOW_AT, low, true);
    view.setInt32(at + HIGH_AT, high, true);
    this.#sum.plus(low, high);
  }

  /** Its part leaves the sum. */
  #forget(slot: number): void {
    const { view } = this.#page(slot);
    const at = this.#offset(slot);
    this.#sum.minus(view.getInt32(at + LOW_AT, true), view.getInt32(at + HIGH_AT, true));
  }

  #page(slot: number): Page {
    return this.#blocks.page(this.#rows[slot] ?? NO_ROW, this.#places[slot] ?? 0);
  }

  #offset(slot: number): number {
    return this.#blocks.offset(this.#rows[slot] ?? NO_ROW, this.#places[slot] ?? 0);
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, 2 * this.#rows.length);
    this.#rows = new Uint16Array(grown(this.#rows.buffer, 2 * length, 2 * MOST_SLOTS), 0, length);
    this.#places = new Uint32Array(grown(this.#places.buffer, 4 * length, 4 * MOST_SLOTS), 0, length);
  }
}
