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
import { assert } from '../base/assert.ts';
import type { Reply } from './commands.ts';
import type { PackedKey, PackedRecord } from './packed-values.ts';
import type { SessionRecord } from './sessions.ts';

/** Hears the records of a chunk, in their order. */
export interface RecordReader {
  state(revision: number): void;
  /** The value is in the chunk. */
  key(key: string, record: PackedRecord): void;
  session(session: Omit<SessionRecord, 'replies'>): void;
  reply(sequence: number, reply: Reply): void;
}

const STATE = 1;
const KEY = 2;
const SESSION = 3;
const REPLY = 4;
const COUNT_BYTES = 6;
const FIRST_BYTES = 64 * 1_024;

/** Gathers records in one buffer that is used again for the next chunk. */
export class ChunkWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #end = 0;

  get size(): number {
    return this.#end;
  }

  /** A copy of what has gathered; the next chunk begins. */
  take(): Buffer {
    const chunk = Buffer.from(this.#bytes.subarray(0, this.#end));
    this.#end = 0;
    return chunk;
  }

  state(at: number): void {
    this.#begin(STATE, COUNT_BYTES);
    this.#count(at);
  }

  key({ key, bytes, createRevision, modRevision, version, valueAt, valueBytes }: PackedKey): void {
    const keyBytes = Buffer.byteLength(key);
    this.#begin(KEY, 3 * COUNT_BYTES + 6 + keyBytes + valueBytes);
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
  let at = 0;
  const count = (): number => {
    const value = chunk.readUIntLE(at, COUNT_BYTES);
    at += COUNT_BYTES;
    return value;
  };
  const skip = (bytes: number): number => {
    const from = at;
    if (at + bytes > chunk.length) throw new RangeError('a record ends beyond its chunk');
    at += bytes;
    return from;
  };
  const text = (bytes: number): string => chunk.toString('utf8', skip(bytes), at);
  while (at < chunk.length) {
    const kind = chunk.readUInt8(at);
    at += 1;
    if (kind === KEY) {
      const [createRevision, modRevision, version] = [count(), count(), count()];
      const keyBytes = chunk.readUInt16LE(at);
      const valueBytes = chunk.readUInt32LE(at + 2);
      at += 6;
      const key = text(keyBytes);
      reader.key(key, { createRevision, modRevision, version, valueAt: skip(valueBytes), valueBytes });
    } else if (kind === STATE) {
      reader.state(count());
    } else if (kind === SESSION) {
      reader.session({ id: count(), usedAt: count(), forgotten: count() });
    } else if (kind === REPLY) {
      const sequence = count();
      const bytes = chunk.readUInt32LE(at);
      at += 4;
      const reply: Reply = JSON.parse(text(bytes));
      reader.reply(sequence, reply);
    } else {
      throw new RangeError(`no record is of kind ${kind}`);
    }
  }
}
