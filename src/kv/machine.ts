/** The state machine: applies committed commands, one after the other, the same on every replica. */
import { type ClusterTime, clusterTime, type LogIndex, type Revision, revision } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { decodeCommand } from './command-text.ts';
import type { Command, KeyValue, RangeQuery, RangeResult, Reply, RequestId } from './commands.ts';
import { type Change, History, type HistoryLimits, type Origin, type ReadonlyHistory } from './history.ts';
import { type HistoryQuery, type HistoryResult, keyHistory } from './key-history.ts';
import { pastRangeOf } from './past-range.ts';
import { RANGE_LIMITS, type RangeLimits, rangeOf } from './range.ts';
import { Sessions } from './sessions.ts';
import { StateSum } from './state-hash.ts';
import { keyPart, replyPart, sessionPart, wholeHash } from './state-parts.ts';
import { type Pin, Versions } from './versions.ts';

type Write = Exclude<Command, { type: 'open-session' }>;

export interface Applied {
  readonly reply: Reply;
  /** Null when the store is as before. */
  readonly change: Change | null;
}

/** The store at one revision, while writers go on. Ended by `using` or by hand; one too far behind is ended by the store. */
export interface KvView extends Disposable {
  readonly revision: Revision;
  /** Throws RpcError COMPACTED when the view has ended. */
  get(key: string): KeyValue | null;
  /** The keys in [start, end), in order; null: to the end. Throws as `get` does, also on the way. */
  scan(start: string, end: string | null): IterableIterator<KeyValue>;
}

export interface MachineParts {
  readonly versions: Versions;
  readonly sessions: Sessions;
  /** Of all parts of the store; `versions` and `sessions` keep their shares of it. */
  readonly sum: StateSum;
  readonly revision: Revision;
}

export function emptyParts(): MachineParts {
  const sum = new StateSum();
  const versions = new Versions(LIMITS.pinnedVersions, sum);
  return { versions, sessions: new Sessions(LIMITS, sum), sum, revision: revision(0) };
}

const UNREADABLE: Applied = { reply: { type: 'session-expired' }, change: null };

export class Machine {
  readonly #versions: Versions;
  readonly #sessions: Sessions;
  /** Of everything in the store, kept along with every change. */
  readonly #sum: StateSum;
  #revision: Revision;
  #history: History;

  /** Empty, or with what a snapshot held (snapshot.ts). */
  constructor(restored: MachineParts = emptyParts()) {
    this.#versions = restored.versions;
    this.#sessions = restored.sessions;
    this.#sum = restored.sum;
    this.#revision = restored.revision;
    this.#history = new History(restored.revision);
  }

  /** The store's version: 0 at first, one more with every change (as in etcd, which starts at 1). */
  get revision(): Revision {
    return this.#revision;
  }

