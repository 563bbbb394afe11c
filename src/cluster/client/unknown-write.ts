/** The newest write whose outcome stayed unknown, kept so that it can be asked again under its own number. */
import type { RequestId } from '../../kv/commands.ts';
import type { Ticket } from './write-session.ts';

export type WriteMethod = 'kv.put' | 'kv.delete' | 'kv.cas';

export interface UnknownWrite {
  readonly method: WriteMethod;
  readonly key: string;
  /** As it was sent, session and sequence included. */
  readonly params: object & RequestId;
  readonly ticket: Ticket;
}

/**
 * While it is held its sequence stays open, so the store keeps the reply. One that is let go can never be asked again:
 * the store may have forgotten it, and a new number would be a new write.
 */
export class UnknownWrites {
  #held: UnknownWrite | null = null;

  get newest(): UnknownWrite | null {
    return this.#held;
  }

  hold(write: UnknownWrite): void {
    if (this.#held?.ticket !== write.ticket) this.release();
    this.#held = write;
  }

  release(): void {
    this.#held?.ticket.settle();
    this.#held = null;
  }
}
