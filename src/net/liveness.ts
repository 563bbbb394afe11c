import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';

/** So often one asks for a sign of life before a connection counts as dead. */
const MISSES = 2;
/** Pings from the other end within one round; more is a flood. */
const PINGS_PER_ROUND = 256;
/** Weight of a new round trip in the running mean, as TCP does it (RFC 6298 §2). */
const WEIGHT = 1 / 8;

export interface LivenessOptions {
  readonly everyMs: number;
  /** True to ask in each round and so know the round trip; false to ask only after a round in which nothing was heard. */
  readonly measures: boolean;
  /** While reading is paused the other end's answers cannot be seen, and silence proves nothing. */
  readonly paused: () => boolean;
  readonly onDead: (why: string) => void;
}

/** Asks the other end for a sign of life, measures how long one takes, and notices when none comes. */
export class Liveness {
  readonly #socket: WebSocket;
  readonly #options: LivenessOptions;
  readonly #timer: NodeJS.Timeout;
  #heard = true;
  /** Rounds in which it was asked since it was heard. */
  #asked = 0;
  #pings = 0;
  #sentAt: number | null = null;
  #rttMs: number | null = null;

  constructor(socket: WebSocket, options: LivenessOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('pong', () => this.#pong());
    socket.on('ping', () => this.#pinged());
    this.#timer = setInterval(() => this.#round(), options.everyMs);
    this.#timer.unref();
    this.#ping();
  }

  /** A running mean of the round trip, in milliseconds; null before the first. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** Any frame is a sign of life. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #round(): void {
    this.#pings = 0;
    if (this.#options.paused()) return;
    if (this.#heard) this.#asked = 0;
    if (this.#asked >= MISSES) {
      this.#options.onDead('no sign of life');
      return;
    }
    if (this.#options.measures || !this.#heard) {
      this.#asked += 1;
      this.#ping();
    }
    this.#heard = false;
  }

  #ping(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#sentAt ??= performance.now();
    this.#socket.ping();
  }

  #pong(): void {
    this.#heard = true;
    if (this.#sentAt === null) return;
    const took = performance.now() - this.#sentAt;
    this.#sentAt = null;
    this.#rttMs = this.#rttMs === null ? took : this.#rttMs + WEIGHT * (took - this.#rttMs);
  }

  #pinged(): void {
    this.#heard = true;
    this.#pings += 1;
    if (this.#pings > PINGS_PER_ROUND) this.#options.onDead('a flood of pings');
  }
}
