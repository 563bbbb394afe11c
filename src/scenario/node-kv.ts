/** The store, asked request by request: each write has its number before it is sent, so that it can be sent again. */
import type { NodeId } from '../base/brand.ts';
import { logIndex, term } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import type { CallOptions, KvClient, ReadOptions, Written } from '../cluster/driver.ts';
import type { Command, KeyValue, RangeQuery, RangeResult, Reply, RequestId } from '../kv/commands.ts';
import type { NodeAnswer, NodeRequest } from './world.ts';

export type Send = (request: NodeRequest, deadlineMs: number, node: NodeId | null) => Promise<NodeAnswer>;

const DEADLINE_MS = 5_000;
const WHOLE: RangeQuery = { start: '', end: null, prefix: null, limit: 0, reverse: false, keysOnly: false, countOnly: false };

export class NodeKv implements KvClient {
  readonly #send: Send;
  readonly #request: () => RequestId;

  /** `request` names the next write. */
  constructor(send: Send, request: () => RequestId) {
    this.#send = send;
    this.#request = request;
  }

  /** Its place in the log is not told here: 0. */
  async put(key: string, value: string, options: CallOptions = {}): Promise<Written> {
    const { revision } = await this.#write('put', { type: 'put', key, value, request: this.#request() }, options);
    return { revision, index: logIndex(0), term: term(0) };
  }

  async delete(key: string, options: CallOptions = {}): Promise<{ readonly deleted: boolean; readonly revision: number }> {
    return this.#write('delete', { type: 'delete', key, request: this.#request() }, options);
  }

  async cas(
    key: string,
    expect: string | null,
    value: string,
    options: CallOptions = {},
  ): Promise<{ readonly swapped: boolean; readonly current: string | null; readonly revision: number }> {
    return this.#write('cas', { type: 'cas', key, expect, value, request: this.#request() }, options);
  }

  async get(key: string, options: ReadOptions = {}): Promise<{ readonly kv: KeyValue | null; readonly revision: number }> {
    const answer = await this.#read({ type: 'get', key, stale: options.consistency === 'stale' }, options);
    if (answer.type !== 'get') throw new Error(`a node answered ${answer.type} to get`);
    return answer;
  }

  async range(query: Partial<RangeQuery>, options: ReadOptions = {}): Promise<RangeResult> {
    const stale = options.consistency === 'stale';
    const answer = await this.#read({ type: 'range', query: { ...WHOLE, ...query }, stale }, options);
    if (answer.type !== 'range') throw new Error(`a node answered ${answer.type} to range`);
    return answer.result;
  }

  /** A story asks again by the name of the request. */
  retryUnknown(): Promise<null> {
    return Promise.resolve(null);
  }

  history(): Promise<never> {
    return Promise.reject(new Error('stories read the present only'));
  }

  watch(): never {
    throw new Error('stories watch by reading again and again');
  }

  #read(request: NodeRequest, { deadlineMs = DEADLINE_MS, node }: ReadOptions): Promise<NodeAnswer> {
    return this.#send(request, deadlineMs, node ?? null);
  }

  async #write<T extends Reply['type']>(
    type: T,
    command: Command,
    { deadlineMs = DEADLINE_MS }: CallOptions,
  ): Promise<Extract<Reply, { readonly type: T }>> {
    const answer = await this.#send({ type: 'write', command }, deadlineMs, null);
    if (answer.type !== 'write') throw new Error(`a node answered ${answer.type} to ${type}`);
    if (answer.reply.type === 'session-expired') throw new RpcError('SESSION_EXPIRED');
    if (!isOf(answer.reply, type)) throw new Error(`a node answered ${answer.reply.type} to ${type}`);
    return answer.reply;
  }
}

function isOf<T extends Reply['type']>(reply: Reply, type: T): reply is Extract<Reply, { readonly type: T }> {
  return reply.type === type;
}
