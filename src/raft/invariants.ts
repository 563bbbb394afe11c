/**
 * What Raft promises whatever fails (Raft figure 3), as checks over the members of one cluster. Feed it every member
 * after each of its steps, or as often as a live cluster can be asked; a broken promise throws InvariantViolation.
 */
import { assert } from '../base/assert.ts';
import { after, type LogIndex, logIndex, type NodeId, type Term, term } from '../base/brand.ts';
import type { CoreStatus, Entry, EntryId, Message } from './messages.ts';

/** One member as seen from outside; a RaftCore or the answers of a real node. */
export interface ObservedMember {
  readonly status: CoreStatus;
  entries(from: LogIndex, limit: number): readonly Entry[];
}

interface Seen {
  readonly status: CoreStatus;
  /** `terms[i]` is the term of the entry at index i + 1. */
  readonly terms: Term[];
}

interface Committed extends EntryId {
  /** The lowest term in which anyone was seen to hold it for committed. */
  readonly seenIn: Term;
}

const CHUNK = 64;

export class InvariantChecker {
  readonly #seen = new Map<NodeId, Seen>();
  readonly #leaders = new Map<Term, NodeId>();
  readonly #entries = new Map<string, { readonly previous: Term; readonly entry: Entry }>();
  readonly #committed: Committed[] = [];
  readonly #votes = new Map<string, NodeId>();

  /** The highest index that any member was seen to hold for committed. */
  get commitIndex(): LogIndex {
    return logIndex(this.#committed.length);
  }

  isCommitted(id: EntryId): boolean {
    return this.#committed[id.index - 1]?.term === id.term;
  }

  observe(member: ObservedMember): void {
    const { status } = member;
    const before = this.#seen.get(status.id) ?? null;
    checkShape(status);
    if (before !== null) checkStep(before.status, status);
    const terms = this.#readLog(member, before);
    this.#seen.set(status.id, { status, terms });
    this.#checkCommitted(status, before?.status.commitIndex ?? logIndex(0), terms);
    if (status.role === 'leader') this.#checkLeader(status, terms);
  }

  /** A message left its sender: the vote in it is binding, over restarts too. */
  sent(message: Message): void {
    if (message.type === 'vote-request' && !message.preVote) this.#checkVote(message.from, message.term, message.from);
    if (message.type === 'vote-reply' && !message.preVote && message.granted)
      this.#checkVote(message.from, message.term, message.to);
  }

  /** The member forgot what it had not made durable; what it said before still binds it. */
  restarted(id: NodeId): void {
    this.#seen.delete(id);
  }

  #checkVote(voter: NodeId, inTerm: Term, candidate: NodeId): void {
    const key = `${voter}/${inTerm}`;
    const earlier = this.#votes.get(key) ?? candidate;
    assert(earlier === candidate, 'one vote per term', () => ({ voter, term: inTerm, earlier, candidate }));
    this.#votes.set(key, candidate);
  }

