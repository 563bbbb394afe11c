/**
 * What Raft promises whatever fails (Raft figure 3), as checks over the members of one cluster. Feed it every member
 * after each of its steps, or as often as a live cluster can be asked: it compares what it is told, and what it is not
 * told it does not blame. A log may be known in part only, since logs are compacted and live ones are read in pages.
 */
import { after, type LogIndex, logIndex, type NodeId, type Term } from '../base/brand.ts';
import type { CoreStatus, Entry, EntryId, Message } from './messages.ts';
import { BrokenPromise, type PromiseId } from './promises.ts';
import { TermLog } from './term-log.ts';

/** An entry, or what is known of it: null is not told. Short forms of `data` do, if everybody's are cut alike. */
export interface ObservedEntry extends EntryId {
  readonly kind: Entry['kind'] | null;
  readonly data: string | null;
}

/** One member as seen from outside; a RaftCore or the answers of a real node. */
export interface ObservedMember {
  readonly status: CoreStatus;
  entries(from: LogIndex, limit: number): readonly ObservedEntry[];
  /** Left out: `entries` has the whole log, as it was with the status. */
  readonly known?: KnownLog;
}

/** The part of a log that is known, which was read at the moment of the status or later. */
export interface KnownLog {
  readonly first: LogIndex;
  readonly last: LogIndex;
  /** Read at the very moment of the status, and up to its end. */
  readonly exact: boolean;
}

interface Seen {
  readonly status: CoreStatus;
  readonly log: TermLog;
  /** Commitment was compared up to here. */
  readonly committedUpTo: number;
  /** As a leader of `status.term`, it was compared with what is committed, up to here. */
  readonly completeUpTo: number;
}

interface Committed {
  readonly term: Term;
  /** The lowest term in which anyone was seen to hold it for committed. */
  readonly seenIn: Term;
}

/** One entry with its content, in a list of those with the same index. */
interface Known {
  readonly term: Term;
  previous: Term | null;
  kind: Entry['kind'] | null;
  data: string | null;
  readonly next: Known | null;
}

const CHUNK = 64;
/** A member that is far behind tells of entries that are forgotten already: so many times that something is forgotten, one looks for them. */
const WALK_EVERY = 8;

export class InvariantChecker {
  readonly #onBroken: (broken: BrokenPromise) => void;
  readonly #checked = new Map<PromiseId, number>();
  readonly #seen = new Map<NodeId, Seen>();
  readonly #leaders = new Map<Term, NodeId>();
  readonly #votes = new Map<string, NodeId>();
  readonly #entries = new Map<number, Known>();
  readonly #committed = new Map<number, Committed>();
  readonly #acknowledged = new Map<number, Term>();
  readonly #states = new Map<number, { readonly hash: number; readonly by: string }>();
  #highest: LogIndex = logIndex(0);
  #forgotten = 0;
  #forgets = 0;

  /** `onBroken` hears of each breach and the checks go on; without it the first breach is thrown. */
  constructor(
    onBroken: (broken: BrokenPromise) => void = (broken) => {
      throw broken;
    },
  ) {
    this.#onBroken = onBroken;
  }

  /** The highest index that any member was seen to hold for committed. */
  get commitIndex(): LogIndex {
    return this.#highest;
  }

  /** Comparisons that were made for a promise. */
  checked(promise: PromiseId): number {
    return this.#checked.get(promise) ?? 0;
  }

  isCommitted(id: EntryId): boolean {
    return this.#committed.get(id.index)?.term === id.term;
  }

  observe(member: ObservedMember): void {
    const { status } = member;
    const before = this.#seen.get(status.id) ?? null;
    this.#checkShape(status);
    if (before !== null) this.#checkStep(before.status, status);
    const log = this.#readLog(member, before);
    const stillLeads = status.role === 'leader' && before?.status.role === 'leader' && before.status.term === status.term;
    const completeUpTo = status.role === 'leader' ? log.last : 0;
    const committedUpTo = Math.max(before?.committedUpTo ?? 0, Math.min(status.commitIndex, log.last));
    this.#seen.set(status.id, { status, log, committedUpTo, completeUpTo });
    for (let index = Math.max(before?.committedUpTo ?? 0, log.base) + 1; index <= committedUpTo; index += 1) {
      const at = log.at(index);
      if (at !== undefined) this.#commit(index, at, status.term, status.id);
    }
    if (status.role === 'leader') this.#checkLeader(status, log, stillLeads ? before.completeUpTo : null);
  }

