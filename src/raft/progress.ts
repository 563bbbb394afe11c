/** What a leader believes about one other member (Raft figure 2, nextIndex and matchIndex). */
import { after, before, type LogIndex, logIndex, type Millis, millis, type NodeId } from '../base/brand.ts';
import type { PeerProgress } from './messages.ts';

interface Inflight {
  readonly last: LogIndex;
  readonly bytes: number;
}

/**
 * - probe: where the logs meet is unknown; one append at a time, `nextIndex` moves by answers only.
 * - replicate: they met; appends follow each other without waiting, `nextIndex` runs ahead (dissertation §10.2.2).
 */
export class Progress {
  readonly id: NodeId;
  #state: 'probe' | 'replicate' = 'probe';
  #matchIndex = logIndex(0);
  #nextIndex: LogIndex;
  /** A probe with entries is on its way. When it was lost, the answer to a heartbeat moves us on. */
  #probing = false;
  #inflight: Inflight[] = [];
  #inflightBytes = 0;
  heardAt: Millis;
  /** Newest ReadIndex round this peer has confirmed, and the newest it was sent. */
  readRound = 0;
  #readRoundSent = 0;
  #commitSent = logIndex(0);

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

  get state(): 'probe' | 'replicate' {
    return this.#state;
  }

  status(now: Millis): PeerProgress {
    const inflight = this.#state === 'probe' ? Number(this.#probing) : this.#inflight.length;
    const heardAgoMs = millis(Math.max(0, now - this.heardAt));
    const { id, state, matchIndex, nextIndex } = this;
    return { id, state, matchIndex, nextIndex, inflight, heardAgoMs };
  }

  maySendEntries(appends: number, bytes: number): boolean {
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
   * change nothing: matchIndex never falls (Raft §5.3). Returns whether it rose.
   */
  accepted(matched: LogIndex, held: LogIndex): boolean {
    const rose = matched > this.#matchIndex;
    if (rose) this.#matchIndex = matched;
    const known = Math.max(held, this.#matchIndex);
    if (this.#state === 'probe') {
      this.#state = 'replicate';
      this.#nextIndex = after(logIndex(known));
      this.#commitSent = logIndex(0);
    } else {
      if (this.#nextIndex <= known) this.#nextIndex = after(logIndex(known));
      this.#freeInflight();
    }
    return rose;
  }

  /** The logs differ before `nextIndex`, and can agree up to `agree` at most. A late refusal is ignored. */
  refused(agree: LogIndex): void {
    if (agree < this.#matchIndex) return;
    if (this.#state === 'probe' && agree >= before(this.#nextIndex)) return;
    this.becomeProbe(after(agree));
  }

  /** The connection closed. Entries would be sent in vain: wait until a heartbeat is answered. */
  disconnected(): void {
    this.becomeProbe();
    this.#probing = true;
  }

  /** Whatever is in flight may be lost: find out anew where the logs meet. */
  becomeProbe(nextIndex: LogIndex = after(this.#matchIndex)): void {
    this.#state = 'probe';
    this.#probing = false;
    this.#nextIndex = nextIndex;
    this.#inflight = [];
    this.#inflightBytes = 0;
  }

  #freeInflight(): void {
    let freed = 0;
    for (const { last, bytes } of this.#inflight) {
      if (last > this.#matchIndex) break;
      this.#inflightBytes -= bytes;
      freed += 1;
    }
    if (freed > 0) this.#inflight.splice(0, freed);
  }
}
