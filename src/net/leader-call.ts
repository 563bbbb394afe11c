/** Answers here what this node may answer itself, and elsewhere what only the leader may. */
import type { NodeId } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Forwarder } from './forwarder.ts';
import { type Fail, Later, type Succeed } from './later.ts';
import { LeaderWait } from './leader-wait.ts';
import type { KvService } from './service.ts';

interface Forwardable {
  readonly deadlineMs?: number | undefined;
  readonly forward: boolean;
}

export type Effect = 'read' | 'write';
/** Answers on this node. */
export type Local = (deadlineMs: number, succeed: Succeed, fail: Fail) => void;

interface LeadersCall {
  readonly method: string;
  readonly params: Forwardable;
  readonly effect: Effect;
  readonly local: Local;
}

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
  run(method: string, params: Forwardable, effect: Effect, local: Local): Later {
    const call = { method, params, effect, local };
    return new Later((succeed, fail) => {
      const deadlineMs = params.deadlineMs ?? LIMITS.requestDeadlineMs;
      const until = performance.now() + deadlineMs;
      const failed = (error: unknown): void => {
        if (!mayAskAgain(error, call)) fail(error);
        else this.#askAgain(call, until).then(succeed, fail);
      };
      // Nearly every call is answered at the first attempt.
      if (effect === 'read' && params.forward) local(deadlineMs, succeed, failed);
      else this.#attempt(call, deadlineMs, succeed, failed);
    });
  }

  /** After the first attempt has failed. */
  async #askAgain(call: LeadersCall, until: number): Promise<unknown> {
    let leaderIsKnown = call.effect === 'read' && this.#service.leader() !== null;
    for (;;) {
      if (!leaderIsKnown && !(await this.#leaderWait.wait(until))) throw new RpcError('NO_QUORUM');
      leaderIsKnown = false;
      try {
        return await new Promise((resolve, reject) => this.#attempt(call, until - performance.now(), resolve, reject));
      } catch (error) {
        if (!mayAskAgain(error, call)) throw error;
      }
    }
  }

  #attempt({ method, params, local }: LeadersCall, remainingMs: number, succeed: Succeed, fail: Fail): void {
    // Who leads is looked up only after a refusal: the leader itself, which has most to do, is spared the question.
    const leader = this.#refusedHere ? this.#service.leader() : null;
    if (leader !== null && leader.id !== this.#self && params.forward) {
      const forwarded = { ...params, forward: false, deadlineMs: Math.max(1, Math.floor(remainingMs)) };
      this.#forwarder.call(leader, method, forwarded, remainingMs).then(succeed, fail);
      return;
    }
    const answered = (answer: unknown): void => {
      this.#refusedHere = false;
      succeed(answer);
    };
    local(remainingMs, answered, (error) => {
      this.#refusedHere = error instanceof RpcError && error.kind === 'NOT_LEADER';
      fail(error);
    });
  }
}

/** Whether nothing was done, or doing it again is harmless. */
function mayAskAgain(error: unknown, { params, effect }: LeadersCall): boolean {
  if (!params.forward || !(error instanceof RpcError)) return false;
  const { kind } = error;
  return kind === 'NOT_LEADER' || kind === 'NO_QUORUM' || (effect === 'read' && kind === 'UNKNOWN_OUTCOME');
}