  /** Committed entries of a member, in their order, read after `status`. `previous` is the term before the first; null: not known. */
  readCommitted({ id, term }: CoreStatus, previous: Term | null, entries: readonly ObservedEntry[]): void {
    let before = previous;
    for (const entry of entries) {
      this.#checkEntry(entry, before);
      this.#commit(entry.index, entry.term, term, id);
      before = entry.term;
    }
  }

  /** Somebody leads, as it said itself; to be called also for leaders that `observe` may miss. */
  leads(id: NodeId, term: Term): void {
    const known = this.#leaders.get(term) ?? id;
    this.#check('election-safety', known === id, 'one leader per term', () => ({ term, leaders: [known, id] }));
    this.#leaders.set(term, known);
  }

  /** A message left its sender: the vote in it is binding, over restarts too. */
  sent(message: Message): void {
    if (message.type === 'vote-request' && !message.preVote) this.voted(message.from, message.term, message.from);
    if (message.type === 'vote-reply' && !message.preVote && message.granted) this.voted(message.from, message.term, message.to);
  }

  /** A vote, not a pre-vote, that others have heard of. */
  voted(voter: NodeId, term: Term, candidate: NodeId): void {
    const key = `${term}/${voter}`;
    const earlier = this.#votes.get(key) ?? candidate;
    this.#check('one-vote', earlier === candidate, 'one vote per term', () => ({ voter, term, earlier, candidate }));
    this.#votes.set(key, earlier);
  }

  /** The member forgot what it had not made durable; what it said before still binds it. */
  restarted(id: NodeId): void {
    this.#seen.delete(id);
  }

