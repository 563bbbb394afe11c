/** What one member knows whatever its role is; the roles (follower, candidate, leader) read and change it. */
import { assert } from '../base/assert.ts';
import { type LogIndex, logIndex, type Millis, type NodeId, type Term, term } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Random } from '../base/random.ts';
import { Durability } from './durability.ts';
import { ElectionTimer } from './election-timer.ts';
import { VoteBinding } from './lease.ts';
import { ORIGIN, RaftLog } from './log.ts';
import { Membership } from './membership.ts';
import type { Configuration, Entry, EntryId, HardState, Role, Snapshot } from './messages.ts';
import { Outbox } from './outbox.ts';
import type { EntryRow } from './packed-row.ts';

type LimitName =
  | 'commitWordMs'
  | 'readPatienceMs'
  | 'leaderGoneMaxMs'
  | 'appendBytes'
  | 'appendEntries'
  | 'inflightAppends'
  | 'inflightBytes'
  | 'catchUpBytes'
  | 'inflightCatchUpBytes'
  | 'firstCatchUpBytes'
  | 'uncommittedEntries'
  | 'uncommittedBytes'
  | 'snapshotPieceBytes'
  | 'inflightPieces'
  | 'heldEntries'
  | 'heldBytes'
  | 'looseEntries';
export type CoreLimits = { readonly [Name in LimitName]: number };

export interface CoreOptions {
  readonly id: NodeId;
  /** The configuration the cluster was created with; 'config' entries in the log overrule it. */
  readonly configuration: Configuration;
  readonly hardState: HardState;
  /** As recovered: contiguous after `offset`. */
  readonly entries: EntryRow;
  /** The last entry that the log has no more; the beginning of the log when it is not given. */
  readonly offset?: EntryId;
  /** The snapshot that the state machine was restored from; it is not before `offset`. */
  readonly snapshot?: Snapshot | null;
  /** Known to be committed before the restart; 0 is always right. */
  readonly commitHint: LogIndex;
  readonly now: Millis;
  readonly random: Random;
  readonly heartbeatMs: number;
  /** The election timeout is drawn from [electionMs, 2 x electionMs). */
  readonly electionMs: number;
  /**
   * Not given: no leases. Else how long a leader may serve reads after it asked a majority (raft/lease.ts); every voter then withholds its
   * vote for `electionMs` after it heard a leader. The same at all members.
   */
  readonly leaseMs?: number;
  readonly limits?: Partial<CoreLimits>;
}

/** Role changes are the core's to carry out; a role only asks for one, as its last act. */
export interface Transitions {
  /** Adopt `term` if it is newer, and follow whoever leads it. */
  follow(term: Term, reason: string): void;
  /** Pre-vote first, except when the leader itself asked for this election. */
  campaign(stage: 'pre-vote' | 'vote' | 'transfer', reason: string): void;
  lead(reason: string): void;
}

export class RaftState {
  readonly id: NodeId;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  /** 0 when there are no leases. */
  readonly leaseMs: number;
  readonly limits: CoreLimits;
  readonly log: RaftLog;
  readonly membership: Membership;
  readonly durability: Durability;
  readonly timer: ElectionTimer;
  readonly outbox = new Outbox();
  readonly become: Transitions;

  now: Millis;
  #term: Term;
  #votedFor: NodeId | null;
  #commitIndex: LogIndex;
  /** Whom we have accepted as the leader of the current term; nobody else can be it any more. */
  #leader: NodeId | null = null;
  #leaderHeardAt: Millis;
  readonly #binding: VoteBinding;
  /** Its connection closed or its time ran out: it may be dead, and does not bind our vote. */
  #leaderSuspected = false;
  /** Terms in which this node led, as far as entries of theirs may still be undecided. */
  readonly #termsLed = new Set<Term>();
  /** The newest number of a question for an index. */
  #lastRead: number;
  #repairFrom: Term | null;
  #snapshot: Snapshot | null;
  /** The log began anew and the disk was not told yet. */
  #reset: Snapshot | null = null;
  /** Own proposals that left this log, not yet known to have failed: another log may bring them back. */
  #replaced: EntryId[] = [];

