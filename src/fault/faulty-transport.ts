/** A transport that loses, delays and doubles messages as the fault plan says. */
import { millis } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Message } from '../raft/messages.ts';
import type { Cancel, Clock, Transport } from '../replica/ports.ts';
import { type LinkFilter, UNTOUCHED } from './link-filter.ts';

export class FaultyTransport implements Transport {
  readonly #inner: Transport;
  readonly #filter: LinkFilter;
  readonly #clock: Clock;
  readonly #held = new Set<Cancel>();
  readonly #mostHeld: number;
  #closed = false;

  /** `mostHeld`: messages held back at once; beyond, a message that should be late is lost. */
  constructor(inner: Transport, filter: LinkFilter, clock: Clock, mostHeld: number = LIMITS.heldMessages) {
    this.#inner = inner;
    this.#filter = filter;
    this.#clock = clock;
    this.#mostHeld = mostHeld;
  }

  /** Messages on their way late. */
  get held(): number {
    return this.#held.size;
  }

  send(message: Message): void {
    if (this.#closed) return;
    const fate = this.#filter.fate(message.from, message.to);
    if (fate === 'drop') return;
    if (fate === UNTOUCHED) {
      this.#inner.send(message);
      return;
    }
    for (const delayMs of fate.delaysMs) {
      if (delayMs <= 0) this.#inner.send(message);
      else this.#hold(message, delayMs);
    }
  }

  flush(): void {
    this.#inner.flush?.();
  }

  /** Loses what is held back; sends nothing any more. The inner transport is its owner's. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#held) cancel();
    this.#held.clear();
  }

  #hold(message: Message, delayMs: number): void {
    if (this.#held.size >= this.#mostHeld) return;
    const cancel = this.#clock.after(millis(delayMs), () => {
      this.#held.delete(cancel);
      this.#inner.send(message);
    });
    this.#held.add(cancel);
  }
}
