/**
 * Who watches keys on this node. A watch is a revision: what comes after it is read from the history when its connection can take
 * more, so one that is never read from costs no memory, and ends when the history has gone past it.
 */
import { type Revision, revision } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Change, ReadonlyHistory } from '../kv/history.ts';
import { compareKeys } from '../kv/key-order.ts';
import { type Bounds, boundsOf, jsonBytes } from '../kv/range.ts';
import type { ParamsOf, ResultOf } from '../wire/methods.ts';
import type { RpcSocket } from './rpc-socket.ts';
import type { KvService } from './service.ts';

type Watcher = Pick<RpcSocket, 'notify' | 'bufferedBytes' | 'whenClosed'>;
type Notice = ParamsOf<'kv.event'>;
type Told = Notice['events'][number];

interface Watch {
  readonly id: number;
  readonly connection: Watcher;
  readonly key: string | null;
  readonly bounds: Bounds;
  readonly prevKv: boolean;
  /** The first revision that has not been looked at for it. */
  next: number;
  /** The revision that the watcher knows it is told up to. */
  told: number;
}

export interface WatchTimes {
  /** How often those that could not take more are looked at again. */
  readonly tickMs: number;
  /** Without a leader for so long, this node may have been left behind. */
  readonly leaderlessMs: number;
}
const TIMES: WatchTimes = { tickMs: 50, leaderlessMs: 3_000 };

/** A connection with more unread than this gets no more for now. */
const FULL_BYTES = 1_048_576;
/** Changes looked at for one watch before it is another's turn, and the node's. */
const SLICE = 2_048;
/** A watcher for whom there is nothing hears now and then how far it has been told, so that it can resume from there. */
const PROGRESS_EVERY = 1_000;
/** What a notification may take in a frame, beside its own words. */
const MOST_BYTES = LIMITS.replyFrameBytes - 65_536;

export class Watches {
  readonly #service: Pick<KvService, 'changes' | 'onChange' | 'leader'>;
  readonly #times: WatchTimes;
  readonly #watches = new Map<Watcher, Map<number, Watch>>();
  #count = 0;
  #stopListening: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #again = false;
  #leaderSeenAt = 0;

  constructor(service: Pick<KvService, 'changes' | 'onChange' | 'leader'>, times: WatchTimes = TIMES) {
    this.#service = service;
    this.#times = times;
  }

  get count(): number {
    return this.#count;
  }

  /** Throws COMPACTED for a revision that is forgotten, OVERLOADED for one watch too many, INVALID_PARAMS for an id in use. */
  open(connection: Watcher, params: ParamsOf<'kv.watch'>): ResultOf<'kv.watch'> {
    const { newest, compactedBelow } = this.#service.changes();
    const next = params.fromRevision ?? newest + 1;
    if (next <= compactedBelow) throw compacted(next, compactedBelow);
    const mine = this.#watches.get(connection) ?? this.#enter(connection);
    if (mine.size >= LIMITS.watchesPerConnection || this.#count >= LIMITS.watches) {
      throw new RpcError('OVERLOADED', { detail: `at most ${LIMITS.watchesPerConnection} watches a connection` });
    }
    const id = params.watch ?? freeId(mine);
    if (mine.has(id)) throw new RpcError('INVALID_PARAMS', { detail: `watch ${id} is in use on this connection` });
    const { key = null, start = '', end = null, prefix = null, prevKv = false } = params;
    mine.set(id, { id, connection, key, bounds: boundsOf({ start, end, prefix }), prevKv, next, told: next - 1 });
    this.#count += 1;
    this.#listen();
    // Not at once: the answer goes first.
    this.#soon();
    return { watch: id, revision: newest };
  }

  /** Nothing is sent for it any more. False when there is no such watch. */
  close(connection: Watcher, id: number): boolean {
    const found = this.#watches.get(connection)?.delete(id) ?? false;
    if (found) this.#left(1);
    return found;
  }

