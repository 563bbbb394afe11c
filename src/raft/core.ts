/**
 * One member's consensus, free of I/O, clock, randomness and promises: inputs go in through `step`, `propose` and
 * `readIndex`, effects come out as one Ready. Time is an argument; the core only compares it with its deadlines.
 */
import { assert, unreachable } from '../base/assert.ts';
import { after, type ClusterTime, type LogIndex, logIndex, type Millis, type Term } from '../base/brand.ts';
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
  ReadTicket,
  Ready,
} from './messages.ts';
import { isWellFormed } from './plausible.ts';
import { type CoreOptions, RaftState, type RoleHandler } from './state.ts';
import { answerVoteRequest } from './voting.ts';

/** A restart delivers the whole log; in slices, so that no Ready is without bound. */
const COMMITTED_PER_READY = 4_096;

export class RaftCore {
  readonly #state: RaftState;
  #role: RoleHandler;
  #seq = 0;
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
    // Whoever is alone has nobody to wait for and campaigns at the first tick.
    if (!this.#state.isAlone) this.#state.timer.restart(options.now);
  }

  /** When a tick is wanted; Infinity for never. Ticks may come later or more often. */
  get deadline(): Millis {
    return this.#role.deadline;
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
  readIndex(now: Millis): ReadIndexResult {
    this.#turnTo(now);
    if (!(this.#role instanceof LeaderRole)) return { ok: false, leader: this.#state.leaderHint };
    this.#lastTicket += 1;
    this.#role.readIndex(this.#lastTicket);
    return { ok: true, ticket: this.#lastTicket };
  }

  /** Whether anything waits to be carried out. */
  hasReady(): boolean {
    this.#settle();
    const { commitIndex, durability, log, outbox } = this.#state;
    return (
      !outbox.isEmpty ||
      this.#deliveredIndex < commitIndex ||
      durability.handedIndex < log.lastIndex ||
      this.#unwrittenHardState() !== null
    );
  }

  /** Everything that came up since the last Ready; carry it out in the order of its fields. */
  ready(): Ready {
    this.#settle();
    this.#seq += 1;
    const persist = this.#takePersist();
    const { messages, messagesAfterPersist, grantedReads, failedReads, truncated, events } = this.#state.outbox.take();
    const committed = this.#takeCommitted();
    return { seq: this.#seq, persist, messages, messagesAfterPersist, committed, grantedReads, failedReads, truncated, events };
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

  /** The term of the entry at `index`, 0 for index 0, null for one that is not in the log. */
  termAt(index: LogIndex): Term | null {
    return this.#state.log.termAt(index);
  }

  /** A clock that jumps back is not believed: deadlines would move away from us. */
  #turnTo(now: Millis): void {
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
      if (message.type === 'append-request') this.#tellNewerTerm(message);
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
      case 'append-reply':
        this.#role.onAppendReply(message);
        break;
      case 'vote-reply':
        this.#role.onVoteReply(message);
        break;
      case 'timeout-now':
        this.#role.onTimeoutNow(message);
        break;
      default:
        unreachable(message);
    }
  }

  /** An old leader must learn of the newer term, or this node, stuck in it, would never be led again. */
  #tellNewerTerm({ from: to, readRound }: Extract<Message, { type: 'append-request' }>): void {
    const { id: from, log, outbox, term } = this.#state;
    const { index, term: lastTerm } = log.last;
    outbox.send({ type: 'append-reply', from, to, term, matched: null, hint: { index, term: lastTerm }, readRound });
  }

  /** What all that came since the last Ready amounts to. */
  #settle(): void {
    this.#state.checkRepaired();
    this.#role.beforeReady();
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

  #takePersist(): PersistBatch | null {
    const { commitIndex: commit, durability, log, now } = this.#state;
    const hardState = this.#unwrittenHardState();
    const entries = log.slice(after(durability.handedIndex), log.lastIndex - durability.handedIndex);
    const persist = hardState === null && entries.length === 0 ? null : { hardState, entries, commit };
    durability.handOut(this.#seq, now, persist, log.lastIndex);
    return persist;
  }

  #takeCommitted(): readonly Entry[] {
    const { commitIndex, log } = this.#state;
    const count = Math.min(COMMITTED_PER_READY, commitIndex - this.#deliveredIndex);
    this.#deliveredIndex = after(this.#deliveredIndex, count);
    return count === 0 ? [] : log.slice(after(this.#deliveredIndex, 1 - count), count);
  }
}

function isSameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.votedFor === b.votedFor && a.repairFrom === b.repairFrom;
}

export type { CoreLimits, CoreOptions } from './state.ts';
