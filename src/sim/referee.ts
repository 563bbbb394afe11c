/** Watches the whole run from outside and throws InvariantViolation as soon as a promise is broken. */
import { assert } from '../base/assert.ts';
import { after, type LogIndex, logIndex, type NodeId, type Term } from '../base/brand.ts';
import type { KeyValue, RangeResult, Reply } from '../kv/commands.ts';
import { Machine } from '../kv/machine.ts';
import { InvariantChecker } from '../raft/invariants.ts';
import type { EntryId, Message } from '../raft/messages.ts';
import type { Recovered } from '../replica/ports.ts';
import type { Replica } from '../replica/replica.ts';
import { StoreModel } from './model.ts';
import type { SimNode } from './node.ts';

/** Stands among the nodes whose states are compared. */
const REFERENCE = 'one machine that applies the log once';

export class Referee {
  readonly model: StoreModel;
  readonly #checker = new InvariantChecker();
  /** The store's own machine, applied once, in order: what every node's state must hash to. */
  readonly #reference = new Machine();
  /** Each node's last vote for another, and its last acknowledgement to a leader. */
  readonly #votes = new Map<NodeId, { readonly term: Term; readonly candidate: NodeId }>();
  readonly #acknowledgements = new Map<NodeId, { readonly term: Term; readonly matched: LogIndex }>();
  /** How far each process had applied when what it remembers was looked at last: most turns apply nothing. */
  readonly #lookedBack = new Map<NodeId, LogIndex>();
  /** The highest revision that a finished operation has seen. */
  #newest = 0;

  constructor(valuesRepeat = false) {
    this.model = new StoreModel(valuesRepeat);
  }

  get newestRevision(): number {
    return this.#newest;
  }

  get commitIndex(): LogIndex {
    return this.#checker.commitIndex;
  }

  sent(message: Message): void {
    this.#checker.sent(message);
    const isVote = message.type === 'vote-reply' && !message.preVote && message.granted;
    if (isVote) this.#votes.set(message.from, { term: message.term, candidate: message.to });
    if (message.type === 'append-reply' && message.matched !== null)
      this.#acknowledgements.set(message.from, { term: message.term, matched: message.matched });
  }

