/**
 * The stream under each WebSocket, which the library keeps to itself. Frames that are sent within one turn are held
 * together and leave in one system call: at 64 calls in flight the calls into the system are most of the cost.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

const carriers = new WeakMap<WebSocket, Duplex>();

export function rememberCarrier(socket: WebSocket, carrier: Duplex): void {
  carriers.set(socket, carrier);
}

/** Corks a stream for the rest of the turn; after that, and after the promises it settled, all leaves together. */
export class TurnCork {
  readonly #carrier: Duplex | null;
  #corked = false;

  constructor(socket: WebSocket) {
    this.#carrier = carriers.get(socket) ?? null;
  }

  hold(): void {
    if (this.#corked || this.#carrier === null) return;
    this.#corked = true;
    this.#carrier.cork();
    process.nextTick(() => this.#release());
  }

  #release(): void {
    this.#corked = false;
    this.#carrier?.uncork();
  }
}
