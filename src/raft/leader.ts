/** A leader replicates its log, commits by majority, confirms reads, and steps down when it cannot (Raft §5.3, §5.4). */
import { assert } from '../base/assert.ts';
import { after, before, type ClusterTime, type LogIndex, logIndex, type Millis, millis, type NodeId } from '../base/brand.ts';
import { Lease } from './lease.ts';
import type {
  AppendReply,
  Entry,
  EntryId,
  InstallSnapshotReply,
  PeerProgress,
  ProposeResult,
  ReadIndexRequest,
  ReadTicket,
} from './messages.ts';
import { Progress } from './progress.ts';
import { committedIndex, quorumValue } from './quorum.ts';
import { ReadPoll } from './read-poll.ts';
import { type Reader, Reads } from './reads.ts';
import { RoleHandler } from './role-handler.ts';
import { NEVER, type RaftState } from './state.ts';
import { Transfer } from './transfer.ts';

export class LeaderRole extends RoleHandler {
  readonly role = 'leader';
  readonly #state: RaftState;
  readonly #reads = new Reads();
  readonly #poll: ReadPoll;
  readonly #lease: Lease;
  readonly #transfer: Transfer;
  #progress = new Map<NodeId, Progress>();
  /** Those that `#progress` was made for. */
  #followed: readonly NodeId[] = [];
  #heartbeatAt: Millis;
  #quorumCheckAt: Millis;
  #heartbeatDue = false;
  /** Some peer refuses what it has acknowledged: the answers to one more round tell whether that is late or true. */
  #isInDoubt = false;
  /** From then on followers are told of the commit index by itself, should no entry have carried it. */
  #commitWordAt: Millis = millis(0);
  /** Data in entries that are not committed yet. */
  #uncommittedBytes: number;

  constructor(state: RaftState) {
    super();
    this.#state = state;
    this.#lease = new Lease(state.leaseMs);
    this.#transfer = new Transfer(state, () => this.#lease.giveUp());
    this.#poll = new ReadPoll(state.limits.readPatienceMs);
    this.#heartbeatAt = millis(state.now + state.heartbeatMs);
    this.#quorumCheckAt = millis(state.now + state.electionMs);
    this.#uncommittedBytes = state.log.bytesAfter(state.commitIndex);
  }

  /** The entry of its own term tells a leader what is committed, since older entries cannot (Raft §5.4.2, §8). */
  start(): void {
    const { log, id } = this.#state;
    this.#followMembership();
    this.#state.acknowledgeLeader(id);
    this.#append({ kind: 'noop', data: '', time: log.lastTime });
  }

