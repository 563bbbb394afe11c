/**
 * The bytes of a snapshot: a header of 64 bytes, frames, and a footer that is a frame too. Every member that takes or receives the
 * same snapshot of the same cluster writes the same bytes. Little-endian.
 *
 *    header   0 magic u32   4 checksum over bytes 8..63   8 version u32   16 index   24 term   32 time   40 cluster id, 16 bytes
 *    frame    0 bytes of body u32, the top bit set in a footer   4 checksum u32   8 body
 *
 * A frame's checksum starts from the one before it, the first from the header's: a chain, as in the log. The footer is JSON; its
 * `hash` is the SHA-256 of all bytes before it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { clusterTime, logIndex, nodeId, term } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import { once } from '../base/once.ts';
import type { StateCounts } from '../kv/snapshot.ts';
import type { SnapshotHead } from '../raft/messages.ts';
import { getPosition, putPosition } from './bytes.ts';
import { checksum } from './record.ts';

export const SNAPSHOT_HEADER_BYTES = 64;
const FRAME_HEADER_BYTES = 8;
const MAGIC = 0x4e53_5233;
const VERSION = 2;
/** Has the same bytes, but another checksum of the state in its footer, which is not known how to make any more. */
const FORMER_VERSION = 1;
const FOOTER_BIT = 0x8000_0000;
const FIRST_REST_BYTES = 1_024;

export interface SnapshotFooter extends SnapshotHead {
  readonly counts: StateCounts;
  readonly hash: string;
}