  /** Keys in the store. */
  get size(): number {
    return this.#versions.newest.size;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Applies the entry at `index`. A text that is no command changes nothing and is answered 'session-expired', an unknown
   * outcome: `encodeCommand` never writes one and the log's checksums pass none, so it is a bug, but one that meets every
   * replica alike; stopping them all, again after each restart, would help nobody.
   */
  apply(index: LogIndex, data: string, time: ClusterTime = clusterTime(0)): Applied {
    const command = decodeCommand(data);
    if (command === null) return UNREADABLE;
    if (command.type === 'open-session') return { reply: this.#sessions.open(index), change: null };
    const { request } = command;
    const origin = { index, time, session: request?.session ?? null };
    return request === null ? this.#write(command, origin) : this.#writeOnce(request, command, origin);
  }

  get(key: string): KeyValue | null {
    return this.#versions.get(key);
  }

  /** The key as it was at `at`. Throws RpcError COMPACTED below `history.compactedBelow`, INVALID_PARAMS above `revision`. */
  getAt(key: string, at: Revision): KeyValue | null {
    this.#checkKnown(at);
    return this.#history.at(key, this.#versions.get(key), at);
  }

  range(query: RangeQuery, limits: RangeLimits = RANGE_LIMITS): RangeResult {
    return rangeOf(this.#versions.newest, query, limits, this.#revision);
  }

  /** The range as it was at `at`; throws as `getAt` does. */
  rangeAt(query: RangeQuery, at: Revision, limits: RangeLimits = RANGE_LIMITS): RangeResult {
    this.#checkKnown(at);
    return pastRangeOf(this.#versions.newest, this.#history, query, limits, at);
  }

  /** The newest changes, for reading only. Another machine that applied the same since the same snapshot has the same. */
  get history(): ReadonlyHistory {
    return this.#history;
  }

  keyHistory(query: HistoryQuery, limits?: RangeLimits): HistoryResult {
    return keyHistory(this.#history, this.#versions.get(query.key), query, limits);
  }

  /** Forgets all that was, and remembers from now on within these limits. */
  limitHistory(limits: HistoryLimits): void {
    this.#history = new History(this.#revision, limits);
  }

  /** Pins the present state until the view is disposed of. */
  view(): KvView {
    return new PinnedView(this.#versions, this.#revision);
  }

  /** What a snapshot is made of: the present state, while writing goes on. */
  parts(): MachineParts {
    return { versions: this.#versions, sessions: this.#sessions, sum: this.#sum, revision: this.#revision };
  }

  /** A number in [0, 2^53), the same for the same state, sessions included. Kept along with every change, so it costs nothing to ask. */
  hash(): number {
    return wholeHash(this.#sum, this.#revision);
  }

  /** The same number from a walk over everything: what `hash` must be, and must be again when a store is restored. */
  recomputedHash(): number {
    const sum = new StateSum();
    const list = this.#versions.newest;
    for (let place = list.first; place !== 0; place = list.next(place)) sum.add(keyPart(list.payloadAt(place)));
    for (const { id, usedAt, forgotten, replies } of this.#sessions.records()) {
      sum.add(sessionPart(id, usedAt, forgotten));
      for (const [sequence, reply] of replies) sum.add(replyPart(id, sequence, reply));
    }
    return wholeHash(sum, this.#revision);
  }

  #checkKnown(at: Revision): void {
    const { compactedBelow } = this.#history;
    if (at > this.#revision) {
      throw new RpcError('INVALID_PARAMS', { detail: `revision ${at} is yet to come here; the newest is ${this.#revision}` });
    }
    if (at < compactedBelow) {
      throw new RpcError('COMPACTED', {
        compactedBelow,
        detail: `revision ${at} is forgotten; the oldest kept is ${compactedBelow}`,
      });
    }
  }

  #writeOnce(request: RequestId, command: Write, origin: Origin): Applied {
    let change: Change | null = null;
    const reply = this.#sessions.once(origin.index, request, () => {
      const applied = this.#write(command, origin);
      change = applied.change;
      return applied.reply;
    });
    return { reply, change };
  }

  #write(command: Write, origin: Origin): Applied {
    switch (command.type) {
      case 'put': {
        const change = this.#put(command.key, command.value, origin);
        return { reply: { type: 'put', revision: change.revision }, change };
      }
      case 'delete':
        return this.#delete(command.key, origin);
      case 'cas': {
        const current = this.#versions.get(command.key)?.value ?? null;
        if (current !== command.expect) {
          return { reply: { type: 'cas', swapped: false, current, revision: this.#revision }, change: null };
        }
        const change = this.#put(command.key, command.value, origin);
        return { reply: { type: 'cas', swapped: true, current: command.value, revision: change.revision }, change };
      }
    }
  }

  /** Always a change, also with an equal value. */
  #put(key: string, value: string, origin: Origin): Change {
    this.#revision = revision(this.#revision + 1);
    const { kv, previous } = this.#versions.put(key, value, this.#revision);
    const deletedAt = previous === null ? this.#history.deletionOf(key) : null;
    return this.#remember({ type: 'put', revision: this.#revision, origin, kv, previous: this.#shared(previous), deletedAt });
  }

  #delete(key: string, origin: Origin): Applied {
    const next = revision(this.#revision + 1);
    const previous = this.#versions.delete(key, next);
    if (previous === null) return { reply: { type: 'delete', deleted: false, revision: this.#revision }, change: null };
    this.#revision = next;
    const change = this.#remember({
      type: 'delete',
      revision: next,
      origin,
      key: previous.key,
      previous: this.#history.shared(previous),
    });
    return { reply: { type: 'delete', deleted: true, revision: next }, change };
  }

  #shared(kv: KeyValue | null): KeyValue | null {
    return kv === null ? null : this.#history.shared(kv);
  }

  #remember(change: Change): Change {
    this.#history.add(change);
    return change;
  }
}

class PinnedView implements KvView {
  readonly #versions: Versions;
  readonly #pin: Pin;
  #ended = false;

  constructor(versions: Versions, now: Revision) {
    this.#versions = versions;
    this.#pin = versions.pin(now);
  }

  get revision(): Revision {
    return this.#pin.revision;
  }

  get(key: string): KeyValue | null {
    this.#check();
    return this.#versions.getAt(key, this.#pin);
  }

  *scan(start: string, end: string | null): IterableIterator<KeyValue> {
    this.#check();
    const next = this.#versions.walkAt(this.#pin);
    for (let kv = next(start, end); kv !== null; kv = next(`${kv.key}\0`, end)) {
      yield kv;
      this.#check();
    }
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#versions.unpin(this.#pin);
  }

  #check(): void {
    if (this.#ended || this.#pin.lapsed) throw new RpcError('COMPACTED', { detail: 'the view of an older revision has ended' });
  }
}