  get deadline(): Millis {
    const { durability, electionMs } = this.#state;
    const own = Math.min(durability.stalledFrom, this.#reads.deadline(2 * electionMs), this.#transfer.deadline);
    const hasPeers = this.#state.membership.members.length > 1;
    const commitWordAt = this.#commitWordAt > this.#state.now ? this.#commitWordAt : NEVER;
    return millis(hasPeers ? Math.min(own, this.#heartbeatAt, this.#quorumCheckAt, commitWordAt, this.#poll.deadline) : own);
  }

  override get peers(): readonly PeerProgress[] {
    return [...this.#progress.values()].map((progress) => progress.status(this.#state.now));
  }

  override get transferTo(): NodeId | null {
    return this.#transfer.target;
  }

  propose(time: ClusterTime, data: string): ProposeResult {
    const { commitIndex, id, limits, log } = this.#state;
    if (this.#transfer.target !== null) return { ok: false, reason: 'transferring', leader: id };
    const isFull =
      log.lastIndex - commitIndex >= limits.uncommittedEntries ||
      (this.#uncommittedBytes > 0 && this.#uncommittedBytes + data.length > limits.uncommittedBytes);
    if (isFull) return { ok: false, reason: 'backlog-full', leader: id };
    return { ok: true, at: this.#append({ kind: 'command', data, time }) };
  }

  readIndex(ticket: ReadTicket): void {
    this.#reads.add(ticket, this.#state.now);
  }

  /** It was confirmed after an entry of this term was committed, so all that was ever acknowledged is known here. */
  get holdsLease(): boolean {
    return this.#lease.holds(this.#state.now);
  }

  grantByLease(ticket: ReadTicket): void {
    this.#state.outbox.grant([ticket], this.#state.commitIndex);
  }

  override onReadIndexRequest({ from, read }: ReadIndexRequest): void {
    this.#reads.add({ from, read }, this.#state.now);
  }

  handOver(target: NodeId): void {
    this.#transfer.start(target, this.#progress.get(target));
  }

  tick(): void {
    const state = this.#state;
    const { now, electionMs, become, term } = state;
    if (state.storageStalled) {
      become.follow(term, `the disk has not answered for ${2 * electionMs} ms`);
      return;
    }
    if (now >= this.#quorumCheckAt && !this.#hearsQuorum()) {
      become.follow(term, `no majority heard for ${electionMs} ms`);
      return;
    }
    this.#transfer.tick();
    this.#answerReads(this.#reads.expire(now - 2 * electionMs), null);
    if (now < this.#heartbeatAt) return;
    this.#heartbeatDue = true;
    this.#heartbeatAt = millis(now + state.heartbeatMs);
  }

  override onPersisted(): void {
    this.#advanceCommit();
  }

  override onPeerClosed(peer: NodeId): void {
    this.#progress.get(peer)?.disconnected();
  }

  override onInstallSnapshotReply({ from, last, next }: InstallSnapshotReply): void {
    const progress = this.#progress.get(from);
    if (progress === undefined) return;
    progress.heardAt = this.#state.now;
    progress.pieceAnswered(last, next, this.#state.now, this.#state.electionMs);
  }

  override onSnapshotUnreadable(peer: NodeId, last: EntryId): void {
    const progress = this.#progress.get(peer);
    if (progress?.snapshot?.last.index === last.index) progress.becomeProbe();
  }

  /**
   * What a follower that answers has not got yet must not leave: it would need another snapshot, and the next one after that. Nor what
   * comes after the one on its way.
   */
  override release(upTo: LogIndex): LogIndex {
    const { limits, log } = this.#state;
    let last = upTo;
    for (const progress of this.#progress.values()) {
      const has = progress.snapshot?.last.index ?? progress.matchIndex;
      const isLeft = has >= log.offset.index && log.lastIndex - has <= limits.heldEntries;
      if (has < last && isLeft && this.#answers(progress) && log.bytesAfter(has, upTo) <= limits.heldBytes) last = has;
    }
    return last;
  }

  override get hasStragglers(): boolean {
    for (const progress of this.#progress.values()) {
      if (this.#isFarBehind(progress.matchIndex) && this.#answers(progress)) return true;
    }
    return false;
  }

  #answers({ heardAt }: Progress): boolean {
    return this.#state.now - heardAt <= 2 * this.#state.electionMs;
  }

  override onAppendReply(reply: AppendReply): void {
    const progress = this.#progress.get(reply.from);
    if (progress === undefined) return;
    const { log, now } = this.#state;
    progress.heardAt = now;
    this.#confirmReads(progress, reply.readRound);
    if (reply.matched === null) {
      const agree = log.lastUpTo(reply.hint.index, reply.hint.term).index;
      this.#isInDoubt = progress.refused(agree, reply.readRound);
      return;
    }
    if (reply.matched > log.lastIndex) return;
    // Its log ends before ours begins and before the snapshot on its way: that one it still needs.
    if (reply.matched < log.offset.index && reply.matched < (progress.snapshot?.last.index ?? 0)) return;
    const held = log.holds(reply.hint) ? reply.hint.index : reply.matched;
    if (progress.accepted(reply.matched, held)) this.#advanceCommit();
    this.#transfer.caughtUp(progress);
  }

  /** All that gathered since the last Ready leaves as one round of messages. */
  override beforeReady(): void {
    this.#followMembership();
    this.#startReadRound();
    const { commitIndex, now } = this.#state;
    const isTimeForCommitWord = now >= this.#commitWordAt;
    let shared: { readonly from: LogIndex; readonly entries: readonly Entry[]; readonly bytes: number } | null = null;
    for (const progress of this.#progress.values()) {
      let sent = false;
      this.#sendSnapshot(progress);
      while (this.#maySendEntries(progress)) {
        // Followers mostly need the same entries: one slice serves all.
        if (shared === null || shared.from !== progress.nextIndex) shared = this.#batch(progress);
        this.#sendAppend(progress, shared.entries, shared.bytes);
        sent = true;
      }
      const owed = isTimeForCommitWord && progress.lacksCommit(commitIndex);
      if (!sent && (this.#heartbeatDue || owed || this.#owesRound(progress))) this.#sendAppend(progress, [], 0);
    }
    if (now >= this.#poll.deadline) this.#poll.settled();
    if (this.#heartbeatDue) this.#transfer.remind();
    this.#heartbeatDue = false;
  }

  override leave(): void {
    this.#transfer.leave();
    this.#answerReads(this.#reads.abandon(), null);
    this.#state.timer.restart(this.#state.now);
    this.#state.suspectLeader();
  }

  #append({ kind, data, time }: Pick<Entry, 'kind' | 'data' | 'time'>): EntryId {
    const { log, term } = this.#state;
    const index = after(log.lastIndex);
    this.#state.append({ index, term, time: time > log.lastTime ? time : log.lastTime, kind, data });
    this.#uncommittedBytes += data.length;
    return { index, term };
  }

  /**
   * Commits what a majority has on disk, if the last of it is of this term: an older entry may sit on a majority and
   * still be replaced (Raft §5.4.2, figure 8). Our own disk counts like any other, as far as it has confirmed.
   */
  #advanceCommit(): void {
    const state = this.#state;
    const { commitIndex, durability, log, membership } = state;
    const reached = committedIndex(membership.current, (id) =>
      id === state.id ? durability.durableIndex : (this.#progress.get(id)?.matchIndex ?? logIndex(0)),
    );
    if (reached <= commitIndex || log.termAt(reached) !== state.term) return;
    // The next entries usually carry it soon enough, and a message of its own costs as much as they do.
    if (state.now >= this.#commitWordAt) this.#commitWordAt = millis(state.now + state.limits.commitWordMs);
    for (let at = after(commitIndex); at <= reached; at = after(at)) this.#uncommittedBytes -= log.entry(at)?.data.length ?? 0;
    assert(this.#uncommittedBytes >= 0, 'no more is committed than was appended', () => [commitIndex, reached]);
    state.commitTo(reached);
  }

  #hearsQuorum(): boolean {
    const { electionMs, id, membership, now } = this.#state;
    const heardAt = quorumValue(membership.current, (peer) => (peer === id ? now : (this.#progress.get(peer)?.heardAt ?? 0)));
    this.#quorumCheckAt = millis(heardAt + electionMs);
    return now < this.#quorumCheckAt;
  }

  /** Until an entry of its own term is committed, a new leader may not know all that is (dissertation §6.4, step 1). */
  #startReadRound(): void {
    const { commitIndex, leaseMs, log, now, term } = this.#state;
    const { voters } = this.#state.membership.current;
    // With leases each heartbeat asks, so that reads need not.
    const asksAnyway = this.#heartbeatDue && (leaseMs > 0 || this.#isInDoubt);
    if (log.termAt(commitIndex) !== term || !this.#reads.startRound(commitIndex, now, asksAnyway)) return;
    this.#isInDoubt = false;
    this.#poll.begun(now);
    // Who leads others has to hear from them first.
    if (voters.length === 1) this.#grantConfirmedReads();
  }

  #confirmReads(progress: Progress, round: number): void {
    if (round <= progress.readRound || round > this.#reads.round) return;
    progress.readRound = round;
    this.#poll.answered(this.#progress);
    this.#grantConfirmedReads();
  }

  #grantConfirmedReads(): void {
    const { id, membership } = this.#state;
    const own = this.#reads.round;
    const confirmed = quorumValue(membership.current, (peer) => (peer === id ? own : (this.#progress.get(peer)?.readRound ?? 0)));
    const askedAt = this.#reads.confirm(confirmed, (readers, index) => this.#answerReads(readers, index));
    if (askedAt !== null) this.#lease.confirmed(askedAt);
    if (confirmed >= own) this.#poll.settled();
  }

  #owesRound(progress: Progress): boolean {
    const { id, membership, now } = this.#state;
    return (
      this.#reads.isWaiting && progress.lacksRound(this.#reads.round) && this.#poll.asks(progress.id, id, membership.current, now)
    );
  }

  /** Followers among the readers are sent the index, or that there is none. */
  #answerReads(readers: readonly Reader[], index: LogIndex | null): void {
    const { id, outbox, term } = this.#state;
    const tickets: ReadTicket[] = [];
    for (const reader of readers) {
      if (typeof reader === 'number') tickets.push(reader);
      else outbox.send({ type: 'read-index-reply', from: id, to: reader.from, term, read: reader.read, index });
    }
    if (index === null) outbox.fail(tickets);
    else outbox.grant(tickets, index);
  }

  /** Further than what may wait for commitment: nobody's write waits for whoever is there, unless a majority is as far behind. */
  #isFarBehind(index: LogIndex): boolean {
    const { commitIndex, limits } = this.#state;
    return commitIndex - index > limits.uncommittedEntries;
  }

  /** Bytes that may be on their way to this follower. */
  #window(progress: Progress): number {
    const { firstCatchUpBytes, inflightBytes, inflightCatchUpBytes } = this.#state.limits;
    if (!this.#isFarBehind(progress.nextIndex)) return inflightBytes;
    return Math.min(inflightCatchUpBytes, Math.max(firstCatchUpBytes, progress.acknowledgedBytes));
  }

  #maySendEntries(progress: Progress): boolean {
    const { limits, log } = this.#state;
    return progress.nextIndex <= log.lastIndex && progress.maySendEntries(limits.inflightAppends, this.#window(progress));
  }

  /** The turns of both ends are as long as what is sent at once. */
  #batch(progress: Progress) {
    const { limits, log } = this.#state;
    const most = this.#isFarBehind(progress.nextIndex) ? limits.catchUpBytes : limits.appendBytes;
    const bytes = Math.min(most, this.#window(progress));
    return { from: progress.nextIndex, ...log.batch(progress.nextIndex, limits.appendEntries, bytes) };
  }

  #sendAppend(progress: Progress, entries: readonly Entry[], bytes: number): void {
    const { commitIndex: commit, id, log, outbox, term } = this.#state;
    // Whoever needs a snapshot is asked about the oldest entry that we know of: its answer confirms reads, or ends the need.
    const index = logIndex(Math.max(log.offset.index, before(progress.nextIndex)));
    const previousTerm = log.termAt(index);
    assert(previousTerm !== null, 'the entry before the next one is in the log', () => [progress.id, index]);
    const readRound = this.#reads.round;
    const previous = { index, term: previousTerm };
    outbox.send({ type: 'append-request', from: id, to: progress.id, term, previous, entries, commit, readRound });
    progress.sent(entries.length, bytes, commit, readRound);
  }

  /** Pieces go to whoever answers; a peer that is away costs nothing. */
  #sendSnapshot(progress: Progress): void {
    const { electionMs, limits, log, now, outbox, snapshot: newest, term } = this.#state;
    if (now - progress.heardAt > electionMs) return;
    if (progress.state !== 'snapshot' && progress.nextIndex <= log.offset.index && newest !== null) {
      progress.becomeSnapshot(newest, now);
      outbox.tell({ type: 'snapshot', index: newest.last.index, state: 'sending', peer: progress.id });
    }
    const { snapshot } = progress;
    if (snapshot === null) return;
    for (;;) {
      const piece = progress.nextPiece(now, limits.snapshotPieceBytes, limits.inflightPieces, electionMs);
      if (piece === null) return;
      const { last, sizeBytes, hash } = snapshot;
      outbox.sendPiece({ to: progress.id, term, snapshot: { last, sizeBytes, hash }, ...piece });
    }
  }

  /** Keeps one Progress for every other member of the configuration in force. */
  #followMembership(): void {
    const { id, log, membership, now } = this.#state;
    const { members } = membership;
    if (members === this.#followed) return;
    this.#followed = members;
    const others = members.filter((member) => member !== id);
    const known = this.#progress;
    this.#progress = new Map(
      others.map((member) => [member, known.get(member) ?? new Progress(member, after(log.lastIndex), now)]),
    );
  }
}
