/** What a leader believes about one other member (Raft figure 2, nextIndex and matchIndex). */
import { after, before, type LogIndex, logIndex, type Millis, millis, type NodeId } from '../base/brand.ts';
import type { EntryId, PeerProgress, ProgressState, SnapshotName } from './messages.ts';

/** Bytes of a snapshot: how many the peer has, and how many were sent. */
interface Sending {
  readonly snapshot: SnapshotName;
  acknowledged: number;
  sent: number;
  /** When nothing was answered until then, the rest is sent again. */
  patientUntil: Millis;
}

interface Inflight {
  readonly last: LogIndex;
  readonly bytes: number;
}

/**
 * - probe: where the logs meet is unknown; one append at a time, `nextIndex` moves by answers only.
 * - replicate: they met; appends follow each other without waiting, `nextIndex` runs ahead (dissertation §10.2.2).
 * - snapshot: it needs entries that our log has no more; pieces of a snapshot go out in a window, entries do not.
 */
export class Progress {
  readonly id: NodeId;
  #state: ProgressState = 'probe';
  #matchIndex = logIndex(0);
  #nextIndex: LogIndex;
  /** A probe with entries is on its way. When it was lost, the answer to a heartbeat moves us on. */
  #probing = false;
  #inflight: Inflight[] = [];
  #inflightBytes = 0;
  #acknowledgedBytes = 0;
  heardAt: Millis;
  /** Newest ReadIndex round this peer has confirmed, and the newest it was sent. */
  readRound = 0;
  #readRoundSent = 0;
  /** What it had acknowledged when that round was first sent to it. */
  #matchAtRound = logIndex(0);
  #commitSent = logIndex(0);
  #sending: Sending | null = null;

  constructor(id: NodeId, nextIndex: LogIndex, now: Millis) {
    this.id = id;
    this.#nextIndex = nextIndex;
    this.heardAt = now;
  }

  get matchIndex(): LogIndex {
    return this.#matchIndex;
  }

  get nextIndex(): LogIndex {
    return this.#nextIndex;
  }

  /** Of the entries that were sent since the logs met. */
  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  get state(): ProgressState {
    return this.#state;
  }

  status(now: Millis): PeerProgress {
    const inflight = this.#state === 'replicate' ? this.#inflight.length : Number(this.#probing);
    const heardAgoMs = millis(Math.max(0, now - this.heardAt));
    const { id, state, matchIndex, nextIndex } = this;
    return { id, state, matchIndex, nextIndex, inflight, heardAgoMs };
  }

