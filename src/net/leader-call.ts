/** Answers here what this node may answer itself, and elsewhere what only the leader may. */
import type { NodeId } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Forwarder } from './forwarder.ts';
import { LeaderWait } from './leader-wait.ts';
import type { KvService } from './service.ts';

interface Forwardable {
  readonly deadlineMs?: number | undefined;
  readonly forward: boolean;
}

export type Effect = 'read' | 'write';

export class LeaderCall {
  readonly #self: NodeId;
  readonly #service: Pick<KvService, 'leader'>;
  readonly #forwarder: Pick<Forwarder, 'call'>;
  readonly #leaderWait: LeaderWait;
  /** True from the start, and while the last local attempt was refused because another node leads. */
  #refusedHere = true;

  constructor(self: NodeId, service: Pick<KvService, 'leader'>, forwarder: Pick<Forwarder, 'call'>) {
    this.#self = self;
    this.#service = service;
    this.#forwarder = forwarder;
    this.#leaderWait = new LeaderWait(() => service.leader() !== null);
  }

  /**
   * Runs `local`, and when this node does not lead asks the node that does, or waits for one, until the deadline.
   * A write is tried again only after a definite refusal, so nothing is done twice; a read after any failure to answer. A read
   * begins here, whoever leads: `local` asks the leader for no more than an index, and what cannot be answered so is asked whole.
   */
  async run(
    method: string,
    params: Forwardable,
    effect: Effect,
    local: (deadlineMs: number) => Promise<unknown>,
  ): Promise<unknown> {
    const deadlineMs = params.deadlineMs ?? LIMITS.requestDeadlineMs;
    const until = performance.now() + deadlineMs;
    let remainingMs = deadlineMs;
    for (let isFirst = true; ; isFirst = false) {
      try {
        if (isFirst && effect === 'read' && params.forward) return await local(remainingMs);
        return await this.#attempt(method, params, remainingMs, local);
      } catch (error) {
        if (!params.forward || !(error instanceof RpcError) || !mayAskAgain(error, effect)) throw error;
      }
      if (isFirst && effect === 'read' && this.#service.leader() !== null) {
        remainingMs = until - performance.now();
        continue;
      }
      if (!(await this.#leaderWait.wait(until))) throw new RpcError('NO_QUORUM');
      remainingMs = until - performance.now();
    }
  }

  async #attempt(method: string, params: Forwardable, remainingMs: number, local: (deadlineMs: number) => Promise<unknown>) {
    // Who leads is looked up only after a refusal: the leader itself, which has most to do, is spared the question.
    const leader = this.#refusedHere ? this.#service.leader() : null;
    if (leader !== null && leader.id !== this.#self && params.forward) {
      const forwarded = { ...params, forward: false, deadlineMs: Math.max(1, Math.floor(remainingMs)) };
      return this.#forwarder.call(leader, method, forwarded, remainingMs);
    }
    try {
      const answer = await local(remainingMs);
      this.#refusedHere = false;
      return answer;
    } catch (error) {
      this.#refusedHere = error instanceof RpcError && error.kind === 'NOT_LEADER';
      throw error;
    }
  }
}

/** Whether nothing was done, or doing it again is harmless. */
function mayAskAgain({ kind }: RpcError, effect: Effect): boolean {
  return kind === 'NOT_LEADER' || kind === 'NO_QUORUM' || (effect === 'read' && kind === 'UNKNOWN_OUTCOME');
}