  /** Log Matching: the same index and term means the same entry and, step by step, the same prefix (Raft §5.3). */
  #readLog({ status, entries }: ObservedMember, before: Seen | null): Term[] {
    const terms = before?.terms ?? [];
    const kept = commonLength(terms, status, entries);
    const wasLeader = before?.status.role === 'leader' && before.status.term === status.term;
    assert(!wasLeader || kept === terms.length, 'a leader never replaces its own entries', () => ({ id: status.id, kept }));
    terms.length = kept;
    for (let from = logIndex(kept + 1); from <= status.lastIndex; from = after(from, CHUNK)) {
      for (const entry of entries(from, CHUNK)) {
        this.#checkEntry(entry, terms.at(-1) ?? term(0));
        terms.push(entry.term);
      }
    }
    assert(terms.length === status.lastIndex, 'a log has all entries up to its last', () => ({
      id: status.id,
      has: terms.length,
    }));
    return terms;
  }

  #checkEntry(entry: Entry, previous: Term): void {
    const key = `${entry.index}/${entry.term}`;
    const known = this.#entries.get(key);
    if (known === undefined) {
      this.#entries.set(key, { previous, entry });
      return;
    }
    const same = known.entry.kind === entry.kind && known.entry.data === entry.data && known.previous === previous;
    assert(same, 'the same index and term is the same entry after the same prefix', () => [known, { previous, entry }]);
  }

  /** State Machine Safety: nobody ever commits a different entry at an index (Raft §5.4.3). */
  #checkCommitted(status: CoreStatus, from: LogIndex, terms: readonly Term[]): void {
    for (let index = after(from); index <= status.commitIndex; index = after(index)) {
      const at = terms[index - 1] ?? term(0);
      const known = this.#committed[index - 1];
      const agrees = known === undefined || known.term === at;
      assert(agrees, 'all commit the same entry', () => ({ id: status.id, index, committed: known?.term, here: at }));
      const seenIn = known !== undefined && known.seenIn < status.term ? known.seenIn : status.term;
      this.#committed[index - 1] = { index, term: at, seenIn };
      if (known === undefined) this.#checkNewerLeaders(index, at, seenIn);
    }
  }

  #checkNewerLeaders(index: LogIndex, at: Term, seenIn: Term): void {
    for (const { status, terms } of this.#seen.values()) {
      if (status.role !== 'leader' || status.term <= seenIn) continue;
      assert(terms[index - 1] === at, 'a leader of a later term holds what is committed', () => ({
        leader: status.id,
        index,
        at,
      }));
    }
  }

  /** Election Safety and Leader Completeness (Raft §5.2, §5.4). */
  #checkLeader({ id, term: led }: CoreStatus, terms: readonly Term[]): void {
    const known = this.#leaders.get(led);
    assert(known === undefined || known === id, 'one leader per term', () => ({ term: led, leaders: [known, id] }));
    if (known !== undefined) return;
    this.#leaders.set(led, id);
    for (const { index, term: at, seenIn } of this.#committed) {
      if (seenIn >= led) continue;
      assert(terms[index - 1] === at, 'a new leader holds everything committed before', () => ({
        leader: id,
        term: led,
        index,
        at,
      }));
    }
  }
}

/** What must be true of any one state. */
function checkShape({ id, commitIndex, lastIndex, durableIndex, peers }: CoreStatus): void {
  assert(commitIndex <= lastIndex, 'only what is in the log is committed', () => ({ id, commitIndex, lastIndex }));
  assert(durableIndex <= lastIndex, 'only what is in the log is durable', () => ({ id, durableIndex, lastIndex }));
  for (const { id: peer, matchIndex, nextIndex } of peers) {
    const isSane = matchIndex < nextIndex && nextIndex <= lastIndex + 1;
    assert(isSane, 'matchIndex < nextIndex <= lastIndex + 1', () => ({ id, peer, matchIndex, nextIndex, lastIndex }));
  }
}

/** What must be true between two states of the same life. */
function checkStep(before: CoreStatus, now: CoreStatus): void {
  const { id } = now;
  assert(now.term >= before.term, 'terms never go back', () => ({ id, before: before.term, now: now.term }));
  const { commitIndex } = before;
  assert(now.commitIndex >= commitIndex, 'the commit index never goes back', () => ({
    id,
    before: commitIndex,
    now: now.commitIndex,
  }));
  const keepsVote = now.term !== before.term || before.votedFor === null || before.votedFor === now.votedFor;
  assert(keepsVote, 'one vote per term', () => ({ id, term: now.term, before: before.votedFor, now: now.votedFor }));
}

/** How many entries of the log seen before are still there: two logs that agree at an index agree before it. */
function commonLength(terms: readonly Term[], { lastIndex, lastTerm }: CoreStatus, entries: ObservedMember['entries']): number {
  if (lastIndex <= terms.length && (lastIndex === 0 || terms[lastIndex - 1] === lastTerm)) return lastIndex;
  for (let end = Math.min(terms.length, lastIndex); end > 0; end -= CHUNK) {
    const start = Math.max(1, end - CHUNK + 1);
    const chunk = entries(logIndex(start), end - start + 1);
    const agreeing = chunk.findLast((entry) => terms[entry.index - 1] === entry.term);
    if (agreeing !== undefined) return agreeing.index;
  }
  return 0;
}
