/** Handing leadership to a chosen member (dissertation §3.10): bring it up to date, then tell it to campaign at once. */
import { type Millis, millis, type NodeId } from '../base/brand.ts';
import type { Progress } from './progress.ts';
import { NEVER, type RaftState } from './state.ts';

export class Transfer {
  readonly #state: RaftState;
  #target: NodeId | null = null;
  #sent = false;
  #giveUpAt = millis(NEVER);
  readonly #onSent: () => void;

  /** `onSent`: somebody is about to be told to campaign. */
  constructor(state: RaftState, onSent: () => void) {
    this.#state = state;
    this.#onSent = onSent;
  }

  /** While it is not null no proposals are accepted: they would keep the target behind for ever. */
  get target(): NodeId | null {
    return this.#target;
  }

  get deadline(): Millis {
    return this.#giveUpAt;
  }

  /** Another target replaces the first; one that cannot lead, or leads already, is ignored. */
  start(target: NodeId, progress: Progress | undefined): void {
    const { electionMs, membership, now } = this.#state;
    if (progress === undefined || !membership.isVoter(target) || target === this.#target) return;
    this.abort();
    this.#target = target;
    this.#giveUpAt = millis(now + electionMs);
    this.#tell('started');
    this.caughtUp(progress);
  }

  /** The target may have everything now. */
  caughtUp(progress: Progress): void {
    if (progress.id !== this.#target || this.#sent || progress.matchIndex < this.#state.log.lastIndex) return;
    this.#sent = true;
    this.#tell('sent');
    this.#send();
  }

  /** The message may have been lost; a repeated one finds a candidate or a newer term and does nothing. */
  remind(): void {
    if (this.#sent) this.#send();
  }

  /** Leadership that nobody took over in one election timeout stays here. */
  tick(): void {
    if (this.#state.now >= this.#giveUpAt) this.abort();
  }

  /** Leadership is over. If the target was told, this is most likely its doing. */
  leave(): void {
    if (!this.#sent) this.abort();
  }

  abort(): void {
    if (this.#target === null) return;
    this.#tell('aborted');
    this.#target = null;
    this.#sent = false;
    this.#giveUpAt = millis(NEVER);
  }

  #send(): void {
    const { id: from, outbox, term } = this.#state;
    if (this.#target === null) return;
    this.#onSent();
    outbox.send({ type: 'timeout-now', from, to: this.#target, term });
  }

  #tell(state: 'started' | 'sent' | 'aborted'): void {
    if (this.#target !== null) this.#state.outbox.tell({ type: 'transfer', to: this.#target, state });
  }
}