  constructor(options: CoreOptions, become: Transitions) {
    const { hardState, entries, now, electionMs } = options;
    this.id = options.id;
    this.heartbeatMs = options.heartbeatMs;
    this.electionMs = electionMs;
    this.leaseMs = options.leaseMs ?? 0;
    assert(this.leaseMs <= electionMs, 'a lease ends before votes are given away', () => [this.leaseMs, electionMs]);
    this.limits = { ...LIMITS, ...options.limits };
    this.#snapshot = options.snapshot ?? null;
    this.log = new RaftLog(entries, options.offset, this.#snapshot?.time);
    const { configuration, last } = this.#snapshot ?? { configuration: options.configuration, last: ORIGIN };
    this.membership = new Membership(configuration, entries, last.index);
    // After two timeouts others have long elected somebody else; a disk that slow is stuck, not busy.
    this.durability = new Durability(hardState, this.log.lastIndex, 2 * electionMs);
    this.timer = new ElectionTimer(options.random, now, electionMs, this.limits.leaderGoneMaxMs);
    this.become = become;
    this.now = now;
    this.#term = hardState.term;
    this.#votedFor = hardState.votedFor;
    this.#commitIndex = logIndex(Math.max(options.commitHint, last.index));
    this.#leaderHeardAt = now;
    // One without a term never answered a leader.
    this.#binding = new VoteBinding(this.leaseMs > 0 ? electionMs : 0, hardState.term > 0, now);
    // Answers to an earlier life of this process must not be taken for answers to this one.
    this.#lastRead = options.random.fork('reads').integer(0, 2 ** 32) * 2 ** 16;
    this.#repairFrom = hardState.repairFrom;
    if (this.#repairFrom !== null) this.outbox.tell({ type: 'repair', since: this.#repairFrom, state: 'begun' });
    assert(this.log.last.term <= hardState.term, 'the recovered term covers the log', () => [hardState, this.log.last]);
    assert(this.log.offset.index <= last.index, 'the log goes on where the snapshot ends, or before', () => [
      this.log.offset,
      last,
    ]);
    assert(last.index === this.log.offset.index || this.log.holds(last), 'the log holds the end of the snapshot', () => last);
    assert(options.commitHint <= this.log.lastIndex, 'what was committed was recovered', () => [
      options.commitHint,
      this.log.last,
    ]);
  }

  get term(): Term {
    return this.#term;
  }

  get votedFor(): NodeId | null {
    return this.#votedFor;
  }

  get commitIndex(): LogIndex {
    return this.#commitIndex;
  }

  /** The acknowledged leader of this term, dead or alive. */
  get leader(): NodeId | null {
    return this.#leader;
  }

  /** The newest on the disk, for whoever lags behind the log. */
  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  /** Whom to send clients to; null when the leader is unknown or may be gone. */
  get leaderHint(): NodeId | null {
    return this.#leaderSuspected ? null : this.#leader;
  }

  /** How long some leader's lease may rest on this vote, whatever has become of that leader; 0 when none does. */
  get boundMs(): number {
    return this.isAlone ? 0 : this.#binding.leftMs(this.now);
  }

  /** A leader that was heard within the minimum election timeout binds our vote (Raft §6, dissertation §4.2.3). */
  get leaderIsAlive(): boolean {
    return this.leaderHint !== null && (this.#leader === this.id || this.now - this.#leaderHeardAt < this.electionMs);
  }

  get quietMs(): number {
    return this.now - this.#leaderHeardAt;
  }

  /** The disk has not answered for so long that a promise of ours could be kept only some day. */
  get storageStalled(): boolean {
    return this.now >= this.durability.stalledFrom;
  }

  get isVoter(): boolean {
    return this.membership.isVoter(this.id);
  }

  /** Entries that this node acknowledged are gone from its disk: it neither votes nor campaigns before it has them again. */
  get repairing(): boolean {
    return this.#repairFrom !== null;
  }

  get hardState(): HardState {
    return { term: this.#term, votedFor: this.#votedFor, repairFrom: this.#repairFrom };
  }

  /** Whether this node could lead. */
  get isFit(): boolean {
    return this.isVoter && !this.repairing && !this.storageStalled;
  }

  /** Whether it may stand for election by itself. */
  get mayStand(): boolean {
    return this.isFit && this.boundMs === 0;
  }

  /** Decides alone: nobody to ask, nobody to wait for. */
  get isAlone(): boolean {
    return this.isVoter && this.membership.members.length === 1;
  }

  /** A newer term begins: no vote is cast in it yet and its leader is unknown. */
  adoptTerm(newer: Term): void {
    assert(newer > this.#term, 'terms only rise', () => [this.#term, newer]);
    this.#term = newer;
    this.#votedFor = null;
    this.#leader = null;
    this.#leaderSuspected = false;
  }

  castVote(candidate: NodeId): void {
    assert(this.#votedFor === null || this.#votedFor === candidate, 'one vote a term', () => [
      this.#term,
      this.#votedFor,
      candidate,
    ]);
    this.#votedFor = candidate;
  }

  acknowledgeLeader(leader: NodeId): void {
    assert(this.#leader === null || this.#leader === leader, 'one leader a term', () => [this.#term, this.#leader, leader]);
    this.#leader = leader;
    this.#leaderSuspected = false;
    this.#leaderHeardAt = this.now;
    if (leader === this.id) this.#rememberLedTerm();
    else this.#binding.renew(this.now);
  }

  /** A number that no question of this node has had. */
  nextRead(): number {
    this.#lastRead += 1;
    return this.#lastRead;
  }

  suspectLeader(): void {
    this.#leaderSuspected = true;
  }

  /** What people call the role: a follower without a vote is a learner. */
  roleName(role: Exclude<Role, 'learner'>): Role {
    return role === 'follower' && !this.isVoter ? 'learner' : role;
  }

  tellRole(role: Exclude<Role, 'learner'>, reason: string): void {
    this.outbox.tell({ type: 'role', role: this.roleName(role), term: this.#term, leader: this.leaderHint, reason });
  }

  append(entry: Entry): void {
    this.log.append(entry);
    this.membership.append(entry);
  }

  /** The leader's entries differ from ours from `from` on: ours go. */
  truncate(from: LogIndex): void {
    assert(from > this.#commitIndex, 'what is committed is never truncated', () => [this.#commitIndex, from]);
    const dropped = this.log.truncate(from);
    this.membership.truncate(from);
    this.durability.truncate(from);
    for (const { index, term: proposedIn } of dropped) {
      if (this.#termsLed.has(proposedIn)) this.#replaced.push({ index, term: proposedIn });
    }
  }

  /** The log forgets what a snapshot of our own stands for. */
  compact(snapshot: Snapshot, upTo: LogIndex): void {
    if (snapshot.last.index > (this.#snapshot?.last.index ?? 0)) this.#snapshot = snapshot;
    assert(
      upTo <= snapshot.last.index && snapshot.last.index <= this.#commitIndex,
      'only what is in a snapshot is forgotten',
      () => [snapshot.last, upTo, this.#commitIndex],
    );
    this.log.compact(upTo);
    this.membership.compact(upTo);
  }

  /** A leader's snapshot takes the place of the whole log (Raft §7). */
  restore(snapshot: Snapshot): void {
    const { last, time, configuration } = snapshot;
    assert(last.index > this.#commitIndex, 'a snapshot never takes the state back in time', () => [last, this.#commitIndex]);
    this.log.restore(last, time);
    this.membership.restore(configuration, last.index);
    this.durability.restore(last.index);
    this.#snapshot = snapshot;
    this.#reset = snapshot;
    // Whether the snapshot has them is not known here: whoever waits for them is told so when the state is replaced.
    this.#replaced = this.#replaced.filter(({ index }) => index > last.index);
    this.#commitIndex = last.index;
    this.#settleReplaced();
  }

  /** Once: the snapshot after which the log on the disk is to begin anew. */
  takeReset(): Snapshot | null {
    const reset = this.#reset;
    this.#reset = null;
    return reset;
  }

  get hasReset(): boolean {
    return this.#reset !== null;
  }

  commitTo(index: LogIndex): void {
    assert(index <= this.log.lastIndex, 'only what is in the log is committed', () => [index, this.log.last]);
    if (index <= this.#commitIndex) return;
    this.#commitIndex = index;
    this.#settleReplaced();
  }

  /**
   * The repair ends once an entry of its term or a later one is committed and on disk: whoever led that term was elected
   * without this node, so held all that was committed before, and its log is ours up to there (docs/decisions/0005-repair.md).
   */
  checkRepaired(): void {
    const since = this.#repairFrom;
    if (since === null) return;
    const settled = logIndex(Math.min(this.#commitIndex, this.durability.durableIndex));
    if ((this.log.termAt(settled) ?? 0) < since) return;
    this.#repairFrom = null;
    this.outbox.tell({ type: 'repair', since, state: 'done' });
  }

  /** Only a committed rival proves that a replaced proposal is gone for good: until then a copy elsewhere may win. */
  #settleReplaced(): void {
    if (this.#replaced.length === 0) return;
    const open: EntryId[] = [];
    for (const id of this.#replaced) {
      if (id.index > this.#commitIndex) open.push(id);
      else if (!this.log.agreesWith(id)) this.outbox.neverHappened(id);
    }
    this.#replaced = open;
  }

  #rememberLedTerm(): void {
    const decided = this.log.termAt(this.#commitIndex) ?? term(0);
    for (const led of this.#termsLed) if (led < decided) this.#termsLed.delete(led);
    this.#termsLed.add(this.#term);
  }
}

export const NEVER = Number.POSITIVE_INFINITY;
