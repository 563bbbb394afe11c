/**
 * One file of the log: a header of 144 bytes that says whose it is and what it continues, then records. The header is
 * durable before the file gets its name, so a segment with a bad one is damaged, never unfinished. Little-endian.
 *
 *    0 magic u32   4 checksum over bytes 8..143   8 version u32   12 previous u32: header checksum of the last record
 *   16 segment    24 last batch before
 *   32 last index before   40 length of the node's name u8   48 cluster id, 16 bytes   64 name of the node, UTF-8, 64 bytes
 *  128 last term before   136 flags u32
 */
import { assert } from '../base/assert.ts';
import { logIndex, type NodeId, term } from '../base/brand.ts';
import { safe } from '../base/safe.ts';
import { ORIGIN } from '../raft/log.ts';
import type { EntryId } from '../raft/messages.ts';
import { getPosition, putPosition } from './bytes.ts';
import { checksum } from './record.ts';
import { StorageError } from './storage-error.ts';

export const SEGMENT_HEADER_BYTES = 144;
const MAGIC = 0x5346_5233;
const VERSION = 1;
const NAME_AT = 64;
const CLUSTER_AT = 48;
const NAME_BYTES = 64;
const LAST_TERM_AT = NAME_AT + NAME_BYTES;
const BEGINS_ANEW = 1;

/** Whose data this is; the cluster's id is 32 hexadecimal digits. */
export interface Identity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
}

export interface SegmentHeader {
  readonly segment: number;
  /** Header checksum of the last record before it. */
  readonly previous: number;
  /** Number of the last batch before it; durable before the segment is begun. */
  readonly batchesBefore: number;
  /** Where the log ended before it. */
  readonly last: EntryId;
  /** Everything before it is void: a snapshot stands for the log up to `last` (Raft §7). */
  readonly anew: boolean;
}

/** Of the first segment of a new directory. */
export const FIRST_SEGMENT: SegmentHeader = { segment: 1, previous: 0, batchesBefore: 0, last: ORIGIN, anew: false };

export function assertIdentity({ clusterId, nodeId }: Identity): void {
  assert(/^[0-9a-f]{32}$/.test(clusterId), 'a cluster id is 32 hexadecimal digits');
  const bytes = Buffer.byteLength(nodeId);
  assert(bytes > 0 && bytes <= NAME_BYTES, 'the name of a node has 1 to 64 bytes');
}

export const segmentName = (segment: number): string => `${String(segment).padStart(8, '0')}.log`;

/** The number in a segment's file name; null for any other file. */
export function segmentNumber(name: string): number | null {
  return /^\d{8}\.log$/.test(name) ? Number(name.slice(0, 8)) : null;
}

/** Writes who the data belongs to: 17 to 80 bytes from `at` on; `readIdentity` reads it back. */
export function writeIdentity(target: Buffer, at: number, { clusterId, nodeId }: Identity): void {
  target.writeUInt8(Buffer.byteLength(nodeId), at);
  target.write(clusterId, at + 8, 'hex');
  target.write(nodeId, at + 24, 'utf8');
}

export function readIdentity(source: Buffer, at: number): { readonly clusterId: string; readonly nodeId: string } {
  const length = source.readUInt8(at);
  return {
    clusterId: source.toString('hex', at + 8, at + 24),
    nodeId: source.toString('utf8', at + 24, at + 24 + Math.min(length, 64)),
  };
}

export function encodeSegmentHeader(header: SegmentHeader, identity: Identity): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(header.previous, 12);
  putPosition(bytes, 16, header.segment);
  putPosition(bytes, 24, header.batchesBefore);
  putPosition(bytes, 32, header.last.index);
  writeIdentity(bytes, CLUSTER_AT - 8, identity);
  putPosition(bytes, LAST_TERM_AT, header.last.term);
  bytes.writeUInt32LE(header.anew ? BEGINS_ANEW : 0, LAST_TERM_AT + 8);
  bytes.writeUInt32LE(checksum(bytes.subarray(8), 0), 4);
  return bytes;
}

/** The checksum that all records of a segment start from. */
export const segmentSeed = (bytes: Buffer): number => bytes.readUInt32LE(4);

/** Refuses a damaged header, another member's file, and a file under another one's name. */
export function decodeSegmentHeader(bytes: Buffer, file: string, expected: Identity): SegmentHeader | StorageError {
  const damaged = (offset: number, detail: string): StorageError => new StorageError({ kind: 'corrupt', file, offset, detail });
  if (bytes.length < SEGMENT_HEADER_BYTES) return damaged(bytes.length, 'the file ends within its header');
  if (bytes.readUInt32LE(0) !== MAGIC) return damaged(0, 'this is no segment of a log');
  if (checksum(bytes.subarray(8, SEGMENT_HEADER_BYTES), 0) !== bytes.readUInt32LE(4)) return damaged(0, 'the header is damaged');
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) return unknownVersion(version, file);
  const foreign = foreignIdentity(readIdentity(bytes, CLUSTER_AT - 8), expected, file);
  if (foreign !== null) return foreign;
  const header = {
    segment: getPosition(bytes, 16),
    previous: bytes.readUInt32LE(12),
    batchesBefore: getPosition(bytes, 24),
    last: { index: logIndex(getPosition(bytes, 32)), term: term(getPosition(bytes, LAST_TERM_AT)) },
    anew: bytes.readUInt32LE(LAST_TERM_AT + 8) === BEGINS_ANEW,
  };
  const name = segmentName(header.segment);
  return file.endsWith(name) ? header : damaged(16, `this file is ${name} under another name`);
}

/** Its checksum is right: another version of this program wrote it, and only that one can tell what it says. */
export function unknownVersion(version: number, file: string): StorageError {
  return new StorageError({ kind: 'version', file, offset: 8, detail: `version ${version} of the format is not known here` });
}

/** Null when the data is ours. */
export function foreignIdentity(
  found: { readonly clusterId: string; readonly nodeId: string },
  expected: Identity,
  file: string,
): StorageError | null {
  if (found.clusterId === expected.clusterId && found.nodeId === expected.nodeId) return null;
  const detail = `it belongs to node ${safe(found.nodeId)} of cluster ${found.clusterId}, not to node ${expected.nodeId} of cluster ${expected.clusterId}`;
  return new StorageError({ kind: 'foreign', file, offset: 0, detail });
}