  /** State Machine Safety: whoever applied everything up to `index` has the state with this hash. `by` names who says so. */
  applied(by: string, index: LogIndex, hash: number): void {
    const known = this.#states.get(index);
    if (known === undefined) {
      if (index > this.#forgotten) this.#states.set(index, { hash, by });
    } else if (known.by !== by || known.hash !== hash) {
      this.#check('state-machine-safety', known.hash === hash, 'the same applied index is the same state', () => ({
        index,
        [known.by]: known.hash,
        [by]: hash,
      }));
    }
  }

  /**
   * A client has the answer to a write: its entry is committed, and stays. In which term it was committed is not told: a
   * deposed leader answers as well, once it has applied what a later one committed.
   */
  acknowledged({ index, term }: EntryId): void {
    if (index <= this.#forgotten) return;
    const known = this.#committed.get(index);
    if (known !== undefined) this.#checkAcknowledged(index, term, known.term, 'committed before');
    this.#acknowledged.set(index, this.#acknowledged.get(index) ?? term);
  }

  /** A promise that is checked elsewhere, counted and told here. */
  noted(promise: PromiseId, holds: boolean, what: string, detail: () => unknown): void {
    this.#check(promise, holds, what, detail);
  }

  /** Drops what is known of entries up to `index`, and of terms before `term`: for clusters that run for days. */
  forget(index: number, term: number): void {
    const from = this.#forgets % WALK_EVERY === 0 ? 0 : this.#forgotten;
    this.#forgets += 1;
    for (const map of [this.#entries, this.#committed, this.#acknowledged, this.#states]) dropBetween(map, from, index);
    this.#forgotten = Math.max(this.#forgotten, index);
    for (const { log } of this.#seen.values()) log.startAfter(index);
    for (const old of this.#leaders.keys()) if (old < term) this.#leaders.delete(old);
    for (const vote of this.#votes.keys()) if (Number.parseInt(vote, 10) < term) this.#votes.delete(vote);
  }

  /** So many comparisons of the very same things as before, with the same outcome. */
  repeated(promise: PromiseId, times: number): void {
    this.#checked.set(promise, this.checked(promise) + times);
  }

  #check(promise: PromiseId, holds: boolean, what: string, detail: () => unknown): void {
    this.#checked.set(promise, (this.#checked.get(promise) ?? 0) + 1);
    if (!holds) this.#onBroken(new BrokenPromise(promise, what, detail()));
  }

  /** Log Matching: the same index and term means the same entry and, step by step, the same prefix (Raft §5.3). */
  #readLog({ status, entries, known }: ObservedMember, before: Seen | null): TermLog {
    const first = Math.max(known?.first ?? status.compactedIndex + 1, this.#forgotten + 1);
    const last = known?.last ?? status.lastIndex;
    let log = before === null || before.log.last < first - 1 ? new TermLog(logIndex(first - 1)) : before.log;
    const had = log.last;
    const kept = commonLength(log, first, last, entries);
    // Nothing that can be compared is as it was: what is before it may have changed as well, by a snapshot that was installed.
    const isLast = kept === status.lastIndex && log.at(kept) === status.lastTerm;
    if (kept < first && !isLast) log = new TermLog(logIndex(first - 1));
    const wasLeader = before?.status.role === 'leader' && before.status.term === status.term && known?.exact !== false;
    if (wasLeader) {
      this.#check('leader-append-only', kept === had, 'a leader never replaces its own entries', () => ({
        id: status.id,
        kept,
        had,
      }));
    }
    log.cutTo(kept);
    for (let from = after(log.last); from <= last; from = after(log.last)) {
      const page = entries(from, Math.min(CHUNK, last - from + 1));
      for (const entry of page) {
        this.#checkEntry(entry, log.at(entry.index - 1) ?? null);
        log.push(entry.term);
      }
      if (page.length === 0) break;
    }
    if (log.last < last) {
      this.#check('log-matching', false, 'a log has all entries up to its last', () => ({ id: status.id, has: log.last }));
    }
    return log;
  }

  #checkEntry({ index, term, kind, data }: ObservedEntry, previous: Term | null): void {
    const head = this.#entries.get(index) ?? null;
    let known = head;
    while (known !== null && known.term !== term) known = known.next;
    if (known === null) {
      this.#entries.set(index, { term, previous, kind, data, next: head });
      return;
    }
    const same = isSame(known.previous, previous) && isSame(known.kind, kind) && isSame(known.data, data);
    if (same) this.repeated('log-matching', 1);
    else {
      const detail = { index, known: { ...known, next: undefined }, here: { term, previous, kind, data } };
      this.#check('log-matching', false, 'the same index and term is the same entry after the same prefix', () => detail);
    }
    known.previous ??= previous;
    known.kind ??= kind;
    known.data ??= data;
  }

  /** State Machine Safety: nobody ever commits a different entry at an index (Raft §5.4.3). */
  #commit(index: number, at: Term, seenIn: Term, by: NodeId): void {
    const acknowledged = this.#acknowledged.get(index);
    if (acknowledged !== undefined) this.#checkAcknowledged(index, acknowledged, at, by);
    const known = this.#committed.get(index);
    if (known !== undefined) {
      const detail = known.term === at ? null : { id: by, index, committed: known.term, here: at };
      if (detail === null) this.repeated('state-machine-safety', 1);
      else this.#check('state-machine-safety', false, 'all commit the same entry', () => detail);
      if (known.seenIn <= seenIn) return;
    }
    this.#committed.set(index, { term: known?.term ?? at, seenIn });
    if (index > this.#highest) this.#highest = logIndex(index);
    this.#checkNewerLeaders(index, known?.term ?? at, seenIn);
  }

  #checkAcknowledged(index: number, acknowledged: Term, at: Term, by: string): void {
    const detail = { index, acknowledged, at, by };
    this.#check('acknowledged-writes', acknowledged === at, 'what was acknowledged is what is committed', () => detail);
  }

  #checkNewerLeaders(index: number, at: Term, seenIn: Term): void {
    for (const { status, log } of this.#seen.values()) {
      if (status.role !== 'leader' || status.term <= seenIn) continue;
      this.#checkHolds(status, log, index, at, 'a leader of a later term holds what is committed');
    }
  }

  /** Election Safety and Leader Completeness (Raft §5.2, §5.4). `completeUpTo` is null for a leader seen for the first time. */
  #checkLeader(status: CoreStatus, log: TermLog, completeUpTo: number | null): void {
    this.leads(status.id, status.term);
    const end = completeUpTo === null ? Math.max(log.last, this.#highest) : log.last;
    for (let index = Math.max(completeUpTo ?? 0, log.base) + 1; index <= end; index += 1) {
      const committed = this.#committed.get(index);
      if (committed === undefined || committed.seenIn >= status.term) continue;
      this.#checkHolds(status, log, index, committed.term, 'a new leader holds everything committed before');
    }
  }

  #checkHolds(status: CoreStatus, log: TermLog, index: number, at: Term, what: string): void {
    const here = log.at(index);
    // Behind the known part, but not behind the log: it may well be there.
    if (here === undefined && index <= status.lastIndex) return;
    const promise = this.#acknowledged.has(index) ? 'acknowledged-writes' : 'leader-completeness';
    this.#check(promise, here === at, what, () => ({ leader: status.id, term: status.term, index, at, here: here ?? null }));
  }

  /** What must be true of any one state. */
  #checkShape(status: CoreStatus): void {
    const { id, commitIndex, lastIndex, durableIndex, snapshotIndex, compactedIndex, peers } = status;
    if (compactedIndex > snapshotIndex || snapshotIndex > commitIndex) {
      const detail = { id, compactedIndex, snapshotIndex, commitIndex };
      this.#check('monotonic', false, 'only what is in a snapshot leaves the log', () => detail);
    }
    const inLog = (what: string, index: LogIndex): void => {
      if (index > lastIndex)
        this.#check('monotonic', false, `only what is in the log is ${what}`, () => ({ id, index, lastIndex }));
    };
    inLog('committed', commitIndex);
    inLog('durable', durableIndex);
    for (const { id: peer, matchIndex, nextIndex } of peers) {
      if (matchIndex < nextIndex && nextIndex <= lastIndex + 1) continue;
      const detail = { id, peer, matchIndex, nextIndex, lastIndex };
      this.#check('monotonic', false, 'matchIndex < nextIndex <= lastIndex + 1', () => detail);
    }
  }

  /** What must be true between two states of the same life. */
  #checkStep(before: CoreStatus, now: CoreStatus): void {
    const { id } = now;
    this.#check('monotonic', now.term >= before.term, 'terms never go back', () => ({ id, before: before.term, now: now.term }));
    this.#check('monotonic', now.commitIndex >= before.commitIndex, 'the commit index never goes back', () => ({
      id,
      before: before.commitIndex,
      now: now.commitIndex,
    }));
    if (before.role === 'leader' && now.role === 'leader' && before.term === now.term) this.#checkReign(before, now);
    if (now.term !== before.term || before.votedFor === null) return;
    const detail = { id, term: now.term, before: before.votedFor, now: now.votedFor };
    this.#check('one-vote', before.votedFor === now.votedFor, 'one vote per term', () => detail);
  }

  /** What must be true between two states of the same reign. */
  #checkReign(before: CoreStatus, now: CoreStatus): void {
    for (const [place, { id: peer, matchIndex }] of now.peers.entries()) {
      // Members keep their places while nobody comes or goes.
      const earlier = before.peers[place];
      if (earlier === undefined || earlier.id !== peer || matchIndex >= earlier.matchIndex) continue;
      const detail = { id: now.id, peer, before: earlier.matchIndex, now: matchIndex };
      this.#check('monotonic', false, 'matchIndex never falls in a reign', () => detail);
    }
  }
}