const position = z.int().min(0);
const names = z.array(z.string().min(1).max(64)).max(LIMITS.maxNodes);
const footerShape = once(() =>
  z.strictObject({
    index: position,
    term: position,
    time: position,
    configuration: z.strictObject({ voters: names, outgoing: names, learners: names }),
    keys: position,
    sessions: position,
    state: position,
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** A place in the data directory for each snapshot; sorted by name they are sorted by index. */
export const snapshotFile = (index: number, inTerm: number): string =>
  `${String(index).padStart(16, '0')}-${String(inTerm).padStart(16, '0')}.snap`;
export const isSnapshotFile = (name: string): boolean => /^\d{16}-\d{16}\.snap$/.test(name);

export interface FrameBytes {
  readonly bytes: Buffer;
  readonly chain: number;
}

export function encodeSnapshotHeader({ last, time }: Pick<SnapshotHead, 'last' | 'time'>, clusterId: string): FrameBytes {
  const bytes = Buffer.alloc(SNAPSHOT_HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 8);
  putPosition(bytes, 16, last.index);
  putPosition(bytes, 24, last.term);
  putPosition(bytes, 32, time);
  bytes.write(clusterId, 40, 'hex');
  const chain = checksum(bytes.subarray(8), 0);
  bytes.writeUInt32LE(chain, 4);
  return { bytes, chain };
}

export const frameBytes = (body: Buffer): number => FRAME_HEADER_BYTES + body.length;

/** Written into `room`, if it is given: at least `frameBytes(body)`. */
export function encodeFrame(body: Buffer, previous: number, room?: Buffer): FrameBytes {
  return frame(body, body.length, previous, room);
}

export function encodeFooter({ last, time, configuration, counts, hash }: SnapshotFooter, previous: number): FrameBytes {
  const { keys, sessions, hash: state } = counts;
  const body = Buffer.from(
    JSON.stringify({ index: last.index, term: last.term, time, configuration, keys, sessions, state, hash }),
  );
  return frame(body, (body.length | FOOTER_BIT) >>> 0, previous);
}

function frame(body: Buffer, length: number, previous: number, room?: Buffer): FrameBytes {
  const bytes = (room ?? Buffer.allocUnsafe(frameBytes(body))).subarray(0, frameBytes(body));
  bytes.writeUInt32LE(length, 0);
  body.copy(bytes, FRAME_HEADER_BYTES);
  const chain = checksum(body, previous);
  bytes.writeUInt32LE(chain, 4);
  return { bytes, chain };
}

/** What is wrong with a snapshot's bytes; `offset` from the start of the file. */
export class SnapshotDamage extends Error {
  override readonly name = 'SnapshotDamage';
  readonly offset: number;

  constructor(offset: number, detail: string) {
    super(detail);
    this.offset = offset;
  }
}

/**
 * Takes a snapshot's bytes in any portions, and gives the chunks in it once their checksums hold. Nothing is allocated for a portion:
 * what V8 is told of memory outside of its heap makes it collect garbage, and a snapshot is many portions.
 */
export class SnapshotParser {
  readonly #clusterId: string;
  readonly #onChunk: (chunk: Buffer) => void;
  readonly #hash = createHash('sha256');
  /** The beginning of what the portion before ended in. */
  #rest = Buffer.allocUnsafeSlow(FIRST_REST_BYTES);
  #restBytes = 0;
  #offset = 0;
  #chain: number | null = null;
  #footer: SnapshotFooter | null = null;
  #head: Pick<SnapshotHead, 'last' | 'time'> | null = null;
  #version = VERSION;

  constructor(clusterId: string, onChunk: (chunk: Buffer) => void) {
    this.#clusterId = clusterId;
    this.#onChunk = onChunk;
  }

  /** Throws SnapshotDamage. `bytes` are not used after it; a chunk is good only until the next call. */
  push(bytes: Buffer): void {
    let at = 0;
    while (this.#restBytes > 0 && at < bytes.length) {
      // A header says how long the rest must become, so it may take two steps.
      const needed = Math.max(1, this.#wanted(this.#rest.subarray(0, this.#restBytes)) - this.#restBytes);
      const end = Math.min(bytes.length, at + needed);
      this.#keep(bytes.subarray(at, end));
      at = end;
      if (this.#take(this.#rest.subarray(0, this.#restBytes)) > 0) this.#restBytes = 0;
    }
    for (let taken = -1; taken !== 0 && at < bytes.length; at += taken) taken = this.#take(bytes.subarray(at));
    this.#keep(bytes.subarray(at));
  }

  /** The whole has been pushed. Throws SnapshotDamage. */
  end(): SnapshotFooter {
    if (this.#footer === null || this.#restBytes > 0) this.#fail('the file ends within the snapshot');
    return this.#footer;
  }

  #keep(bytes: Buffer): void {
    const needed = this.#restBytes + bytes.length;
    if (needed > this.#rest.length) {
      const longer = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#rest.length));
      this.#rest.copy(longer, 0, 0, this.#restBytes);
      this.#rest = longer;
    }
    bytes.copy(this.#rest, this.#restBytes);
    this.#restBytes = needed;
  }

  /** How many bytes there must be before the next step; as much as is known of it. */
  #wanted(bytes: Buffer): number {
    if (this.#chain === null) return SNAPSHOT_HEADER_BYTES;
    return FRAME_HEADER_BYTES + (bytes.length < FRAME_HEADER_BYTES ? 0 : this.#bodyBytes(bytes));
  }

  #bodyBytes(bytes: Buffer): number {
    const bodyBytes = (bytes.readUInt32LE(0) & ~FOOTER_BIT) >>> 0;
    if (bodyBytes > LIMITS.snapshotFrameBytes) this.#fail('a frame is over its size');
    return bodyBytes;
  }

  /** How many bytes the header or the frame takes that these begin with; 0 while it is not whole. */
  #take(bytes: Buffer): number {
    const isHeader = this.#chain === null;
    if (!(isHeader ? this.#takeHeader(bytes) : this.#takeFrame(bytes))) return 0;
    const taken = isHeader ? SNAPSHOT_HEADER_BYTES : FRAME_HEADER_BYTES + this.#bodyBytes(bytes);
    this.#offset += taken;
    return taken;
  }

  #takeHeader(bytes: Buffer): boolean {
    if (bytes.length < SNAPSHOT_HEADER_BYTES) return false;
    if (bytes.readUInt32LE(0) !== MAGIC) this.#fail('this is no snapshot');
    const chain = checksum(bytes.subarray(8, SNAPSHOT_HEADER_BYTES), 0);
    if (chain !== bytes.readUInt32LE(4)) this.#fail('the header is damaged');
    this.#version = bytes.readUInt32LE(8);
    if (this.#version !== VERSION && this.#version !== FORMER_VERSION) {
      this.#fail(`version ${this.#version} of the format is not known here`);
    }
    const clusterId = bytes.toString('hex', 40, 56);
    if (clusterId !== this.#clusterId) this.#fail(`it belongs to cluster ${clusterId}`);
    const last = { index: logIndex(getPosition(bytes, 16)), term: term(getPosition(bytes, 24)) };
    this.#head = { last, time: clusterTime(getPosition(bytes, 32)) };
    this.#chain = chain;
    this.#hash.update(bytes.subarray(0, SNAPSHOT_HEADER_BYTES));
    return true;
  }

  #takeFrame(bytes: Buffer): boolean {
    if (bytes.length < FRAME_HEADER_BYTES) return false;
    if (this.#footer !== null) this.#fail('something follows the footer');
    const length = bytes.readUInt32LE(0);
    const bodyBytes = this.#bodyBytes(bytes);
    const end = FRAME_HEADER_BYTES + bodyBytes;
    if (bytes.length < end) return false;
    const body = bytes.subarray(FRAME_HEADER_BYTES, end);
    const chain = checksum(body, this.#chain ?? 0);
    if (chain !== bytes.readUInt32LE(4)) this.#fail('a frame is damaged');
    this.#chain = chain;
    if (length > bodyBytes) {
      this.#takeFooter(body);
    } else {
      this.#hash.update(bytes.subarray(0, end));
      this.#give(body);
    }
    return true;
  }

  #give(chunk: Buffer): void {
    try {
      this.#onChunk(chunk);
    } catch (error) {
      this.#fail(`a chunk does not fit: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #takeFooter(body: Buffer): void {
    let value: unknown;
    try {
      value = JSON.parse(body.toString('utf8'));
    } catch {
      this.#fail('the footer is no JSON');
    }
    const checked = footerShape().safeParse(value);
    if (!checked.success) this.#fail('the footer is not what it should be');
    const { index, term: inTerm, time, configuration, keys, sessions, state, hash } = checked.data;
    if (hash !== this.#hash.digest('hex')) this.#fail('the hash of the snapshot is wrong');
    const head = this.#head;
    if (head?.last.index !== index || head.last.term !== inTerm || head.time !== time) this.#fail('header and footer differ');
    const members = (of: readonly string[]) => of.map(nodeId);
    const { voters, outgoing, learners } = configuration;
    this.#footer = {
      ...head,
      configuration: { voters: members(voters), outgoing: members(outgoing), learners: members(learners) },
      counts: { keys, sessions, hash: this.#version === FORMER_VERSION ? null : state },
      hash,
    };
  }

  #fail(detail: string): never {
    throw new SnapshotDamage(this.#offset, detail);
  }
}