  #enter(connection: Watcher): Map<number, Watch> {
    const mine = new Map<number, Watch>();
    this.#watches.set(connection, mine);
    connection.whenClosed(() => {
      this.#watches.delete(connection);
      this.#left(mine.size);
    });
    return mine;
  }

  #listen(): void {
    if (this.#stopListening !== null) return;
    this.#leaderSeenAt = performance.now();
    this.#stopListening = this.#service.onChange(() => this.#feedAll());
    this.#timer = setInterval(() => this.#tick(), this.#times.tickMs);
  }

  #left(watches: number): void {
    this.#count -= watches;
    if (this.#count > 0) return;
    this.#stopListening?.();
    this.#stopListening = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #soon(): void {
    if (this.#again) return;
    this.#again = true;
    setImmediate(() => {
      this.#again = false;
      this.#feedAll();
    });
  }

  #tick(): void {
    const now = performance.now();
    if (this.#service.leader() !== null) this.#leaderSeenAt = now;
    if (now - this.#leaderSeenAt < this.#times.leaderlessMs) {
      this.#feedAll();
      return;
    }
    const detail = 'this node has not heard a leader for a while: what it knows may be old';
    for (const mine of this.#watches.values()) {
      for (const watch of mine.values()) this.#end(watch, { kind: 'NO_QUORUM', detail });
    }
  }

  #feedAll(): void {
    const history = this.#service.changes();
    for (const mine of this.#watches.values()) {
      for (const watch of mine.values()) if (watch.next <= history.newest) this.#feed(watch, history);
    }
  }

  #feed(watch: Watch, history: ReadonlyHistory): void {
    if (watch.next <= history.compactedBelow) {
      const { message: detail, data } = compacted(watch.next, history.compactedBelow);
      this.#end(watch, { kind: 'COMPACTED', detail, compactedBelow: data.compactedBelow });
      return;
    }
    const last = Math.min(history.newest, watch.next + SLICE - 1);
    while (watch.next <= last) {
      if (watch.connection.bufferedBytes > FULL_BYTES) return;
      const { events, next } = gather(watch, history, last);
      const isNews = events.length > 0 || next - 1 - watch.told >= PROGRESS_EVERY;
      if (isNews && !this.#tell(watch, events, next - 1)) return;
      watch.next = next;
    }
    if (watch.next <= history.newest) this.#soon();
  }

  #tell(watch: Watch, events: Told[], upTo: number): boolean {
    const notice: Notice = { watch: watch.id, events, revision: revision(upTo) };
    if (!watch.connection.notify('kv.event', notice)) return false;
    watch.told = upTo;
    return true;
  }

  #end(watch: Watch, ended: NonNullable<Notice['ended']>): void {
    this.close(watch.connection, watch.id);
    const notice: Notice = { watch: watch.id, events: [], revision: revision(watch.told), ended };
    watch.connection.notify('kv.event', notice);
  }
}

/** The next changes that a watch wants, as many as one notification holds, and where to go on. */
function gather(watch: Watch, history: ReadonlyHistory, last: number): { readonly events: Told[]; readonly next: number } {
  const events: Told[] = [];
  let bytes = 0;
  for (let at = watch.next; at <= last; at += 1) {
    const change = history.changeOf(at);
    if (change === null || !wants(watch, keyOf(change))) continue;
    const event = eventOf(change, watch.prevKv);
    bytes += bytesOf(event);
    if (events.length > 0 && (bytes > LIMITS.rangeBytes || events.length === LIMITS.watchEvents)) return { events, next: at };
    events.push(event);
  }
  return { events, next: last + 1 };
}

function wants({ key, bounds: { start, end } }: Watch, changed: string): boolean {
  if (key !== null) return changed === key;
  return compareKeys(changed, start) >= 0 && (end === null || compareKeys(changed, end) < 0);
}

function keyOf(change: Change): string {
  return change.type === 'put' ? change.kv.key : change.key;
}

function eventOf(change: Change, prevKv: boolean): Told {
  const { type, revision: at, previous } = change;
  const plain: Told = type === 'put' ? { type, revision: at, kv: change.kv } : { type, revision: at, key: change.key };
  if (!prevKv) return plain;
  const whole: Told = { ...plain, prevKv: previous };
  return bytesOf(whole) > MOST_BYTES ? plain : whole;
}

function bytesOf(event: Told): number {
  const { prevKv } = event;
  const own = event.type === 'put' ? jsonBytes(event.kv.key) + jsonBytes(event.kv.value) : jsonBytes(event.key);
  return own + (prevKv === null || prevKv === undefined ? 0 : jsonBytes(prevKv.key) + jsonBytes(prevKv.value));
}

function freeId(taken: ReadonlyMap<number, unknown>): number {
  let id = 1;
  while (taken.has(id)) id += 1;
  return id;
}

function compacted(at: number, compactedBelow: Revision): RpcError {
  return new RpcError('COMPACTED', {
    compactedBelow,
    detail: `the change of revision ${at} is forgotten; those after ${compactedBelow} are known`,
  });
}
