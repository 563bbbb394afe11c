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
import type { StateHash, StateSum } from './state-hash.ts';
import { bytesKeyPart, type PackedFacts, packedKeyPart } from './state-parts.ts';

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
    this.#where[2 * slot + 1] = place;
  });
  /** Of each slot, the row of its block and its place there: side by side, so that both are one look at the memory. */
  #where: Int32Array = new Int32Array(2 * FIRST_SLOTS);
  readonly #sum: StateSum;

  /** `sum` is kept equal to the parts of all keys, and whatever else its owner adds. */
  constructor(sum: StateSum) {
    this.#sum = sum;
  }

  /** Bytes outside of V8's heap, for people. */
  get bytes(): number {
    return this.#blocks.pageBytes + this.#where.byteLength;
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
    const facts = { createRevision, modRevision, version, valueBytes };
    this.#seal(view, at, facts, packedKeyPart(key, view, at + VALUE_AT, facts));
  }

  clear(slot: number): void {
    this.#forget(slot);
    this.#blocks.remove(this.#row(slot), this.#place(slot));
    this.#where[2 * slot] = NO_ROW;
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
    const part =
      keyAt === null
        ? packedKeyPart(key, view, at + VALUE_AT, record)
        : bytesKeyPart(chunk.view, keyAt, key.length, view, at + VALUE_AT, record);
    this.#seal(view, at, record, part);
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
    if (2 * slot >= this.#where.length) this.#grow(slot);
    const row = rowOf(VALUE_AT + valueBytes);
    const before = this.#row(slot);
    if (before !== NO_ROW) this.#forget(slot);
    if (before !== row) {
      if (before !== NO_ROW) this.#blocks.remove(before, this.#place(slot));
      this.#where[2 * slot] = row;
      this.#where[2 * slot + 1] = this.#blocks.add(row, slot);
    }
    return this.#page(slot);
  }

  #seal(view: DataView, at: number, { createRevision, modRevision, version, valueBytes }: PackedFacts, part: StateHash): void {
    view.setUint32(at + BYTES_AT, valueBytes, true);
    view.setFloat64(at + CREATE_AT, createRevision, true);
    view.setFloat64(at + MOD_AT, modRevision, true);
    view.setFloat64(at + VERSION_AT, version, true);
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
    return this.#blocks.page(this.#row(slot), this.#place(slot));
  }

  #offset(slot: number): number {
    return this.#blocks.offset(this.#row(slot), this.#place(slot));
  }

  #row(slot: number): number {
    return this.#where[2 * slot] ?? NO_ROW;
  }

  #place(slot: number): number {
    return this.#where[2 * slot + 1] ?? 0;
  }

  #grow(slot: number): void {
    const length = Math.max(2 * (slot + 1), 2 * this.#where.length);
    this.#where = new Int32Array(grown(this.#where.buffer, 4 * length, 8 * MOST_SLOTS), 0, length);
  }
}
