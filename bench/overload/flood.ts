/**
 * A load that does not care what becomes of it: puts at a steady rate over raw connections, never repeated. What the connection does
 * not take, since the node has stopped reading, is not sent and counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Histogram } from '../../src/cli/histogram.ts';
import { type Answer, Sender } from './sender.ts';

/** Beyond this the node is behind with reading: the back-pressure of TCP has reached us. */
const UNSENT_BYTES = 262_144;
const TICK_MS = 2;
/** More than are ever unanswered at a time. */
const REMEMBERED = 4_194_304;

export interface FloodCounts {
  readonly offered: number;
  readonly accepted: number;
  readonly overloaded: number;
  /** OVERLOADED without a word when to come back. */
  readonly withoutHint: number;
  readonly otherErrors: number;
  readonly heldBack: number;
  readonly closed: number;
}

export class Flood {
  readonly #senders: Sender[] = [];
  readonly #valueBytes: number;
  /** By id. */
  readonly #sentAt = new Float64Array(REMEMBERED);
  readonly latency = new Histogram();
  #counts = { offered: 0, accepted: 0, overloaded: 0, withoutHint: 0, otherErrors: 0, heldBack: 0, closed: 0 };
  #nextId = 0;
  #nextSender = 0;
  #unanswered = 0;

  constructor(valueBytes: number) {
    this.#valueBytes = valueBytes;
  }

  async open(url: string, token: string, connections: number): Promise<void> {
    const answered = (id: number, answer: Answer): void => this.#answered(id, answer);
    const closed = (): void => {
      this.#counts.closed += 1;
    };
    for (let i = 0; i < connections; i += 1)
      this.#senders.push(await Sender.open(url, token, this.#valueBytes, answered, closed));
  }

  get counts(): FloodCounts {
    return { ...this.#counts };
  }

  /** Sent, as far as the socket took it, without an answer so far. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Milliseconds until all that was sent is answered; `mostMs` when that takes longer. */
  async settled(mostMs: number): Promise<number> {
    const from = performance.now();
    while (this.unanswered > 0 && performance.now() - from < mostMs) await sleep(TICK_MS);
    return performance.now() - from;
  }

  /** As fast as `inFlight` unanswered puts on each connection allow, with no rate; resolves after `seconds`. */
  saturate(inFlight: number, seconds: number): Promise<void> {
    return this.#run(seconds, () => this.#offer(inFlight * this.#senders.length - this.#unanswered));
  }

  /** `perSecond` puts a second, whatever comes back. */
  press(perSecond: number, seconds: number): Promise<void> {
    const from = performance.now();
    let offered = 0;
    return this.#run(seconds, () => {
      const due = Math.ceil(((performance.now() - from) / 1_000) * perSecond) - offered;
      this.#offer(due);
      offered += due;
    });
  }

  close(): void {
    for (const sender of this.#senders) sender.close();
  }

  #run(seconds: number, tick: () => void): Promise<void> {
    const until = performance.now() + seconds * 1_000;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (performance.now() < until) return tick();
        clearInterval(timer);
        resolve();
      }, TICK_MS);
    });
  }

  /** So many puts, spread over the connections. */
  #offer(puts: number): void {
    const most = Math.ceil(puts / this.#senders.length);
    for (let left = puts; left > 0; left -= most) {
      const sender = this.#senders[this.#nextSender];
      this.#nextSender = (this.#nextSender + 1) % this.#senders.length;
      if (sender !== undefined) this.#send(sender, Math.min(left, most));
    }
  }

  #send(sender: Sender, puts: number): void {
    const taken = Math.min(puts, sender.room(UNSENT_BYTES));
    this.#counts.offered += puts;
    this.#counts.heldBack += puts - taken;
    if (taken === 0) return;
    const now = performance.now();
    for (let id = this.#nextId; id < this.#nextId + taken; id += 1) this.#sentAt[id % REMEMBERED] = now;
    sender.send(this.#nextId, taken);
    this.#nextId += taken;
    this.#unanswered += taken;
  }

  #answered(id: number, answer: Answer): void {
    this.#unanswered -= 1;
    const counts = this.#counts;
    if (answer === 'accepted') {
      counts.accepted += 1;
      this.latency.record(performance.now() - (this.#sentAt[id % REMEMBERED] ?? 0));
    } else if (answer === 'failed') counts.otherErrors += 1;
    else {
      counts.overloaded += 1;
      if (answer === 'refused') counts.withoutHint += 1;
    }
  }
}
