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

export function encodeFrame(body: Buffer, previous: number): FrameBytes {
  return frame(body, body.length, previous);
}

export function encodeFooter({ last, time, configuration, counts, hash }: SnapshotFooter, previous: number): FrameBytes {
  const { keys, sessions, hash: state } = counts;
  const body = Buffer.from(
    JSON.stringify({ index: last.index, term: last.term, time, configuration, keys, sessions, state, hash }),
  );
  return frame(body, (body.length | FOOTER_BIT) >>> 0, previous);
}

function frame(body: Buffer, length: number, previous: number): FrameBytes {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
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

/** Takes a snapshot's bytes in any portions, and gives the chunks in it once their checksums hold. */
export class SnapshotParser {
  readonly #clusterId: string;
  readonly #onChunk: (chunk: Buffer) => void;
  readonly #hash = createHash('sha256');
  #rest: Buffer = Buffer.alloc(0);
  #offset = 0;
  #chain: number | null = null;
  #footer: SnapshotFooter | null = null;
  #head: Pick<SnapshotHead, 'last' | 'time'> | null = null;
  #version = VERSION;

  constructor(clusterId: string, onChunk: (chunk: Buffer) => void) {
    this.#clusterId = clusterId;
    this.#onChunk = onChunk;
  }

  /** Throws SnapshotDamage. A chunk is good only until the next call. */
  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#chain === null && !this.#takeHeader()) return;
    while (this.#takeFrame());
  }

  /** The whole has been pushed. Throws SnapshotDamage. */
  end(): SnapshotFooter {
    if (this.#footer === null || this.#rest.length > 0) this.#fail('the file ends within the snapshot');
    return this.#footer;
  }

  #takeHeader(): boolean {
    const bytes = this.#rest;
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
    this.#advance(SNAPSHOT_HEADER_BYTES);
    return true;
  }

  #takeFrame(): boolean {
    const bytes = this.#rest;
    if (bytes.length < FRAME_HEADER_BYTES) return false;
    if (this.#footer !== null) this.#fail('something follows the footer');
    const length = bytes.readUInt32LE(0);
    const bodyBytes = (length & ~FOOTER_BIT) >>> 0;
    if (bodyBytes > LIMITS.snapshotFrameBytes) this.#fail('a frame is over its size');
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
    this.#advance(end);
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

  #advance(bytes: number): void {
    this.#rest = this.#rest.subarray(bytes);
    this.#offset += bytes;
  }

  #fail(detail: string): never {
    throw new SnapshotDamage(this.#offset, detail);
  }
}