  /** What a node told others before its end must have been on its disk by then (Raft figure 2, "persistent state"). */
  restarted(id: NodeId, { hardState, entries, offset, snapshot }: Recovered): void {
    const lastIndex = offset.index + entries.length;
    const last = snapshot?.snapshot.last ?? null;
    assert(last === null || this.#checker.isCommitted(last), 'a snapshot holds only what is committed', () => ({ id, last }));
    const vote = this.#votes.get(id) ?? null;
    const keepsVote =
      vote === null || hardState.term > vote.term || (hardState.term === vote.term && hardState.votedFor === vote.candidate);
    assert(keepsVote, 'a vote is on the disk before it is told', () => ({ id, vote, hardState }));
    const told = this.#acknowledgements.get(id) ?? null;
    // In a newer term, a newer leader may have replaced it.
    const keepsEntries = told === null || hardState.term > told.term || lastIndex >= told.matched;
    assert(keepsEntries && hardState.term >= (told?.term ?? 0), 'entries are on the disk before they are acknowledged', () => ({
      id,
      told,
      hardState,
      recovered: lastIndex,
    }));
  }

  ended(id: NodeId): void {
    this.#lookedBack.delete(id);
    this.#checker.restarted(id);
  }

  /** After each turn of a node. */
  observe({ id, replica }: SimNode): void {
    if (replica === null) return;
    const status = replica.coreStatus();
    const entries = (from: LogIndex, limit: number) => replica.entries(from, limit);
    this.#checker.observe({ status, entries });
    for (let next = logIndex(this.model.index + 1); next <= status.commitIndex; next = after(next)) {
      const [entry] = replica.entries(next, 1);
      assert(entry !== undefined, 'a committed entry is in the log', () => ({ id, index: next }));
      this.model.apply(entry);
      if (entry.kind === 'command') this.#reference.apply(entry.index, entry.data, entry.time);
      this.#checker.applied(REFERENCE, entry.index, this.#reference.hash());
    }
    const { appliedIndex } = replica;
    assert(appliedIndex <= status.commitIndex, 'only what is committed is applied', () => ({ id, appliedIndex }));
    if (appliedIndex > 0) this.#checker.applied(id, appliedIndex, replica.machine.hash());
    if (appliedIndex === this.#lookedBack.get(id)) return;
    this.#lookedBack.set(id, appliedIndex);
    this.#checkPast(id, replica);
  }

  /** One change of those that the node remembers, another with each entry: it is what watchers are told and the past is read from. */
  #checkPast(id: NodeId, { appliedIndex, machine: { history } }: Replica): void {
    const { compactedBelow, newest } = history;
    if (newest === compactedBelow) return;
    const at = newest - ((appliedIndex * 7) % (newest - compactedBelow));
    const change = history.changeOf(at);
    const key = change?.type === 'put' ? change.kv.key : (change?.key ?? '');
    const isTrue =
      change?.revision === at &&
      isSameKv(this.model.at(key, at), change.type === 'put' ? change.kv : null) &&
      isSameKv(this.model.at(key, at - 1), change.previous);
    assert(isTrue, 'what a node remembers is what happened', () => ({ id, at, change, expected: this.model.at(key, at) }));
  }

  /** In the end: whatever was ever committed is on this node, and nothing else. */
  checkLast({ id, replica }: SimNode): void {
    if (replica === null) return;
    const { appliedIndex } = replica;
    const { index } = this.model;
    assert(appliedIndex === index, 'what was ever committed is on every node', () => ({ id, appliedIndex, committed: index }));
    const hash = replica.machine.hash();
    if (appliedIndex > 0) this.#checker.applied(id, appliedIndex, hash);
    const recomputed = replica.machine.recomputedHash();
    assert(hash === recomputed, 'the hash that is kept is that of the state', () => ({ id, hash, recomputed }));
  }

  /** A client has the answer to a write: it is committed, it is right, and it came after all that was known before. */
  acknowledged(at: EntryId, reply: Reply, floor: number): void {
    assert(this.#checker.isCommitted(at), 'what is acknowledged is committed', () => at);
    this.#checker.acknowledged(at);
    const expected = this.model.replyAt(at.index);
    assert(expected !== null && isSame(expected, reply), 'the answer is what the log says', () => ({ at, reply, expected }));
    assert(reply.type !== 'session-expired', 'a session in use is not forgotten', () => at);
    if (reply.type === 'session') return;
    const changed = reply.type === 'put' || (reply.type === 'delete' && reply.deleted) || (reply.type === 'cas' && reply.swapped);
    const isLater = changed ? reply.revision > floor : reply.revision >= floor;
    assert(isLater, 'a write comes after all that ended before it began', () => ({ at, reply, floor }));
    this.#seen(reply.revision);
  }

  /** A read is the state at its revision, and that is no older than what anyone had seen before it began. */
  read(key: string, seenAt: number, found: KeyValue | null, floor: number): void {
    this.#checkFresh(seenAt, floor, key);
    const expected = this.model.at(key, seenAt);
    assert(isSameKv(expected, found), 'a read returns what was there', () => ({ key, seenAt, found, expected }));
  }

  range({ kvs, revision }: RangeResult, floor: number): void {
    this.#checkFresh(revision, floor, 'range');
    const expected = this.model.allAt(revision);
    const same = expected.length === kvs.length && expected.every((kv, i) => isSameKv(kv, kvs[i] ?? null));
    assert(same, 'a range returns what was there', () => ({ revision, kvs, expected }));
  }

  checkHappened(value: string, at: number): void {
    const effect = this.model.effectOf(value);
    assert(effect === at, 'an acknowledged write took effect where it says', () => ({ value: value.slice(0, 20), at, effect }));
  }

  /** Whoever was told that a write definitely did not happen may rely on it. */
  checkNeverHappened(value: string): void {
    const effect = this.model.effectOf(value);
    assert(effect === null, 'what was definitely refused never happens', () => ({ value: value.slice(0, 20), effect }));
  }

  #checkFresh(seenAt: number, floor: number, what: string): void {
    assert(seenAt >= floor, 'a read sees all that ended before it began', () => ({ what, seenAt, floor }));
    assert(seenAt <= this.model.revision, 'a read sees only what is committed', () => ({ what, seenAt }));
    this.#seen(seenAt);
  }

  #seen(at: number): void {
    if (at > this.#newest) this.#newest = at;
  }
}

function isSame(a: object, b: object): boolean {
  const [left, right] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return left.length === right.size && left.every(([name, value]) => right.get(name) === value);
}

function isSameKv(a: KeyValue | null, b: KeyValue | null): boolean {
  if (a === null || b === null) return a === b;
  const isSameVersion = a.createRevision === b.createRevision && a.modRevision === b.modRevision && a.version === b.version;
  return isSameVersion && a.key === b.key && a.value === b.value;
}
