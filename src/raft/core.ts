/**
 * One member's consensus, free of I/O, clock, randomness and promises: inputs go in through `step`, `propose` and
 * `readIndex`, effects come out as one Ready. Time is an argument; the core only compares it with its deadlines.
 */
import { assert, unreachable } from '../base/assert.ts';
import { after, type ClusterTime, type LogIndex, logIndex, type Millis, type NodeId, type Term } from '../base/brand.ts';
import { CandidateRole, type Stage } from './candidate.ts';
import { FollowerRole } from './follower.ts';
import { LeaderRole } from './leader.ts';
import type {
  CoreStatus,
  Entry,
  HardState,
  Input,
  Message,
  PersistBatch,
  ProposeResult,
  ReadIndexResult,
  ReadPath,
  ReadTicket,
  Ready,
  Snapshot,
  SnapshotHead,
} from './messages.ts';
import { isWellFormed } from './plausible.ts';
import type { RoleHandler } from './role-handler.ts';
import { type CoreOptions, RaftState } from './state.ts';
import { answerVoteRequest } from './voting.ts';

/** A restart delivers the whole log; in slices, so that no Ready is without bound. */
const COMMITTED_PER_READY = 4_096;
const NO_ENTRIES: readonly Entry[] = [];

export class RaftCore {
  readonly #state: RaftState;
  #role: RoleHandler;
  #seq = 0;
  /** All that came has been thought through. */
  #isSettled = false;
  #lastTicket: ReadTicket = 0;
  /** Committed entries were handed out up to here. */
  #deliveredIndex = logIndex(0);

