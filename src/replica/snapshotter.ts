/** Takes snapshots when the log has grown enough, sends their pieces to followers that need them, and stores those of a leader. */
import { before, type LogIndex, logIndex, type NodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Machine } from '../kv/machine.ts';
import { cutOf } from '../kv/snapshot.ts';
import type { Entry, Input, InstallSnapshot, Message, PieceToSend, Snapshot, SnapshotHead } from '../raft/messages.ts';
import { PackedRow } from '../raft/packed-row.ts';
import type { Cancel, LogStore, Recovered, SnapshotStore } from './ports.ts';

/** When a snapshot is due, and what stays of the log behind it; see base/limits.ts. */
export interface SnapshotPolicy {
  readonly entries: number;
  readonly logBytes: number;
  readonly share: number;
  /** Part of that growth after which a node takes its very first one. Members differ in it, and so do not all write theirs at once. */
  readonly first: number;
  readonly tailEntries: number;
  readonly tailBytes: number;
  readonly chunkBytes: number;
}

const POLICY: SnapshotPolicy = {
  entries: LIMITS.snapshotEntries,
  logBytes: LIMITS.snapshotLogBytes,
  share: LIMITS.snapshotShare,
  first: 1,
  tailEntries: LIMITS.logTailKept,
  tailBytes: LIMITS.logTailKeptBytes,
  chunkBytes: LIMITS.snapshotChunkBytes,
};

/** Whoever is behind, or helps somebody who is, lets the log grow so many times as long first. */
const PATIENCE = 2;

/** Snapshots after so few entries that they can be watched, whatever the last one's size was. */
export function eagerPolicy(entries: number): Partial<SnapshotPolicy> {
  return { entries, share: 0, tailEntries: entries >> 2 };
}

/** Members take their snapshots one after the other: `place` of `members`, from 0. */
export function inTurn(place: number, members: number): Partial<SnapshotPolicy> {
  return { first: (members - place) / members };
}

/** What a core begins with: of the log behind the snapshot, only the tail; the disk has more, in segments that are not done with. */
export function logAfter(recovered: Recovered, policy: Partial<SnapshotPolicy> = {}): Pick<Recovered, 'entries' | 'offset'> {
  const { entries, offset, snapshot } = recovered;
  const tail = policy.tailEntries ?? POLICY.tailEntries;
  const dropped = (snapshot?.snapshot.last.index ?? 0) - tail - offset.index;
  if (dropped <= 0 || dropped > entries.length) return { entries, offset };
  if (entries instanceof PackedRow) return entries.without(dropped);
  const { index, term } = [...entries][dropped - 1] ?? offset;
  return { offset: { index, term }, entries: [...entries].slice(dropped) };
}

export interface SnapshotterParts {
  readonly id: NodeId;
  readonly store: SnapshotStore;
  readonly logStore: Pick<LogStore, 'compact'>;
  readonly policy: Partial<SnapshotPolicy>;
  /** What the core has of its log. */
  readonly log: {
    readonly commitIndex: LogIndex;
    readonly durableIndex: LogIndex;
    unitsAt(index: LogIndex): number | null;
    snapshotHead(index: LogIndex): SnapshotHead | null;
  };
  /** Whether there is something more urgent than a snapshot. */
  readonly isBusy: () => boolean;
  readonly send: (message: Message) => void;
  readonly accept: (input: Input) => void;
  /** Something went wrong that will be tried again: for people. */
  readonly onTrouble: (error: Error) => void;
}

export class Snapshotter {
  readonly #parts: SnapshotterParts;
  readonly #policy: SnapshotPolicy;
  /** Bytes of data applied since the newest snapshot, and the index at which one was tried last. */
  #bytesSince = 0;
  #triedAt: LogIndex;
  #taking: Cancel | null = null;
  /** States of snapshots that were received, until the core has decided about them. */
  readonly #received = new Map<LogIndex, Machine>();
  readonly #toSend: PieceToSend[] = [];
  #stopped = false;

  constructor(parts: SnapshotterParts) {
    this.#parts = parts;
    this.#policy = { ...POLICY, ...parts.policy };
    this.#triedAt = parts.store.newest?.last.index ?? logIndex(0);
  }

  stop(): void {
    this.#stopped = true;
    this.#taking?.();
  }

  applied({ data }: Entry): void {
    this.#bytesSince += data.length;
  }

