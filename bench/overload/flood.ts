/**
 * A load that does not care what becomes of it: puts at a steady rate over raw connections, never repeated. What the connection does
 * not take, since the node has stopped reading, is not sent and counted. All share the machine's cores with the nodes, so frames are
 * gathered and answers are looked at, not parsed: else the flood would take from the nodes the time that it asks them for.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { Histogram } from '../../src/cli/histogram.ts';
import { FrameWriter, readTexts } from '../../src/net/carrier.ts';
import { dial } from '../../src/net/connect.ts';

/** Beyond this the node is behind with reading: the back-pressure of TCP has reached us. */
const UNSENT_BYTES = 262_144;
const TICK_MS = 2;
const ID = /"id":(\d+)/;

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
  readonly #connections: { readonly socket: WebSocket; readonly writer: FrameWriter }[] = [];
  readonly #value: string;
  readonly #sentAt = new Map<number, number>();
  readonly latency = new Histogram();
  readonly refusal = new Histogram();
  #counts = { offered: 0, accepted: 0, overloaded: 0, withoutHint: 0, otherErrors: 0, heldBack: 0, closed: 0 };
  #nextId = 1;

  constructor(valueBytes: number) {
    this.#value = 'x'.repeat(valueBytes);
  }

  async open(url: string, token: string, connections: number): Promise<void> {
    for (let i = 0; i < connections; i += 1) {
      await dial({ url, token }, (socket) => {
        readTexts(
          socket,
          (text) => this.#answered(text),
          () => {},
        );
        socket.on('error', () => {});
        socket.once('close', () => {
          this.#counts.closed += 1;
        });
        this.#connections.push({ socket, writer: new FrameWriter(socket) });
      });
    }
  }

  get counts(): FloodCounts {
    return { ...this.#counts };
  }

  /** Sent, as far as the socket took it, without an answer so far. */
  get unanswered(): number {
    return this.#sentAt.size;
  }

  /** Milliseconds until all that was sent is answered; `mostMs` when that takes longer. */
  async settled(mostMs: number): Promise<number> {
    const from = performance.now();
    while (this.unanswered > 0 && performance.now() - from < mostMs) await sleep(TICK_MS);
    return performance.now() - from;
  }

  /** As fast as `inFlight` unanswered puts on each connection allow, with no rate; resolves after `seconds`. */
  saturate(inFlight: number, seconds: number): Promise<void> {
    return this.#run(seconds, () => {
      const free = inFlight * this.#connections.length - this.#sentAt.size;
      for (let i = 0; i < free; i += 1) this.#put();
    });
  }

  /** `perSecond` puts a second, whatever comes back. */
  press(perSecond: number, seconds: number): Promise<void> {
    const from = performance.now();
    let offered = 0;
    return this.#run(seconds, () => {
      const due = ((performance.now() - from) / 1_000) * perSecond;
      for (; offered < due; offered += 1) this.#put();
    });
  }

  close(): void {
    for (const { socket } of this.#connections) socket.terminate();
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

  #put(): void {
    const counts = this.#counts;
    counts.offered += 1;
    const id = this.#nextId;
    this.#nextId += 1;
    const connection = this.#connections[id % this.#connections.length];
    if (connection === undefined || !hasRoom(connection)) {
      counts.heldBack += 1;
      return;
    }
    this.#sentAt.set(id, performance.now());
    const key = `over:${String(randomInt(10_000)).padStart(11, '0')}`;
    connection.writer.write(`{"jsonrpc":"2.0","id":${id},"method":"kv.put","params":{"key":"${key}","value":"${this.#value}"}}`);
  }

  #answered(text: string): void {
    const id = Number(ID.exec(text)?.[1]);
    const sentAt = this.#sentAt.get(id);
    if (sentAt === undefined) return;
    this.#sentAt.delete(id);
    const took = performance.now() - sentAt;
    const counts = this.#counts;
    if (!text.includes('"error":')) {
      counts.accepted += 1;
      this.latency.record(took);
    } else if (text.includes('"kind":"OVERLOADED"')) {
      counts.overloaded += 1;
      this.refusal.record(took);
      if (!text.includes('"retryAfterMs":')) counts.withoutHint += 1;
    } else counts.otherErrors += 1;
  }
}

function hasRoom({ socket, writer }: { readonly socket: WebSocket; readonly writer: FrameWriter }): boolean {
  return socket.readyState === socket.OPEN && socket.bufferedAmount + writer.waitingUnits <= UNSENT_BYTES;
}