  constructor(options: CoreOptions) {
    this.#state = new RaftState(options, {
      follow: (term, reason) => this.#follow(term, reason),
      campaign: (stage, reason) => this.#campaign(stage, reason),
      lead: (reason) => this.#lead(reason),
    });
    this.#role = new FollowerRole(this.#state);
    this.#deliveredIndex = this.#state.snapshot?.last.index ?? logIndex(0);
    // Whoever is alone has nobody to wait for and campaigns at the first tick.
    if (!this.#state.isAlone) this.#state.timer.restart(options.now);
  }

  /** When a tick is wanted; Infinity for never. Ticks may come later or more often. */
  get deadline(): Millis {
    return this.#role.deadline;
  }

  get commitIndex(): LogIndex {
    return this.#state.commitIndex;
  }

  get durableIndex(): LogIndex {
    return this.#state.durability.durableIndex;
  }

  /** Whether this is a leader with a follower that answers and is far behind. */
  get hasStragglers(): boolean {
    return this.#role.hasStragglers;
  }

  /** Takes one input. Whatever a peer sent is obeyed, refused or ignored; only our own bugs throw InvariantViolation. */
  step(now: Millis, input: Input): void {
    this.#turnTo(now);
    switch (input.type) {
      case 'tick':
        this.#role.tick();
        break;
      case 'message':
        this.#receive(input.message);
        break;
      case 'persisted':
        this.#state.durability.confirm(input.seq);
        this.#role.onPersisted();
        break;
      case 'peer-closed':
        this.#role.onPeerClosed(input.peer);
        break;
      case 'snapshot-taken':
        this.#state.compact(input.snapshot, this.#role.release(input.upTo));
        this.#state.outbox.tell({ type: 'snapshot', index: input.snapshot.last.index, state: 'taken', peer: null });
        break;
      case 'snapshot-received':
        this.#install(input.snapshot);
        break;
      case 'snapshot-unreadable':
        this.#role.onSnapshotUnreadable(input.to, input.last);
        break;
      case 'transfer-leadership':
        if (this.#role instanceof LeaderRole) this.#role.handOver(input.to);
        break;
      case 'campaign':
        if (this.#mayCampaign()) this.#campaign('pre-vote', 'asked to');
        break;
      default:
        unreachable(input);
    }
  }

  /** Appends a command to the leader's log; nothing is acknowledged before it comes back as committed. */
  propose(now: Millis, time: ClusterTime, data: string): ProposeResult {
    this.#turnTo(now);
    if (this.#role instanceof LeaderRole) return this.#role.propose(time, data);
    return { ok: false, reason: 'not-leader', leader: this.#state.leaderHint };
  }

  /** Asks for a linearizable read; the ticket comes back in `grantedReads` or `failedReads`. */
  readIndex(now: Millis, path: ReadPath = 'leader'): ReadIndexResult {
    this.#turnTo(now);
    const role = this.#role;
    const mayAnswer = role instanceof LeaderRole || (path === 'here' && role instanceof FollowerRole && role.mayAskLeader);
    if (!mayAnswer) return { ok: false, leader: this.#state.leaderHint };
    this.#lastTicket += 1;
    if (path === 'lease' && role instanceof LeaderRole && role.holdsLease) role.grantByLease(this.#lastTicket);
    else role.readIndex(this.#lastTicket);
    return { ok: true, ticket: this.#lastTicket };
  }

  /** Whether anything waits to be carried out; what is only committed counts when the caller takes it. */
  hasReady(takesCommitted = true): boolean {
    this.#settle();
    const { commitIndex, durability, log, outbox } = this.#state;
    return (
      !outbox.isEmpty ||
      (takesCommitted && this.#deliveredIndex < commitIndex) ||
      this.#state.hasReset ||
      durability.handedIndex < log.lastIndex ||
      this.#unwrittenHardState() !== null
    );
  }

  /** Everything that came up since the last Ready; carry it out in the order of its fields. */
  ready(takesCommitted = true): Ready {
    this.#settle();
    this.#seq += 1;
    const restore = this.#state.takeReset();
    const persist = this.#takePersist(restore);
    // Most Readys of reads have nothing for the disk, which has done all its work: a turn to say so would be one too many.
    const waitsForDisk = this.#state.durability.isBehind;
    if (restore !== null) this.#deliveredIndex = restore.last.index;
    const out = this.#state.outbox.take();
    return {
      seq: waitsForDisk ? this.#seq : null,
      persist,
      messages: out.messages,
      messagesAfterPersist: out.messagesAfterPersist,
      piecesToSend: out.piecesToSend,
      piecesReceived: out.piecesReceived,
      restore,
      committed: takesCommitted ? this.#takeCommitted() : NO_ENTRIES,
      grantedReads: out.grantedReads,
      failedReads: out.failedReads,
      truncated: out.truncated,
      events: out.events,
    };
  }

  status(now: Millis): CoreStatus {
    const state = this.#state;
    const { log, timer, term, votedFor, commitIndex } = state;
    const role = state.roleName(this.#role.role);
    const { votes, peers, transferTo } = this.#role;
    return {
      id: state.id,
      role,
      term,
      votedFor,
      leader: state.leaderHint,
      configuration: state.membership.current,
      lastIndex: log.lastIndex,
      lastTerm: log.last.term,
      commitIndex,
      snapshotIndex: state.snapshot?.last.index ?? logIndex(0),
      compactedIndex: log.offset.index,
      durableIndex: state.durability.durableIndex,
      repairing: state.repairing,
      election: role === 'leader' || role === 'learner' ? null : { elapsedMs: timer.elapsedMs(now), timeoutMs: timer.timeoutMs },
      votes: votes && { granted: [...votes.granted], refused: [...votes.refused] },
      peers,
      transferTo,
    };
  }

  /** Up to `limit` entries from index `from` on. */
  entries(from: LogIndex, limit: number): readonly Entry[] {
    return this.#state.log.slice(from, limit);
  }

  /** What a snapshot of the state after the entry at `index` must say; null for one that is not in the log or not committed. */
  snapshotHead(index: LogIndex): SnapshotHead | null {
    const { commitIndex, log, membership } = this.#state;
    const entry = index > commitIndex ? null : log.entry(index);
    if (entry === null) return null;
    return { last: { index, term: entry.term }, time: entry.time, configuration: membership.at(index) };
  }

  /** UTF-16 units of the data of the entry at `index`; null for one that is not in the log. */
  unitsAt(index: LogIndex): number | null {
    return this.#state.log.unitsAt(index);
  }

  /** The term of the entry at `index`, 0 for index 0, null for one that is not in the log. */
  termAt(index: LogIndex): Term | null {
    return this.#state.log.termAt(index);
  }

  /** A clock that jumps back is not believed: deadlines would move away from us. */
  #turnTo(now: Millis): void {
    this.#isSettled = false;
    if (now > this.#state.now) this.#state.now = now;
  }

  /** The rules of terms, the same in every role (Raft §5.1 and figure 2, "Rules for Servers"). */
  #receive(message: Message): void {
    const state = this.#state;
    if (!isWellFormed(message, state.id)) return;
    if (message.type === 'vote-request') {
      answerVoteRequest(state, message);
      return;
    }
    const isGrantedPreVote = message.type === 'vote-reply' && message.preVote && message.granted;
    // A granted pre-vote names a term that nobody has adopted yet.
    if (message.term > state.term && !isGrantedPreVote) {
      this.#follow(message.term, `${message.from} is in term ${message.term}`);
    }
    if (message.term < state.term) {
      if (message.type === 'append-request' || message.type === 'install-snapshot') this.#tellNewerTerm(message.from);
      // A refused pre-vote names the voter's own term, which may be older than ours.
      if (message.type !== 'vote-reply' || !message.preVote) return;
    }
    this.#dispatch(message);
  }

  #dispatch(message: Exclude<Message, { type: 'vote-request' }>): void {
    switch (message.type) {
      case 'append-request':
        // Somebody else won this election (Raft §5.2).
        if (this.#role instanceof CandidateRole) this.#follow(this.#state.term, `${message.from} leads`);
        this.#role.onAppendRequest(message);
        break;
      case 'install-snapshot':
        if (this.#role instanceof CandidateRole) this.#follow(this.#state.term, `${message.from} leads`);
        this.#role.onInstallSnapshot(message);
        break;
      case 'install-snapshot-reply':
        this.#role.onInstallSnapshotReply(message);
        break;
      case 'append-reply':
        this.#role.onAppendReply(message);
        break;
      case 'vote-reply':
        this.#role.onVoteReply(message);
        break;
      case 'timeout-now':
        this.#role.onTimeoutNow(message);
        break;
      case 'read-index-request':
        this.#role.onReadIndexRequest(message);
        break;
      case 'read-index-reply':
        this.#role.onReadIndexReply(message);
        break;
      default:
        unreachable(message);
    }
  }

  /**
   * An old leader must learn of the newer term, or this node, stuck in it, would never be led again. It may lead that term by now, so
   * this confirms no round: those of the old term have the same numbers as others of the new one.
   */
  #tellNewerTerm(to: NodeId): void {
    const { id: from, log, outbox, term } = this.#state;
    const { index, term: lastTerm } = log.last;
    outbox.send({ type: 'append-reply', from, to, term, matched: null, hint: { index, term: lastTerm }, readRound: 0 });
  }

  /** What all that came since the last Ready amounts to. */
  #settle(): void {
    if (this.#isSettled) return;
    this.#state.checkRepaired();
    this.#role.beforeReady();
    this.#isSettled = true;
  }

  /**
   * A leader's snapshot is on our disk. It was committed, whoever leads now; but meanwhile the log itself may have brought
   * what it holds, and then nothing must go back in time (etcd#18055) nor a good tail be lost.
   */
  #install(snapshot: Snapshot): void {
    const state = this.#state;
    const { last } = snapshot;
    if (!(this.#role instanceof FollowerRole) || last.index <= state.commitIndex) return;
    if (state.log.holds(last)) {
      state.commitTo(last.index);
      return;
    }
    state.restore(snapshot);
    state.outbox.tell({ type: 'snapshot', index: last.index, state: 'installed', peer: state.leaderHint });
    this.#role.confirmInstalled();
  }

  #mayCampaign(): boolean {
    return this.#state.mayStand && !(this.#role instanceof LeaderRole);
  }

  #follow(term: Term, reason: string): void {
    const state = this.#state;
    const changes = !(this.#role instanceof FollowerRole);
    if (changes) {
      this.#role.leave();
      this.#role = new FollowerRole(state);
    }
    if (term > state.term) state.adoptTerm(term);
    if (changes) state.tellRole('follower', reason);
  }

  #campaign(stage: Stage, reason: string): void {
    const state = this.#state;
    this.#role.leave();
    state.suspectLeader();
    const candidate = new CandidateRole(state, stage);
    this.#role = candidate;
    candidate.start(reason);
  }

  #lead(reason: string): void {
    const state = this.#state;
    assert(state.votedFor === state.id, 'a leader has voted for itself', () => [state.term, state.votedFor]);
    const leader = new LeaderRole(state);
    this.#role.leave();
    this.#role = leader;
    leader.start();
    state.tellRole('leader', reason);
  }

  #unwrittenHardState(): HardState | null {
    const { durability, hardState } = this.#state;
    return isSameHardState(durability.handedState, hardState) ? null : hardState;
  }

  #takePersist(reset: Snapshot | null): PersistBatch | null {
    const { commitIndex: commit, durability, log, now } = this.#state;
    const hardState = this.#unwrittenHardState();
    const count = log.lastIndex - durability.handedIndex;
    const entries = count === 0 ? NO_ENTRIES : log.slice(after(durability.handedIndex), count);
    const isEmpty = hardState === null && reset === null && entries.length === 0;
    const persist = isEmpty ? null : { hardState, entries, commit, ...(reset === null ? {} : { reset }) };
    durability.handOut(this.#seq, now, persist, log.lastIndex);
    return persist;
  }

  #takeCommitted(): readonly Entry[] {
    const { commitIndex, limits, log } = this.#state;
    const count = Math.min(COMMITTED_PER_READY, commitIndex - this.#deliveredIndex);
    if (count === 0) return NO_ENTRIES;
    const entries = log.slice(after(this.#deliveredIndex, 1), count);
    this.#deliveredIndex = after(this.#deliveredIndex, count);
    log.pack(this.#deliveredIndex, limits.looseEntries);
    return entries;
  }
}

function isSameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.votedFor === b.votedFor && a.repairFrom === b.repairFrom;
}

export type { CoreLimits, CoreOptions } from './state.ts';