  maySendEntries(appends: number, bytes: number): boolean {
    if (this.#state === 'snapshot') return false;
    if (this.#state === 'probe') return !this.#probing;
    return this.#inflight.length < appends && this.#inflightBytes < bytes;
  }

  /** Whether this peer has not been told of this read round. */
  lacksRound(readRound: number): boolean {
    return this.#readRoundSent < readRound;
  }

  /** Whether this peer, which follows closely, has not been told of this commit index. */
  lacksCommit(commit: LogIndex): boolean {
    return this.#state === 'replicate' && this.#commitSent < commit;
  }

  sent(count: number, bytes: number, commit: LogIndex, readRound: number): void {
    this.#commitSent = commit;
    if (readRound > this.#readRoundSent) this.#matchAtRound = this.#matchIndex;
    this.#readRoundSent = readRound;
    if (count === 0) return;
    if (this.#state === 'probe') {
      this.#probing = true;
      return;
    }
    this.#nextIndex = after(this.#nextIndex, count);
    this.#inflight.push({ last: before(this.#nextIndex), bytes });
    this.#inflightBytes += bytes;
  }

  /**
   * The peer holds our log up to `matched` on disk, and up to `held` at least in memory. Late and repeated answers
   * change nothing: matchIndex falls only with the peer's disk (Raft §5.3). Returns whether it rose.
   */
  accepted(matched: LogIndex, held: LogIndex): boolean {
    const rose = matched > this.#matchIndex;
    if (rose) this.#matchIndex = matched;
    const known = Math.max(held, this.#matchIndex);
    if (this.#state !== 'replicate') {
      this.#state = 'replicate';
      this.#sending = null;
      this.#nextIndex = after(logIndex(known));
      this.#commitSent = logIndex(0);
    } else {
      if (this.#nextIndex <= known) this.#nextIndex = after(logIndex(known));
      this.#freeInflight();
    }
    return rose;
  }

  /**
   * The logs differ before `nextIndex`, and can agree up to `agree` at most; the answer belongs to `readRound`. No log refuses what it
   * has acknowledged, so a refusal below that is either late, or the peer has lost its disk since: then it refuses also what it is
   * asked in a round that begins after the acknowledgement. Returns whether such a round is needed to tell.
   */
  refused(agree: LogIndex, readRound: number): boolean {
    if (agree < this.#matchIndex) {
      if (agree >= this.#matchAtRound || readRound < this.#readRoundSent) return true;
      this.#matchIndex = logIndex(0);
      this.#matchAtRound = logIndex(0);
      if (this.#state !== 'snapshot') this.becomeProbe(after(agree));
      return false;
    }
    const isKnown = this.#state === 'snapshot' || (this.#state === 'probe' && agree >= before(this.#nextIndex));
    if (!isKnown) this.becomeProbe(after(agree));
    return false;
  }

  /** The connection closed. Entries would be sent in vain: wait until a heartbeat is answered. */
  disconnected(): void {
    if (this.#sending !== null) {
      this.#sending.sent = this.#sending.acknowledged;
      return;
    }
    this.becomeProbe();
    this.#probing = true;
  }

  /** Whatever is in flight may be lost: find out anew where the logs meet. */
  becomeProbe(nextIndex: LogIndex = after(this.#matchIndex)): void {
    this.#state = 'probe';
    this.#probing = false;
    this.#sending = null;
    this.#nextIndex = nextIndex;
    this.#inflight = [];
    this.#inflightBytes = 0;
    this.#acknowledgedBytes = 0;
  }

  /** The snapshot on its way to this peer. */
  get snapshot(): SnapshotName | null {
    return this.#sending?.snapshot ?? null;
  }

  /** What the peer needs next has left our log: `snapshot` stands for it. */
  becomeSnapshot(snapshot: SnapshotName, now: Millis): void {
    this.becomeProbe(this.#nextIndex);
    this.#state = 'snapshot';
    this.#sending = { snapshot, acknowledged: 0, sent: 0, patientUntil: now };
  }

  /** The next piece to send; null while enough are on their way. Asked again until it is null. */
  nextPiece(
    now: Millis,
    pieceBytes: number,
    pieces: number,
    patienceMs: number,
  ): { readonly offset: number; readonly count: number } | null {
    const sending = this.#sending;
    if (sending === null) return null;
    if (sending.sent > sending.acknowledged && now >= sending.patientUntil) sending.sent = sending.acknowledged;
    const { acknowledged, sent, snapshot } = sending;
    if (sent >= snapshot.sizeBytes || sent >= acknowledged + pieces * pieceBytes) return null;
    if (sent === acknowledged) sending.patientUntil = millis(now + patienceMs);
    const count = Math.min(pieceBytes, snapshot.sizeBytes - sent);
    sending.sent += count;
    return { offset: sent, count };
  }

  /** The peer wants its next piece to begin at `next`: further on, or from the beginning if it lost what it had. */
  pieceAnswered(last: EntryId, next: number, now: Millis, patienceMs: number): void {
    const sending = this.#sending;
    if (sending === null || sending.snapshot.last.index !== last.index || next > sending.snapshot.sizeBytes) return;
    if (next > sending.acknowledged) {
      sending.acknowledged = next;
      sending.sent = Math.max(sending.sent, next);
      sending.patientUntil = millis(now + patienceMs);
    } else if (next < sending.acknowledged && next === 0) {
      sending.acknowledged = 0;
      sending.sent = 0;
    }
  }

  #freeInflight(): void {
    let freed = 0;
    for (const { last, bytes } of this.#inflight) {
      if (last > this.#matchIndex) break;
      this.#inflightBytes -= bytes;
      this.#acknowledgedBytes += bytes;
      freed += 1;
    }
    if (freed > 0) this.#inflight.splice(0, freed);
  }
}
