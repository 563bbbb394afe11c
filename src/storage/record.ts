/**
 * One entry in the log: a header of 64 bytes, then the body, padded with zeros to a multiple of 8. Little-endian.
 *
 *    0 magic u32        4 header checksum over bytes 8..63     8 body length u32   12 type u8, flags u8, version u16
 *   16 index           24 term                                32 batch            40 previous u32, body checksum u32
 *   48 durable batch   56 commit hint                         64 body: entry time, then its data as UTF-8
 *
 * Both checksums start from the segment's own (so a record of another segment, node or cluster never fits), and
 * `previous` is the header checksum of the record before: a chain, so that none can be lost, swapped or repeated.
 * The header has its own checksum so that damage to a body still tells which entry is lost.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.ts';
import { clusterTime, term } from '../base/brand.ts';
import type { Bytes } from '../base/byte-rows.ts';
import { LIMITS } from '../base/limits.ts';
import type { Entry } from '../raft/messages.ts';
import type { PackedEntries } from '../raft/packed-entries.ts';
import { alignUp, getPosition, putPosition } from './bytes.ts';

export const HEADER_BYTES = 64;
const TIME_BYTES = 8;
const MAX_BODY_BYTES = TIME_BYTES + LIMITS.recordBytes;
const MAGIC = 0x4c46_5233;
const VERSION = 1;

export const FIRST_OF_BATCH = 1;
export const LAST_OF_BATCH = 2;
/** The text holds NUL characters: its bytes are stored inverted, since no byte of UTF-8 text is 0xff. */
const INVERTED = 4;

const KINDS = ['noop', 'command', 'config'] as const satisfies readonly Entry['kind'][];

/** CRC-32 that starts from `seed`; a different seed always gives a different result for the same bytes. */
export const checksum = (bytes: Buffer, seed: number): number => crc32(bytes, seed);

/** What a record says beside its entry. */
export interface RecordPlace {
  readonly batch: number;
  /** FIRST_OF_BATCH and LAST_OF_BATCH, or-ed. */
  readonly flags: number;
  /** Header checksum of the record before. */
  readonly previous: number;
  /** The last batch whose sync had returned when this record was written. */
  readonly durableBatch: number;
  readonly commitHint: number;
}

export interface RecordHeader extends RecordPlace {
  readonly kind: Entry['kind'];
  readonly index: number;
  readonly term: number;
  readonly bodyBytes: number;
  readonly bodyChecksum: number;
  readonly headerChecksum: number;
}

export const recordBytes = (entry: Entry): number => HEADER_BYTES + alignUp(TIME_BYTES + Buffer.byteLength(entry.data));

/**
 * Writes the record of `entry` at `at` and returns where it ends; `target` has room for `recordBytes(entry)`.
 * `seed` is the segment's checksum. The caller reads the header's checksum back with `headerChecksumAt`.
 */
export function writeRecord(target: Buffer, at: number, entry: Entry, place: RecordPlace, seed: number): number {
  const { data } = entry;
  assert(data.isWellFormed(), 'the text of an entry is well-formed, or the disk would change it');
  const bodyAt = at + HEADER_BYTES;
  putPosition(target, bodyAt, entry.time);
  const textBytes = target.write(data, bodyAt + TIME_BYTES, 'utf8');
  const bodyBytes = TIME_BYTES + textBytes;
  assert(bodyBytes <= MAX_BODY_BYTES, 'an entry fits into a record', () => ({ index: entry.index, bodyBytes }));
  const end = bodyAt + alignUp(bodyBytes);
  target.fill(0, bodyAt + bodyBytes, end);
  const inverted = data.includes('\0');
  if (inverted) invert(target, bodyAt + TIME_BYTES, bodyAt + bodyBytes);
  target.writeUInt32LE(MAGIC, at);
  target.writeUInt32LE(bodyBytes, at + 8);
  target.writeUInt32LE(
    (KINDS.indexOf(entry.kind) + 1) | ((place.flags | (inverted ? INVERTED : 0)) << 8) | (VERSION << 16),
    at + 12,
  );
  putPosition(target, at + 16, entry.index);
  putPosition(target, at + 24, entry.term);
  putPosition(target, at + 32, place.batch);
  target.writeUInt32LE(place.previous, at + 40);
  target.writeUInt32LE(checksum(target.subarray(bodyAt, end), seed), at + 44);
  putPosition(target, at + 48, place.durableBatch);
  putPosition(target, at + 56, place.commitHint);
  target.writeUInt32LE(checksum(target.subarray(at + 8, bodyAt), seed), at + 4);
  return end;
}