  /** Takes a snapshot if one is due; nothing but what is on the local disk goes into one. */
  consider(machine: Machine, appliedIndex: LogIndex): void {
    const { isBusy, log, onTrouble, store } = this.#parts;
    this.#forget(log.commitIndex);
    if (this.#taking !== null || !this.#isDue(appliedIndex, 1) || appliedIndex > log.durableIndex) return;
    if (isBusy() && !this.#isDue(appliedIndex, PATIENCE)) return;
    const head = log.snapshotHead(appliedIndex);
    if (head === null) return;
    const bytesBefore = this.#bytesSince;
    const cut = cutOf(machine, this.#policy.chunkBytes);
    let isOver = false;
    const cancel = store.write(head, cut, (error, snapshot) => {
      isOver = true;
      this.#taking = null;
      cut[Symbol.dispose]();
      if (this.#stopped) return;
      if (error !== null) onTrouble(error);
      else if (snapshot !== null) this.#taken(snapshot, bytesBefore);
    });
    this.#triedAt = appliedIndex;
    if (!isOver) this.#taking = cancel;
  }

  sendPiece(piece: PieceToSend): void {
    // More than this come up only while the disk hangs: the core asks again.
    if (this.#toSend.length >= LIMITS.inflightPieces * LIMITS.maxNodes) return;
    this.#toSend.push(piece);
    if (this.#toSend.length === 1) this.#sendNext();
  }

  /** One after the other: a piece that overtakes the one before it is of no use to the receiver. */
  #sendNext(): void {
    const piece = this.#toSend[0];
    if (piece === undefined) return;
    const { to, term, snapshot, offset, count } = piece;
    const { accept, id: from, onTrouble, send, store } = this.#parts;
    store.read(snapshot, offset, count, (error, bytes) => {
      if (this.#stopped) return;
      if (error === null && bytes.length === count) {
        send({ type: 'install-snapshot', from, to, term, snapshot, offset, data: bytes.toString('base64') });
      } else {
        onTrouble(error ?? new Error(`a snapshot ends before byte ${offset + count}`));
        accept({ type: 'snapshot-unreadable', to, last: snapshot.last });
      }
      this.#toSend.shift();
      this.#sendNext();
    });
  }

  /** What the leader is told is no promise: only the core says that a snapshot is installed. */
  receivePiece({ from: to, term, snapshot, offset, data }: InstallSnapshot): void {
    const { accept, id: from, onTrouble, send, store } = this.#parts;
    store.receive({ snapshot, offset, data: Buffer.from(data, 'base64') }, (error, received) => {
      if (this.#stopped) return;
      if (error !== null) return onTrouble(error);
      const { loaded, next } = received;
      if (loaded === null) {
        send({ type: 'install-snapshot-reply', from, to, term, last: snapshot.last, next });
        return;
      }
      this.#received.set(loaded.snapshot.last.index, loaded.machine);
      accept({ type: 'snapshot-received', snapshot: loaded.snapshot });
    });
  }

  /** The state that takes the place of the present one. */
  restored({ last }: Snapshot): Machine | null {
    const machine = this.#received.get(last.index) ?? null;
    this.#taking?.();
    this.#bytesSince = 0;
    this.#triedAt = last.index;
    this.#retire();
    return machine;
  }

  /** Whatever the core knows to be committed, it needs no snapshot for. */
  #forget(commitIndex: LogIndex): void {
    if (this.#received.size === 0) return;
    for (const index of this.#received.keys()) if (index <= commitIndex) this.#received.delete(index);
  }

  #isDue(appliedIndex: LogIndex, patience: number): boolean {
    const { entries, logBytes, share } = this.#policy;
    const grown = appliedIndex - this.#triedAt;
    const part = patience * (this.#triedAt === 0 ? this.#policy.first : 1);
    const isLong = grown >= entries * part || (grown > 0 && this.#bytesSince >= logBytes * part);
    return isLong && this.#bytesSince >= patience * share * (this.#parts.store.newest?.sizeBytes ?? 0);
  }

  #taken(snapshot: Snapshot, bytesBefore: number): void {
    this.#bytesSince -= bytesBefore;
    this.#parts.accept({ type: 'snapshot-taken', snapshot, upTo: this.#beforeTail(snapshot.last.index) });
    this.#retire();
  }

  /** The last entry that need not stay for followers that are only a little late. */
  #beforeTail(index: LogIndex): LogIndex {
    const { tailBytes, tailEntries } = this.#policy;
    let at = index;
    for (let units = 0; index - at < tailEntries; at = before(at)) {
      const more = this.#parts.log.unitsAt(at);
      if (more === null) break;
      units += more;
      if (units > tailBytes) break;
    }
    return at;
  }

  #retire(): void {
    const { logStore, onTrouble, store } = this.#parts;
    store.retire((error, upTo) => {
      if (error !== null) return onTrouble(error);
      logStore.compact(upTo, (failed) => {
        if (failed !== null) onTrouble(failed);
      });
    });
  }
}
