/**
 * The records of which a snapshot's chunks consist; a chunk holds whole records. Little-endian, u48 for what counts.
 *
 *    state     1, revision u48
 *    key       2, create u48, mod u48, version u48, bytes of key u16, bytes of value u32, key, value as UTF-8
 *    session   3, id u48, used at u48, forgotten u48
 *    reply     4, sequence u48, bytes u32, the answer as JSON: belongs to the session before it
 *
 * The state comes first, then the sessions from the least to the most recently used, then the keys in their order.
 */
import { isAscii } from '../base/ascii.ts';
import { assert } from '../base/assert.ts';
import { type Page, pageOf } from './blocks.ts';
import type { Reply } from './commands.ts';
import type { PackedKey, PackedRecord } from './packed-values.ts';
import type { SessionRecord } from './sessions.ts';

/** One and the same object for all keys of a chunk: good until the next one. */
export interface RestoredRecord extends PackedRecord {
  /** Where the bytes of a key of ASCII characters are, as many as it has characters; null for any other key. */
  readonly keyAt: number | null;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Hears the records of a chunk, in their order. */
export interface RecordReader {
  state(revision: number): void;
  /** The value is in the chunk, and so is the key, at `keyAt`, if it is ASCII. */
  key(key: string, record: RestoredRecord, chunk: Page): void;
  session(session: Omit<SessionRecord, 'replies'>): void;
  reply(sequence: number, reply: Reply): void;
}

const STATE = 1;
const KEY = 2;
const SESSION = 3;
const REPLY = 4;
const COUNT_BYTES = 6;
/** Of a key's record, after its kind. */
const KEY_AT = 3 * COUNT_BYTES + 6;
const FIRST_BYTES = 64 * 1_024;

/** Gathers records in one buffer that is used again for the next chunk. */
export class ChunkWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #end = 0;

  get size(): number {
    return this.#end;
  }

  /** What has gathered, good until the next record comes; the next chunk begins. */
  take(): Buffer {
    const chunk = this.#bytes.subarray(0, this.#end);
    this.#end = 0;
    return chunk;
  }

  state(at: number): void {
    this.#begin(STATE, COUNT_BYTES);
    this.#count(at);
  }

  key({ key, bytes, createRevision, modRevision, version, valueAt, valueBytes }: PackedKey): void {
    const keyBytes = Buffer.byteLength(key);
    this.#begin(KEY, KEY_AT + keyBytes + valueBytes);
    this.#count(createRevision);
    this.#count(modRevision);
    this.#count(version);
    this.#end = this.#bytes.writeUInt16LE(keyBytes, this.#end);
    this.#end = this.#bytes.writeUInt32LE(valueBytes, this.#end);
    this.#end += this.#bytes.write(key, this.#end, 'utf8');
    this.#end += bytes.copy(this.#bytes, this.#end, valueAt, valueAt + valueBytes);
  }

  session({ id, usedAt, forgotten }: SessionRecord): void {
    this.#begin(SESSION, 3 * COUNT_BYTES);
    this.#count(id);
    this.#count(usedAt);
    this.#count(forgotten);
  }

  reply(sequence: number, reply: Reply): void {
    const text = JSON.stringify(reply);
    const bytes = Buffer.byteLength(text);
    this.#begin(REPLY, COUNT_BYTES + 4 + bytes);
    this.#count(sequence);
    this.#end = this.#bytes.writeUInt32LE(bytes, this.#end);
    this.#end += this.#bytes.write(text, this.#end, 'utf8');
  }

  #begin(kind: number, bytes: number): void {
    const needed = this.#end + 1 + bytes;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(grown, 0, 0, this.#end);
      this.#bytes = grown;
    }
    this.#end = this.#bytes.writeUInt8(kind, this.#end);
  }

  #count(value: number): void {
    assert(value >= 0 && value < 2 ** 48, 'what is counted fits into six bytes', () => value);
    this.#end = this.#bytes.writeUIntLE(value, this.#end, COUNT_BYTES);
  }
}

/** Throws a RangeError or a SyntaxError for a chunk that `ChunkWriter` did not write. */
export function readChunk(chunk: Buffer, reader: RecordReader): void {
  const page = pageOf(chunk);
  const { view } = page;
  const record = { createRevision: 0, modRevision: 0, version: 0, valueAt: 0, valueBytes: 0, keyAt: null as number | null };
  for (let at = 0; at < chunk.length; ) {
    const kind = view.getUint8(at);
    at += 1;
    if (kind === KEY) {
      at = readKey(page, at, reader, record);
    } else if (kind === STATE) {
      reader.state(countAt(view, at));
      at += COUNT_BYTES;
    } else if (kind === SESSION) {
      const [id, usedAt] = [countAt(view, at), countAt(view, at + COUNT_BYTES)];
      reader.session({ id, usedAt, forgotten: countAt(view, at + 2 * COUNT_BYTES) });
      at += 3 * COUNT_BYTES;
    } else if (kind === REPLY) {
      const textAt = at + COUNT_BYTES + 4;
      const end = textAt + view.getUint32(at + COUNT_BYTES, true);
      checkEnd(end, chunk);
      const reply: Reply = JSON.parse(chunk.toString('utf8', textAt, end));
      reader.reply(countAt(view, at), reply);
      at = end;
    } else {
      throw new RangeError(`no record is of kind ${kind}`);
    }
  }
}

/** Returns where the record ends. */
function readKey(page: Page, at: number, reader: RecordReader, record: Writable<RestoredRecord>): number {
  const { bytes, view } = page;
  const keyAt = at + KEY_AT;
  const valueAt = keyAt + view.getUint16(at + 3 * COUNT_BYTES, true);
  const valueBytes = view.getUint32(at + 3 * COUNT_BYTES + 2, true);
  checkEnd(valueAt + valueBytes, bytes);
  const ascii = isAscii(view, keyAt, valueAt);
  const key = ascii ? bytes.toString('latin1', keyAt, valueAt) : bytes.toString('utf8', keyAt, valueAt);
  record.createRevision = countAt(view, at);
  record.modRevision = countAt(view, at + COUNT_BYTES);
  record.version = countAt(view, at + 2 * COUNT_BYTES);
  record.valueAt = valueAt;
  record.valueBytes = valueBytes;
  record.keyAt = ascii ? keyAt : null;
  reader.key(key, record, page);
  return valueAt + valueBytes;
}

function countAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint16(at + 4, true) * 0x1_0000_0000;
}

function checkEnd(end: number, chunk: Buffer): void {
  if (end > chunk.length) throw new RangeError('a record ends beyond its chunk');
}
