/**
 * Term and vote, in two files. Both are written and synced, one after the other, before anything is answered: then one
 * rotten copy can never hide a vote that was promised, and a torn write leaves the other copy whole. Two syncs are cheap
 * here, since elections are rare; no new space is needed, so a node on a full disk can still vote.
 *
 * A copy has 512 bytes (one sector): 0 magic u32, 4 checksum over the rest, 8 version u32, 16 sequence, 24 term,
 * 32 durable batch, 40 identity (80 bytes), 128 length of the vote u8 (0xff: none), 129 vote as UTF-8, 200 term in which the
 * repair of the log began (0: none is under way).
 */
import { nodeId, term } from '../base/brand.ts';
import type { HardState } from '../raft/messages.ts';
import type { Done } from '../replica/ports.ts';
import { getPosition, putPosition } from './bytes.ts';
import type { DiskFile } from './disk.ts';
import { checksum } from './record.ts';
import { foreignIdentity, type Identity, readIdentity, unknownVersion, writeIdentity } from './segment.ts';
import { inSequence } from './sequence.ts';
import { StorageError } from './storage-error.ts';

export const COPY_NAMES = ['meta-a', 'meta-b'] as const;
export const COPY_BYTES = 512;
/** Of the copies that a new directory is given: no vote was ever cast with them. */
export const FIRST_SEQUENCE = 1;
const MAGIC = 0x4d46_5233;
const VERSION = 2;
const REPAIR_AT = 200;
const NO_VOTE = 0xff;
const MAX_VOTE_BYTES = 64;

export interface HardStateCopy {
  readonly sequence: number;
  readonly hardState: HardState;
  /** The log reached at least this far when the copy was written. */
  readonly durableBatch: number;
}

export function encodeCopy({ sequence, hardState, durableBatch }: HardStateCopy, identity: Identity): Buffer {
  const bytes = Buffer.alloc(COPY_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 8);
  putPosition(bytes, 16, sequence);
  putPosition(bytes, 24, hardState.term);
  putPosition(bytes, 32, durableBatch);
  putPosition(bytes, REPAIR_AT, hardState.repairFrom ?? 0);
  writeIdentity(bytes, 40, identity);
  const vote = hardState.votedFor;
  bytes.writeUInt8(vote === null ? NO_VOTE : bytes.write(vote, 129, MAX_VOTE_BYTES, 'utf8'), 128);
  bytes.writeUInt32LE(checksum(bytes.subarray(8), 0), 4);
  return bytes;
}

/** Null for a copy that is damaged or cut short; an error for another member's, and for one of another version. */
export function decodeCopy(bytes: Buffer, file: string, identity: Identity): HardStateCopy | StorageError | null {
  if (bytes.length !== COPY_BYTES || bytes.readUInt32LE(0) !== MAGIC) return null;
  if (checksum(bytes.subarray(8), 0) !== bytes.readUInt32LE(4)) return null;
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) return unknownVersion(version, file);
  const foreign = foreignIdentity(readIdentity(bytes, 40), identity, file);
  if (foreign !== null) return foreign;
  const voteBytes = bytes.readUInt8(128);
  const repairFrom = getPosition(bytes, REPAIR_AT);
  const votedFor = voteBytes === NO_VOTE ? null : nodeId(bytes.toString('utf8', 129, 129 + voteBytes));
  return {
    sequence: getPosition(bytes, 16),
    hardState: { term: term(getPosition(bytes, 24)), votedFor, repairFrom: repairFrom === 0 ? null : term(repairFrom) },
    durableBatch: getPosition(bytes, 32),
  };
}

export interface ChosenCopy {
  readonly copy: HardStateCopy;
  /** One copy is bad, or older: both must be written anew before the state is relied on. */
  readonly repair: boolean;
}

/** The newer of the two copies; an error when neither can be read, since a vote may then be forgotten. */
export function chooseCopy(copies: readonly (HardStateCopy | null)[], file: string): ChosenCopy | StorageError {
  const [a, b] = [copies[0] ?? null, copies[1] ?? null];
  if (a === null && b === null) {
    const detail = 'both copies of the term and the vote are damaged or missing, so this node could vote twice';
    return new StorageError({ kind: 'vote', file, offset: null, detail });
  }
  const newer = a !== null && (b === null || a.sequence >= b.sequence) ? a : b;
  if (newer === null) throw new Error('unreachable');
  return { copy: newer, repair: a?.sequence !== b?.sequence };
}

/** Writes hard states; the caller waits for `done` before it writes the next. */
export class HardStateFiles {
  readonly #files: readonly DiskFile[];
  readonly #identity: Identity;
  readonly #timeSync: (file: DiskFile, done: Done) => void;
  #sequence: number;
  #current: HardState;

  constructor(
    files: readonly DiskFile[],
    identity: Identity,
    newest: HardStateCopy,
    timeSync: (file: DiskFile, done: Done) => void,
  ) {
    this.#files = files;
    this.#identity = identity;
    this.#sequence = newest.sequence;
    this.#current = newest.hardState;
    this.#timeSync = timeSync;
  }

  isCurrent({ term, votedFor, repairFrom }: HardState): boolean {
    const current = this.#current;
    return term === current.term && votedFor === current.votedFor && repairFrom === current.repairFrom;
  }

  /** Both copies are on the disk when it calls back without an error. */
  write(hardState: HardState, durableBatch: number, done: Done): void {
    this.#sequence += 1;
    this.#current = hardState;
    const bytes = encodeCopy({ sequence: this.#sequence, hardState, durableBatch }, this.#identity);
    const copy = (file: DiskFile) => (next: Done) =>
      inSequence([(written) => file.write(bytes, 0, written), (synced) => this.#timeSync(file, synced)], next);
    inSequence(this.#files.map(copy), done);
  }

  close(done: Done): void {
    inSequence(
      this.#files.map((file) => (next: Done) => file.close(next)),
      done,
    );
  }
}