export const headerChecksumAt = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at + 4);

/** Null unless a whole, undamaged header of this segment stands at `at`. */
export function readHeader(bytes: Buffer, at: number, seed: number): RecordHeader | null {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return null;
  const headerChecksum = bytes.readUInt32LE(at + 4);
  if (checksum(bytes.subarray(at + 8, at + HEADER_BYTES), seed) !== headerChecksum) return null;
  const shape = bytes.readUInt32LE(at + 12);
  const kind = KINDS[(shape & 0xff) - 1];
  const bodyBytes = bytes.readUInt32LE(at + 8);
  if (kind === undefined || shape >>> 16 !== VERSION || bodyBytes < TIME_BYTES || bodyBytes > MAX_BODY_BYTES) return null;
  const header = {
    kind,
    flags: (shape >>> 8) & 0xff,
    bodyBytes,
    headerChecksum,
    index: getPosition(bytes, at + 16),
    term: getPosition(bytes, at + 24),
    batch: getPosition(bytes, at + 32),
    previous: bytes.readUInt32LE(at + 40),
    bodyChecksum: bytes.readUInt32LE(at + 44),
    durableBatch: getPosition(bytes, at + 48),
    commitHint: getPosition(bytes, at + 56),
  };
  const positions = [header.index, header.term, header.batch, header.durableBatch, header.commitHint];
  return positions.every((position) => position >= 0) ? header : null;
}

export const endOfRecord = (at: number, header: RecordHeader): number => at + HEADER_BYTES + alignUp(header.bodyBytes);

/** The time of the entry under an undamaged header; -1 when its body is cut short or damaged. */
export function readBody(bytes: Buffer, at: number, header: RecordHeader, seed: number): number {
  const end = endOfRecord(at, header);
  const bodyAt = at + HEADER_BYTES;
  if (end > bytes.length || checksum(bytes.subarray(bodyAt, end), seed) !== header.bodyChecksum) return -1;
  return getPosition(bytes, bodyAt);
}

/** The entry whose body `readBody` found whole joins the others; its text only if it is wanted. */
export function packEntry(
  source: Bytes,
  at: number,
  header: RecordHeader,
  time: number,
  into: PackedEntries,
  withText: boolean,
): void {
  const head = { term: term(header.term), time: clusterTime(time), kind: header.kind };
  const textAt = at + HEADER_BYTES + TIME_BYTES;
  const end = at + HEADER_BYTES + header.bodyBytes;
  if (!withText) into.push({ ...head, data: '' });
  else if ((header.flags & INVERTED) === 0) into.pushBytes(head, source, textAt, end);
  else {
    const text = Buffer.from(source.bytes.subarray(textAt, end));
    invert(text, 0, text.length);
    into.push({ ...head, data: text.toString('utf8') });
  }
}

/** Where the next header that is undamaged stands, from `at` on; null when there is none. */
export function nextHeader(
  bytes: Buffer,
  at: number,
  seed: number,
): { readonly at: number; readonly header: RecordHeader } | null {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  for (let found = bytes.indexOf(magic, at); found >= 0; found = bytes.indexOf(magic, found + 4)) {
    const header = found % 8 === 0 ? readHeader(bytes, found, seed) : null;
    if (header !== null) return { at: found, header };
  }
  return null;
}

function invert(bytes: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at += 1) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
}
