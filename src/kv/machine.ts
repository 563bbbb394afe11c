/** The state machine: applies committed commands, one after the other, the same on every replica. */
import { type LogIndex, type Revision, revision } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { decodeCommand } from './command-text.ts';
import type { Command, KeyValue, RangeQuery, RangeResult, Reply, RequestId } from './commands.ts';
import { RANGE_LIMITS, type RangeLimits, rangeOf } from './range.ts';
import { Sessions } from './sessions.ts';
import { StateSum } from './state-hash.ts';
import { keyPart, replyPart, sessionPart, wholeHash } from './state-parts.ts';
import { type Pin, Versions } from './versions.ts';

/** What one entry changed; `previous` is what was there. */
export type Change =
  | { readonly type: 'put'; readonly revision: Revision; readonly kv: KeyValue; readonly previous: KeyValue | null }
  | { readonly type: 'delete'; readonly revision: Revision; readonly key: string; readonly previous: KeyValue };

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

  /** Empty, or with what a snapshot held (snapshot.ts). */
  constructor(restored: MachineParts = emptyParts()) {
    this.#versions = restored.versions;
    this.#sessions = restored.sessions;
    this.#sum = restored.sum;
    this.#revision = restored.revision;
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
  apply(index: LogIndex, data: string): Applied {
    const command = decodeCommand(data);
    if (command === null) return UNREADABLE;
    if (command.type === 'open-session') return { reply: this.#sessions.open(index), change: null };
    return command.request === null ? this.#write(command) : this.#writeOnce(index, command.request, command);
  }

  get(key: string): KeyValue | null {
    return this.#versions.get(key);
  }

  range(query: RangeQuery, limits: RangeLimits = RANGE_LIMITS): RangeResult {
    return rangeOf(this.#versions.newest, query, limits, this.#revision);
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

  #writeOnce(index: LogIndex, request: RequestId, command: Exclude<Command, { type: 'open-session' }>): Applied {
    let change: Change | null = null;
    const reply = this.#sessions.once(index, request, () => {
      const applied = this.#write(command);
      change = applied.change;
      return applied.reply;
    });
    return { reply, change };
  }

  #write(command: Exclude<Command, { type: 'open-session' }>): Applied {
    switch (command.type) {
      case 'put': {
        const change = this.#put(command.key, command.value);
        return { reply: { type: 'put', revision: change.revision }, change };
      }
      case 'delete':
        return this.#delete(command.key);
      case 'cas': {
        const current = this.#versions.get(command.key)?.value ?? null;
        if (current !== command.expect) {
          return { reply: { type: 'cas', swapped: false, current, revision: this.#revision }, change: null };
        }
        const change = this.#put(command.key, command.value);
        return { reply: { type: 'cas', swapped: true, current: command.value, revision: change.revision }, change };
      }
    }
  }

  /** Always a change, also with an equal value. */
  #put(key: string, value: string): Change {
    this.#revision = revision(this.#revision + 1);
    const { kv, previous } = this.#versions.put(key, value, this.#revision);
    return { type: 'put', revision: this.#revision, kv, previous };
  }

  #delete(key: string): Applied {
    const next = revision(this.#revision + 1);
    const previous = this.#versions.delete(key, next);
    if (previous === null) return { reply: { type: 'delete', deleted: false, revision: this.#revision }, change: null };
    this.#revision = next;
    return {
      reply: { type: 'delete', deleted: true, revision: next },
      change: { type: 'delete', revision: next, key: previous.key, previous },
    };
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
