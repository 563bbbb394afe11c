/** A follower asks the leader on behalf of a client, over a connection of its own. */
import type { NodeId } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { connect, type DialOptions } from './connect.ts';
import type { RpcSocket, WireLog } from './rpc-socket.ts';

/** What becomes of a message on a link with injected faults; one delay for each copy that arrives. */
export type Fate = 'drop' | { readonly delaysMs: readonly number[] };

export interface ForwarderOptions {
  readonly self: NodeId;
  /** The token of clients: a forwarded call may do no more than the client could. */
  readonly token: string;
  readonly tls: DialOptions['tls'];
  /** A cut link cuts forwards too. */
  readonly fate: (from: NodeId, to: NodeId) => Fate;
  readonly log: WireLog;
}

export interface LeaderAddress {
  readonly id: NodeId;
  readonly url: string;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #sockets = new Map<NodeId, Promise<RpcSocket>>();
  #closed = false;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /**
   * The leader's answer. Rejects with the leader's RpcError, a definite one when it could not be reached at all, or
   * UNKNOWN_OUTCOME when the call was sent and no answer came in time.
   */
  async call(leader: LeaderAddress, method: string, params: object, deadlineMs: number): Promise<unknown> {
    const until = performance.now() + deadlineMs;
    const { self, fate } = this.#options;
    const there = fate(self, leader.id);
    if (there === 'drop') return vanished(until);
    const socket = await this.#socketTo(leader, deadlineMs);
    await pause(delayOf(there));
    const result = await socket.request(method, params, Math.max(1, until - performance.now()));
    const back = fate(leader.id, self);
    if (back === 'drop') return vanished(until);
    await pause(delayOf(back));
    if (performance.now() > until) throw new RpcError('UNKNOWN_OUTCOME');
    return result;
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.values()) socket.then((open) => open.close()).catch(() => {});
    this.#sockets.clear();
  }

  #socketTo(leader: LeaderAddress, timeoutMs: number): Promise<RpcSocket> {
    if (this.#closed) return Promise.reject(new RpcError('SHUTTING_DOWN'));
    const known = this.#sockets.get(leader.id);
    if (known !== undefined) return known;
    const { token, tls, log } = this.#options;
    const forget = (): void => {
      if (this.#sockets.get(leader.id) === opening) this.#sockets.delete(leader.id);
    };
    const opening = connect(
      { url: leader.url, token, tls: tls ?? null, timeoutMs },
      { handlers: new Map(), log, onClose: forget },
    );
    this.#sockets.set(leader.id, opening);
    opening.catch(forget);
    return opening;
  }
}

/** What a lost packet looks like to the one who waits: nothing, until the time is up. */
async function vanished(until: number): Promise<never> {
  await pause(until - performance.now());
  throw new RpcError('UNKNOWN_OUTCOME');
}

function delayOf(fate: Exclude<Fate, 'drop'>): number {
  return fate.delaysMs[0] ?? 0;
}

function pause(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
