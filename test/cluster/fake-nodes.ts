/** Scripted nodes behind an injected dialler: what a client can meet, without sockets. */
import { type ErrorData, type ErrorKind, RpcError } from '../../src/base/errors.ts';
import type { Connection, Dial, DialRequest } from '../../src/cluster/client/connection.ts';
import { Alarm } from '../../src/net/alarms.ts';

/** What a node does with a call that arrives. */
export type Deed =
  | { readonly type: 'serve' }
  | { readonly type: 'error'; readonly kind: ErrorKind; readonly data?: ErrorData }
  /** The connection dies without an answer, before or after the call took effect. */
  | { readonly type: 'die'; readonly applied: boolean }
  /** No answer ever comes. */
  | { readonly type: 'hang'; readonly applied: boolean }
  /** The rest happens later. */
  | { readonly type: 'wait'; readonly until: Promise<void>; readonly next: Deed };

export interface SeenCall {
  readonly node: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The state all nodes share: how often each write was applied, with the exactly-once rule of sessions. */
export class FakeStore {
  readonly applied: string[] = [];
  readonly calls: SeenCall[] = [];
  #sessions = 0;
  readonly #done = new Set<string>();

  openSession(): { readonly session: number } {
    this.#sessions += 1;
    return { session: this.#sessions };
  }

  apply({ session, sequence, key }: Readonly<Record<string, unknown>>): void {
    const name = `${session}/${sequence}`;
    if (this.#done.has(name)) return;
    this.#done.add(name);
    this.applied.push(String(key));
  }
}

export class FakeNode {
  readonly id: string;
  readonly url: string;
  readonly store: FakeStore;
  up = true;
  /** Dials neither succeed nor fail. */
  unreachable = false;
  refusal: ErrorKind | null = null;
  role: 'leader' | 'follower' = 'follower';
  term = 1;
  /** Status questions stay unanswered. */
  silent = false;
  /** Decides about each call of a kv or session method; null: as the role demands. */
  script: ((call: SeenCall) => Deed) | null = null;
  hint: ErrorData = { leader: null, url: null };
  dials = 0;
  readonly #connections = new Set<FakeConnection>();

  constructor(id: string, store: FakeStore) {
    this.id = id;
    this.url = `ws://127.0.0.1/${id}`;
    this.store = store;
  }

  dial(request: DialRequest): Promise<Connection> {
    this.dials += 1;
    if (this.unreachable) return new Promise(() => {});
    if (this.refusal !== null) return Promise.reject(new RpcError(this.refusal));
    if (!this.up) return Promise.reject(new RpcError('NO_QUORUM', { detail: 'ECONNREFUSED' }));
    const connection = new FakeConnection(this, request, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return Promise.resolve(connection);
  }

  /** As SIGKILL does. */
  crash(): void {
    this.up = false;
    for (const connection of [...this.#connections]) connection.close();
  }

  notify(params: unknown): void {
    for (const connection of this.#connections) connection.request_.onNotification('node.event', params);
  }

  deedFor(call: SeenCall): Deed {
    if (call.method.startsWith('node.') && this.silent) return { type: 'hang', applied: false };
    if (call.method.startsWith('node.')) return { type: 'serve' };
    if (this.script !== null) return this.script(call);
    return this.role === 'leader' ? { type: 'serve' } : { type: 'error', kind: 'NOT_LEADER', data: this.hint };
  }

  answer({ method, params }: SeenCall): unknown {
    switch (method) {
      case 'node.status':
        return { id: this.id, role: this.role, term: this.term };
      case 'node.subscribe':
        return { subscribed: params['topics'] };
      case 'session.open':
        return this.store.openSession();
      case 'kv.get':
        return { kv: null, revision: this.store.applied.length };
      default:
        this.store.apply(params);
        return { revision: this.store.applied.length, index: this.store.applied.length, term: this.term };
    }
  }
}

class FakeConnection implements Connection {
  readonly request_: DialRequest;
  readonly #node: FakeNode;
  readonly #forget: () => void;
  readonly #waiting = new Set<(error: RpcError) => void>();
  open = true;

  constructor(node: FakeNode, request: DialRequest, forget: () => void) {
    this.#node = node;
    this.request_ = request;
    this.#forget = forget;
  }

  request(method: string, params: object, timeoutMs: number): Promise<unknown> {
    if (!this.open) return Promise.reject(new RpcError('NO_QUORUM', { detail: 'closed; nothing was sent' }));
    const call = { node: this.#node.id, method, params: { ...params } };
    this.#node.store.calls.push(call);
    return this.#do(this.#node.deedFor(call), call, timeoutMs);
  }

  #do(deed: Deed, call: SeenCall, timeoutMs: number): Promise<unknown> {
    switch (deed.type) {
      case 'serve':
        return Promise.resolve(this.#node.answer(call));
      case 'error':
        return Promise.reject(new RpcError(deed.kind, deed.data));
      case 'die': {
        if (deed.applied) this.#node.answer(call);
        const pending = this.#unanswered(timeoutMs);
        this.close();
        return pending;
      }
      case 'hang':
        if (deed.applied) this.#node.answer(call);
        return this.#unanswered(timeoutMs);
      case 'wait':
        return deed.until.then(() => this.#do(deed.next, call, timeoutMs));
    }
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.#forget();
    for (const fail of this.#waiting) fail(new RpcError('UNKNOWN_OUTCOME', { detail: 'the connection closed' }));
    this.request_.onClose();
  }

  #unanswered(timeoutMs: number): Promise<never> {
    return new Promise((_, reject) => {
      // As real connections have it: a timer of Node's counts from when the loop last looked at the clock, and rings too early.
      const alarm = new Alarm(timeoutMs, () => reject(new RpcError('UNKNOWN_OUTCOME')));
      this.#waiting.add((error) => {
        alarm.cancel();
        reject(error);
      });
    });
  }
}

/** `count` nodes over one store; the first leads, and the others say so. */
export function fakeCluster(count: number): {
  readonly nodes: readonly FakeNode[];
  readonly store: FakeStore;
  readonly dial: Dial;
} {
  const store = new FakeStore();
  const nodes = Array.from({ length: count }, (_, place) => new FakeNode(`n${place + 1}`, store));
  lead(nodes, 0, 1);
  const dial: Dial = (request) => {
    const node = nodes.find(({ url }) => url === request.url);
    return node?.dial(request) ?? Promise.reject(new RpcError('NO_QUORUM', { detail: `nobody at ${request.url}` }));
  };
  return { nodes, store, dial };
}

/** Makes the node at `place` the leader of `term`, known to all that are up. */
export function lead(nodes: readonly FakeNode[], place: number, term: number): void {
  const leader = nodes[place];
  for (const node of nodes) {
    if (!node.up) continue;
    node.role = node === leader ? 'leader' : 'follower';
    node.term = term;
    node.hint = { leader: leader?.id ?? null, url: leader?.url ?? null };
  }
}
