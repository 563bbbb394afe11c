/**
 * A client for raftkv-tui clusters, exported as `raftkv-tui/client`.
 *
 * It finds the leader, follows it when it moves, repeats what may be repeated, and tells the truth about the rest: every
 * call ends within its deadline with a result or with an RpcError whose `outcome` is `definite` (nothing was changed and
 * nothing will be) or `unknown` (the write may have been applied, or may still be).
 */
import type { LogIndex, NodeId } from '../../base/brand.ts';
import { RpcError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { KeyValue, RangeQuery, RangeResult, RequestId } from '../../kv/commands.ts';
import type { HistoryResult } from '../../kv/key-history.ts';
import type { LogRow, MemberStatus, NodeEvent, Topic } from '../../replica/status.ts';
import { checkParams, checkResult } from '../../wire/check.ts';
import type { MethodName, ResultOf } from '../../wire/methods.ts';
import type {
  CallOptions,
  HistoryPage,
  KvClient,
  ReadFrom,
  ReadOptions,
  RetriedWrite,
  WatchEvent,
  WatchOptions,
  WatchQuery,
  Written,
} from '../driver.ts';
import { Caller, SessionGone } from './caller.ts';
import type { Dial } from './connection.ts';
import { ConnectionPool, type Endpoint } from './connection-pool.ts';
import { Deadline } from './deadline.ts';
import { dialNode } from './dial.ts';
import { LeaderFinder } from './leader-finder.ts';
import { UnknownWrites } from './unknown-write.ts';
import { type WatchParts, watchKeys } from './watch.ts';
import { WatchRouter } from './watch-router.ts';
import { WriteSession } from './write-session.ts';

export interface ClientOptions {
  /** Urls of one or more nodes, `ws://` or `wss://`; with the node's id where it is known. Others are found by hints. */
  readonly endpoints: readonly (string | { readonly url: string; readonly id: string })[];
  /** The bearer token: the contents of `client.token`, or of `admin.token` for the administration methods. */
  readonly token: string;
  /** For calls that give no deadline of their own, in milliseconds. Default 5,000. */
  readonly defaultDeadlineMs?: number;
  /** Who answers reads that do not say it themselves; see `ReadOptions.readFrom`. Default `leader`. */
  readonly readFrom?: ReadFrom;
  /** For `wss://`: the certificate authorities to trust, as PEM text. Default: those the system trusts. */
  readonly tls?: { readonly ca: string };
  /** Opens a connection; for tests. */
  readonly dial?: Dial;
}

/** `retry: false` fails at once when the node cannot be reached; the default tries until the deadline. */
export interface NodeCallOptions extends CallOptions {
  readonly retry?: boolean;
}

interface Subscription {
  readonly onEvent: (event: NodeEvent) => void;
  readonly onEnd: () => void;
}

/** Pages of logs that were checked, by the unchecked answer that they came in. */
const checkedPages = new WeakMap<object, readonly LogRow[]>();

/** How long one connection may take to come about, in milliseconds. */
const DIAL_TIMEOUT_MS = 2_000;

/**
 * All calls may be in flight together over one connection per node. Writes carry a session and a sequence, so however
 * often one is repeated inside, it is applied at most once.
 */
export class RaftKvClient implements KvClient {
  readonly #pool: ConnectionPool;
  readonly #finder: LeaderFinder;
  readonly #caller: Caller;
  readonly #session: WriteSession;
  readonly #unknown = new UnknownWrites();
  readonly #defaultDeadlineMs: number;
  readonly #watches = new WatchRouter();
  readonly #readFrom: ReadFrom;
  readonly #subscriptions = new Map<Endpoint, Subscription>();

  /** Connects to nothing yet. Throws a TypeError without endpoints, or for one that is no WebSocket url. */
  constructor(options: ClientOptions) {
    if (options.endpoints.length === 0) throw new TypeError('a client needs the url of at least one node');
    this.#pool = new ConnectionPool({
      dial: options.dial ?? dialNode,
      token: options.token,
      ca: options.tls?.ca ?? null,
      dialTimeoutMs: DIAL_TIMEOUT_MS,
      onNotification: (endpoint, method, params) => this.#onNotification(endpoint, method, params),
      onClose: (endpoint) => {
        this.#endSubscription(endpoint);
        this.#watches.closed(endpoint);
      },
    });
    this.#finder = new LeaderFinder(this.#pool, options.endpoints.map(toEndpoint));
    this.#caller = new Caller(this.#pool, this.#finder);
    this.#session = new WriteSession(
      () => this.#openSession(),
      () => this.#unknown.release(),
    );
    this.#defaultDeadlineMs = options.defaultDeadlineMs ?? LIMITS.requestDeadlineMs;
    this.#readFrom = options.readFrom ?? 'leader';
  }

  /**
   * Sets a key. Resolves once a majority has it on disk.
   * @param key well-formed Unicode, 1 to 1,024 bytes of UTF-8
   * @param value well-formed Unicode, at most 1 MiB of UTF-8
   * @throws RpcError; with `outcome` `unknown` the value may have been written, or may still be
   */
  put(key: string, value: string, options: CallOptions = {}): Promise<Written> {
    return this.#write('kv.put', { key, value }, options);
  }

  /** Removes a key. `deleted` is false when there was none. */
  delete(key: string, options: CallOptions = {}): Promise<{ readonly deleted: boolean; readonly revision: number }> {
    return this.#write('kv.delete', { key }, options);
  }

  /**
   * Sets a key only if its value is `expect`; null expects that there is no such key. `current` is the value afterwards.
   */
  cas(
    key: string,
    expect: string | null,
    value: string,
    options: CallOptions = {},
  ): Promise<{ readonly swapped: boolean; readonly current: string | null; readonly revision: number }> {
    return this.#write('kv.cas', { key, expect, value }, options);
  }

  /**
   * Reads a key; `kv` is null when there is none. Linearizable unless `consistency` is `stale`: then any node answers
   * from what it has, or the one named by `node`. With `revision`, as it was then.
   */
  get(key: string, options: ReadOptions = {}): Promise<{ readonly kv: KeyValue | null; readonly revision: number }> {
    return this.#read('kv.get', { key }, options);
  }

  /**
   * Reads keys in the order of their UTF-8 bytes, at most 1,000 or about 1 MiB in one answer. `more` tells that the
   * answer does not hold the whole range: go on with `start` just after the last key.
   */
  async range(query: Partial<RangeQuery>, options: ReadOptions = {}): Promise<RangeResult> {
    const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
    return this.#read('kv.range', Object.fromEntries(given), options);
  }

  /**
   * What became of a key: its versions and deletions, the newest first, as far back as the nodes remember. `more` tells that
   * there are older ones: go on with `before` at the last revision. What was replaced before `compactedBelow` is forgotten.
   */
  async history(key: string, page: HistoryPage = {}, options: ReadOptions = {}): Promise<HistoryResult> {
    const { revision: _, ...rest } = options;
    return this.#read('kv.history', { key, ...page }, rest);
  }

  /**
   * Every change of the keys that are asked for, once and in the order of the revisions, only what is committed, whatever
   * becomes of nodes and connections. Whoever iterates slowly is told later; an iteration that is left ends the watch.
   * Throws at once for a query that is refused; the iteration throws RpcError COMPACTED when no node in reach remembers what
   * comes next, and NO_QUORUM when none agreed within the deadline.
   */
  watch({ previous, ...query }: WatchQuery, options: WatchOptions = {}): AsyncIterable<WatchEvent> {
    const params = { ...query, ...(previous === undefined ? {} : { prevKv: previous }) };
    checkParams('kv.watch', params);
    const parts: WatchParts = {
      pool: this.#pool,
      router: this.#watches,
      endpoints: () => this.#finder.endpoints,
      newest: (deadline) => this.#newest(deadline),
      deadlineMs: this.#defaultDeadlineMs,
    };
    return watchKeys(parts, params, options);
  }

  /**
   * Asks the newest write of unknown outcome again, under its own session and sequence: if it was applied its reply
   * comes back, if not it is applied now, and in no case twice. Null when there is none that may still be asked.
   * @throws RpcError with `outcome` `unknown` while nobody can tell; SESSION_EXPIRED when nobody ever will
   */
  async retryUnknown(options: CallOptions = {}): Promise<RetriedWrite | null> {
    const write = this.#unknown.newest;
    if (write === null) return null;
    try {
      const { revision, ...rest } = await this.#writeOnce(write.method, write.params, this.#deadline(options), true);
      this.#unknown.release();
      const changed = 'deleted' in rest ? rest.deleted : 'swapped' in rest ? rest.swapped : true;
      return { method: write.method, key: write.key, revision, changed };
    } catch (error) {
      if (!mayBeAsked(error)) this.#unknown.release();
      throw error;
    }
  }

  /** What one node knows of itself. Rejects with NO_QUORUM when it cannot be reached in time. */
  async status(node: NodeId, options: NodeCallOptions = {}): Promise<MemberStatus> {
    return this.#direct('node.status', {}, node, options);
  }

  /** Rows of one node's log from `from` on, at most 256, committed or not. */
  async logRows(node: NodeId, from: LogIndex, limit: number, options: NodeCallOptions = {}): Promise<readonly LogRow[]> {
    const answer = await this.#ask('node.log', { from, limit: Math.min(limit, 256) }, node, options);
    // The same object again is a page that another node has told before, in the same words.
    const known = typeof answer === 'object' && answer !== null ? checkedPages.get(answer) : undefined;
    if (known !== undefined) return known;
    const { rows } = checkResult('node.log', answer);
    checkedPages.set(answer as object, rows);
    return rows;
  }

  /**
   * Listens to what happens on one node. `onEnd` is called once when the connection ends; it is not renewed by itself.
   * A second subscription to the same node replaces the first. Resolves once the node has agreed.
   */
  async subscribe(
    node: NodeId,
    topics: readonly Topic[],
    listener: { readonly onEvent: (event: NodeEvent) => void; readonly onEnd: () => void },
    options: NodeCallOptions = {},
  ): Promise<void> {
    const deadline = this.#deadline(options);
    const endpoint = await this.#finder.byId(node, deadline);
    // Registered first: the first event may come right behind the answer.
    if (endpoint !== null) this.#subscriptions.set(endpoint, listener);
    try {
      await this.#direct('node.subscribe', { topics }, node, options);
    } catch (error) {
      if (endpoint !== null && this.#subscriptions.get(endpoint) === listener) this.#subscriptions.delete(endpoint);
      throw error;
    }
  }

  /** Calls an administration method on one node; needs the admin token. */
  async admin<M extends 'fault.set' | 'fault.clear' | 'fault.stall' | 'cluster.transferLeadership' | 'cluster.campaign'>(
    node: NodeId,
    method: M,
    params: object,
    options: NodeCallOptions = {},
  ): Promise<ResultOf<M>> {
    return this.#direct(method, params, node, options);
  }

  /** Ends all connections. Calls that are under way end with an error that tells what is known of their outcome. */
  close(): void {
    this.#pool.close();
  }

  async #write<M extends 'kv.put' | 'kv.delete' | 'kv.cas'>(
    method: M,
    params: { readonly key: string; readonly value?: string; readonly expect?: string | null },
    options: CallOptions,
  ): Promise<ResultOf<M>> {
    // Checked before anything is sent: a key that is refused must not cost a session.
    checkParams(method, params);
    const deadline = this.#deadline(options);
    for (;;) {
      const ticket = this.#session.next() ?? (await this.#session.ticket(deadline));
      if (ticket === null) throw this.#neverSent();
      const whole = { ...params, ...ticket.request };
      try {
        const written = await this.#writeOnce(method, whole, deadline, false);
        ticket.settle();
        return written;
      } catch (error) {
        if (mayBeAsked(error)) {
          this.#unknown.hold({ method, key: params.key, params: whole, ticket });
          throw error;
        }
        ticket.settle();
        if (!(error instanceof SessionGone)) throw error;
        this.#session.expired(ticket.request.session);
      }
    }
  }

  #neverSent(): RpcError {
    const why = ['Time ran out before the write was sent.', ...this.#finder.troubles].join(' ');
    return new RpcError('NO_QUORUM', { detail: why });
  }

  async #writeOnce<M extends MethodName>(
    method: M,
    params: object & RequestId,
    deadline: Deadline,
    again: boolean,
  ): Promise<ResultOf<M>> {
    const answer = await this.#caller.run({ method, params, deadline, changes: true, to: 'leader', again });
    return checkResult(method, answer);
  }

  async #read<M extends 'kv.get' | 'kv.range' | 'kv.history'>(
    method: M,
    params: object,
    options: ReadOptions,
  ): Promise<ResultOf<M>> {
    const { consistency = 'linearizable', node, readFrom = this.#readFrom, revision } = options;
    const whole = { ...params, consistency, ...(revision === undefined ? {} : { revision }) };
    checkParams(method, whole);
    const somewhere = readFrom === 'any' ? 'each-in-turn' : consistency === 'stale' ? 'anyone' : 'leader';
    const to = node === undefined ? somewhere : { node };
    // Whoever is asked and does not lead asks the leader.
    const forward = consistency !== 'stale' && to !== 'leader';
    const call = { method, params: whole, deadline: this.#deadline(options), changes: false, to, forward } as const;
    return checkResult(method, await this.#caller.run(call));
  }

  /** For methods that concern one node: never forwarded, so `forward` and the deadline are not sent along. */
  async #direct<M extends MethodName>(method: M, params: object, node: NodeId, options: NodeCallOptions): Promise<ResultOf<M>> {
    return checkResult(method, await this.#ask(method, params, node, options));
  }

  #ask(method: MethodName, params: object, node: NodeId, options: NodeCallOptions): Promise<unknown> {
    const deadline = this.#deadline(options);
    return this.#caller.run({
      method,
      params,
      deadline,
      changes: false,
      to: { node },
      bare: true,
      once: options.retry === false,
    });
  }

  async #openSession(): Promise<number> {
    const deadline = new Deadline(LIMITS.requestDeadlineMs);
    const call = { method: 'session.open', params: {}, deadline, changes: false, to: 'leader' } as const;
    const { session } = checkResult('session.open', await this.#caller.run(call));
    return session;
  }

  async #newest(deadline: Deadline): Promise<number> {
    const params = { countOnly: true, consistency: 'linearizable' };
    const call = { method: 'kv.range', params, deadline, changes: false, to: 'leader' } as const;
    return checkResult('kv.range', await this.#caller.run(call)).revision;
  }

  #deadline(options: CallOptions): Deadline {
    return new Deadline(options.deadlineMs ?? this.#defaultDeadlineMs, options.signal ?? null);
  }

  #onNotification(endpoint: Endpoint, method: string, params: unknown): void {
    if (method === 'kv.event') this.#watches.notice(endpoint, checkParams('kv.event', params));
    const subscription = this.#subscriptions.get(endpoint);
    if (subscription === undefined || method !== 'node.event') return;
    subscription.onEvent(checkParams('node.event', params));
  }

  #endSubscription(endpoint: Endpoint): void {
    const subscription = this.#subscriptions.get(endpoint);
    if (subscription === undefined) return;
    this.#subscriptions.delete(endpoint);
    subscription.onEnd();
  }
}

/** The write may have happened, and the store still knows its number. */
function mayBeAsked(error: unknown): boolean {
  return error instanceof RpcError && error.outcome === 'unknown' && error.kind !== 'SESSION_EXPIRED';
}

function toEndpoint(given: string | { readonly url: string; readonly id: string }): Endpoint {
  const { url, id } = typeof given === 'string' ? { url: given, id: null } : given;
  const { protocol } = new URL(url);
  if (protocol !== 'ws:' && protocol !== 'wss:') throw new TypeError(`'${url}' is no ws:// or wss:// url`);
  return { url, id };
}
