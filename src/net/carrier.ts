/**
 * The stream under each WebSocket, which the library keeps to itself. Text frames are written to it directly: all that
 * are sent within one turn leave in one system call, and a frame needs no buffers of its own on its way there.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { assert } from '../base/assert.ts';
import { FrameReader } from './frame-reader.ts';
import { framesAsBytes, framesAsLatin1 } from './frames.ts';
import { type Gatekeeper, HeldText } from './held-frame.ts';
import { loadRefusals, REFUSAL_BYTES } from './refusal.ts';

interface Carrier {
  readonly stream: Duplex;
  /** Clients mask what they send, servers do not (RFC 6455 §5.1). */
  readonly masked: boolean;
}

const carriers = new WeakMap<WebSocket, Carrier>();

/** Tells, before anything is sent, which stream lies under a WebSocket, and whether this end of it masks. */
export function rememberCarrier(socket: WebSocket, stream: Duplex, masked: boolean): void {
  carriers.set(socket, { stream, masked });
}

function carrierOf(socket: WebSocket): Carrier {
  const carrier = carriers.get(socket);
  assert(carrier !== undefined, 'a connection is remembered with the stream under it');
  return carrier;
}

/** Hands on the texts that arrive, and tells of frames that are not text. Call it in the turn in which the socket opened. */
export function readTexts(
  socket: WebSocket,
  take: (text: string) => void,
  onBinary: () => void,
  gatekeeper: Gatekeeper | null = null,
): void {
  const { stream, masked } = carrierOf(socket);
  new FrameReader({ socket, stream, masked: !masked, take, gatekeeper });
  socket.on('message', (data, isBinary) => {
    if (isBinary) onBinary();
    else if (gatekeeper === null || gatekeeper.admits()) take(data.toString());
    else gatekeeper.hold(new HeldText(data.toString()));
  });
}

/** Those with frames that wait for the end of the turn. */
let waiting: FrameWriter[] = [];

/** Writes now what would be written at the end of the turn: before a goodbye, behind which nothing may follow. */
export function writeWaitingFrames(): void {
  if (waiting.length === 0) return;
  const writers = waiting;
  waiting = [];
  for (const writer of writers) writer.flush();
}

let isGathering = false;
/** A promise's callback comes after those that wait already, as a tick does, and is a fraction of its price. */
const settled = Promise.resolve();

/** What is written meanwhile leaves when `run` has ended: without a callback of its own for that, which costs as much as a frame. */
export function gatherFrames(run: () => void): void {
  isGathering = true;
  try {
    run();
  } finally {
    isGathering = false;
    writeWaitingFrames();
  }
}

/** Gathers the text frames of a turn; after it, and after the promises it settled, all leave together. */
export class FrameWriter {
  readonly #socket: WebSocket;
  readonly #carrier: Carrier;
  #texts: string[] = [];
  #refused: number[] = [];
  #units = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#carrier = carrierOf(socket);
  }

  /** UTF-16 units that are not written yet. */
  get waitingUnits(): number {
    return this.#units;
  }

  /** What the connection does not live to see is lost. */
  write(text: string): void {
    this.#wait(text.length);
    this.#texts.push(text);
  }

  /** OVERLOADED, to the call of the load with this id; at a server's end of the connection. */
  refuse(id: number): void {
    this.#wait(REFUSAL_BYTES);
    this.#refused.push(id);
  }

  #wait(units: number): void {
    this.#units += units;
    if (this.#texts.length > 0 || this.#refused.length > 0) return;
    if (waiting.push(this) === 1 && !isGathering) void settled.then(writeWaitingFrames);
  }

  flush(): void {
    const [texts, refused] = [this.#texts, this.#refused];
    this.#texts = [];
    this.#refused = [];
    this.#units = 0;
    // Behind a goodbye nothing may follow.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { stream, masked } = this.#carrier;
    if (refused.length > 0) stream.write(loadRefusals(refused));
    if (texts.length === 0) return;
    const latin1 = masked ? null : framesAsLatin1(texts);
    if (latin1 === null) stream.write(framesAsBytes(texts, masked));
    else stream.write(latin1, 'latin1');
  }
}
