/**
 * Changes as bytes outside of V8's heap, in the order of their revisions: what a history remembers is nothing to a collection of garbage.
 * What was put in comes out equal. Little-endian; -1 stands for null; a previous version that
 * there was not has it as its creation.
 *
 *     0 index   8 time   16 session   24 deleted at   32 created   40 version   48 previous: created   56 changed   64 version, f64 each
 *     72 units   76 size of key   80 of value   84 of previous value, u32 each   88 kind u8   89 key, value, previous value
 */
import { assert } from '../base/assert.ts';
import { clusterTime, logIndex, type Revision, revision } from '../base/brand.ts';
import { ByteRows, bytesOf, readText, type Spot, sizeOf, writeText } from '../base/byte-rows.ts';
import { type Change, unitsOf } from './change.ts';
import type { KeyValue } from './commands.ts';

const TIME_AT = 8;
const SESSION_AT = 16;
const DELETED_AT = 24;
const CREATED_AT = 32;
const VERSION_AT = 40;
const PREVIOUS_CREATED_AT = 48;
const PREVIOUS_CHANGED_AT = 56;
const PREVIOUS_VERSION_AT = 64;
const UNITS_AT = 72;
const KEY_SIZE_AT = 76;
const VALUE_SIZE_AT = 80;
const FORMER_SIZE_AT = 84;
const KIND_AT = 88;
const TEXTS_AT = 89;

const NULL = -1;
const PUT = 1;
const DELETE = 2;

export class PackedChanges {
  readonly #rows = new ByteRows();

  get length(): number {
    return this.#rows.length;
  }

  /** Its revision is not kept: whoever asks knows it. */
  push(change: Change): void {
    const [kv, key] = change.type === 'put' ? [change.kv, change.kv.key] : [null, change.key];
    const { origin, previous } = change;
    const [value, former] = [kv?.value ?? '', previous?.value ?? ''];
    const [keySize, valueSize, formerSize] = [sizeOf(key), sizeOf(value), sizeOf(former)];
    const spot = this.#rows.push(TEXTS_AT + bytesOf(keySize) + bytesOf(valueSize) + bytesOf(formerSize));
    const { view, at } = spot;
    const deletedAt = change.type === 'put' ? change.deletedAt : null;
    view.setFloat64(at, origin.index, true);
    view.setFloat64(at + TIME_AT, origin.time, true);
    view.setFloat64(at + SESSION_AT, origin.session ?? NULL, true);
    view.setFloat64(at + DELETED_AT, deletedAt ?? NULL, true);
    view.setFloat64(at + CREATED_AT, kv?.createRevision ?? 0, true);
    view.setFloat64(at + VERSION_AT, kv?.version ?? 0, true);
    view.setFloat64(at + PREVIOUS_CREATED_AT, previous?.createRevision ?? NULL, true);
    view.setFloat64(at + PREVIOUS_CHANGED_AT, previous?.modRevision ?? 0, true);
    view.setFloat64(at + PREVIOUS_VERSION_AT, previous?.version ?? 0, true);
    view.setUint32(at + UNITS_AT, unitsOf(change), true);
    view.setUint8(at + KIND_AT, kv === null ? DELETE : PUT);
    view.setUint32(at + KEY_SIZE_AT, keySize, true);
    view.setUint32(at + VALUE_SIZE_AT, valueSize, true);
    view.setUint32(at + FORMER_SIZE_AT, formerSize, true);
    const valueAt = at + TEXTS_AT + bytesOf(keySize);
    writeText(spot, at + TEXTS_AT, key, keySize);
    writeText(spot, valueAt, value, valueSize);
    writeText(spot, valueAt + bytesOf(valueSize), former, formerSize);
  }

  /** The change at `place`, counted from the first that is here, which made revision `at`. */
  get(place: number, at: Revision): Change {
    const spot = this.#rows.spot(place);
    const { view, at: from } = spot;
    const number = (offset: number): number => view.getFloat64(from + offset, true);
    const orNull = (offset: number): number | null => (number(offset) === NULL ? null : number(offset));
    const origin = { index: logIndex(number(0)), time: clusterTime(number(TIME_AT)), session: orNull(SESSION_AT) };
    const key = keyOf(spot);
    const previous = previousOf(spot, key);
    if (view.getUint8(from + KIND_AT) === DELETE) {
      assert(previous !== null, 'what was deleted was there', () => at);
      return { type: 'delete', revision: at, origin, key, previous };
    }
    const [createRevision, deletedAt] = [revision(number(CREATED_AT)), orNull(DELETED_AT)];
    return {
      type: 'put',
      revision: at,
      origin,
      kv: { key, value: written(spot), createRevision, modRevision: at, version: number(VERSION_AT) },
      previous,
      deletedAt: deletedAt === null ? null : revision(deletedAt),
    };
  }

  keyAt(place: number): string {
    return keyOf(this.#rows.spot(place));
  }

  isDelete(place: number): boolean {
    const { view, at } = this.#rows.spot(place);
    return view.getUint8(at + KIND_AT) === DELETE;
  }

  /** As `unitsOf` counted them. */
  unitsAt(place: number): number {
    const { view, at } = this.#rows.spot(place);
    return view.getUint32(at + UNITS_AT, true);
  }

  dropFirst(): void {
    this.#rows.drop(1);
  }
}

function keyOf(spot: Spot): string {
  return readText(spot, spot.at + TEXTS_AT, spot.view.getUint32(spot.at + KEY_SIZE_AT, true));
}

function written(spot: Spot): string {
  const { view, at } = spot;
  const keyBytes = bytesOf(view.getUint32(at + KEY_SIZE_AT, true));
  return readText(spot, at + TEXTS_AT + keyBytes, view.getUint32(at + VALUE_SIZE_AT, true));
}

function formerOf(spot: Spot): string {
  const { view, at } = spot;
  const before = bytesOf(view.getUint32(at + KEY_SIZE_AT, true)) + bytesOf(view.getUint32(at + VALUE_SIZE_AT, true));
  return readText(spot, at + TEXTS_AT + before, view.getUint32(at + FORMER_SIZE_AT, true));
}

function previousOf(spot: Spot, key: string): KeyValue | null {
  const { view, at } = spot;
  const createRevision = view.getFloat64(at + PREVIOUS_CREATED_AT, true);
  if (createRevision === NULL) return null;
  return {
    key,
    value: formerOf(spot),
    createRevision: revision(createRevision),
    modRevision: revision(view.getFloat64(at + PREVIOUS_CHANGED_AT, true)),
    version: view.getFloat64(at + PREVIOUS_VERSION_AT, true),
  };
}