/** Whichever is quicker: to name each of them, or to look at all that there is. */
function dropBetween(map: Map<number, unknown>, from: number, upTo: number): void {
  if (upTo - from < map.size) for (let index = from + 1; index <= upTo; index += 1) map.delete(index);
  else for (const known of map.keys()) if (known <= upTo) map.delete(known);
}

/** Whether two tellings of one thing can both be true. */
function isSame(a: string | number | null, b: string | number | null): boolean {
  return a === b || a === null || b === null;
}

/** The last index at which the log seen before agrees with the entries from `first` to `last`: before it they agree too. Else its base. */
function commonLength(log: TermLog, first: number, last: number, entries: ObservedMember['entries']): number {
  const least = Math.max(first, log.base + 1);
  const newest = Math.min(log.last, last);
  // Nearly always nothing was replaced, and one look at the end tells.
  if (newest >= least && entries(logIndex(newest), 1)[0]?.term === log.at(newest)) return newest;
  for (let end = newest; end >= least; end -= CHUNK) {
    const start = Math.max(least, end - CHUNK + 1);
    const chunk = entries(logIndex(start), end - start + 1);
    const agreeing = chunk.findLast((entry) => log.at(entry.index) === entry.term);
    if (agreeing !== undefined) return agreeing.index;
  }
  return log.last < least ? log.last : log.base;
}
