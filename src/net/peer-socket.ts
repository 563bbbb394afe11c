/**
 * One connection between two nodes: JSON-RPC 2.0 notifications over one WebSocket, Raft's messages and nothing else. Nobody waits for
 * an answer here, so a frame goes from the socket to the replica without a promise on its way.
 */
import type { WebSocket } from 'ws';
import type { NodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Message } from '../raft/messages.ts';
import { PeerFrames } from '../wire/peer-frames.ts';
import { FrameWriter, readTexts, writeWaitingFrames } from './carrier.ts';
import { Liveness } from './liveness.ts';
import type { WireLog } from './rpc-socket.ts';

export interface PeerSocketOptions {
  readonly self: NodeId;
  readonly peer: NodeId;
  readonly pingMs: number;
  readonly log: WireLog;
  /** A message whose shape is checked and whose sender is the one it names. Not given: none is taken. */
  readonly onMessage?: (message: Message) => void;
  readonly onClose: () => void;
}

const POLICY_VIOLATION = 1008;
const UNSUPPORTED_DATA = 1003;

/** Takes over an open socket. Owns its events from here on. */
export class PeerSocket {
  readonly #socket: WebSocket;
  readonly #options: PeerSocketOptions;
  readonly #frames: PeerFrames;
  readonly #writer: FrameWriter;
  readonly #liveness: Liveness;

  constructor(socket: WebSocket, options: PeerSocketOptions) {
    const { self, peer, pingMs, log } = options;
    this.#socket = socket;
    this.#options = options;
    this.#frames = new PeerFrames(self, peer);
    this.#writer = new FrameWriter(socket);
    const refuse = (): void => this.close(UNSUPPORTED_DATA, 'text frames only');
    readTexts(socket, (text) => this.#receive(text), refuse);
    // A protocol error of the other end; the socket closes by itself and says so below.
    socket.on('error', (error) => log('debug', 'socket error', { peer, error: error.message }));
    socket.on('close', () => {
      this.#liveness.stop();
      options.onClose();
    });
    this.#liveness = new Liveness(socket, {
      everyMs: pingMs,
      measures: true,
      paused: () => false,
      onDead: (why) => this.#abort(why),
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Written here but not yet taken by the system. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount + this.#writer.waitingUnits;
  }

  /** Round trip in milliseconds; null before the first was measured. */
  get rttMs(): number | null {
    return this.#liveness.rttMs;
  }

  /** False when it was not sent: closed, or too much is buffered already. */
  send(message: Message): boolean {
    if (!this.isOpen) return false;
    const text = this.#frames.encode(message);
    if (this.bufferedBytes + text.length > LIMITS.peerSendBufferBytes) return false;
    this.#writer.write(text);
    return true;
  }

  /** Says goodbye; the socket is cut if the other end does not answer in time. */
  close(code?: number, reason?: string): void {
    writeWaitingFrames();
    this.#socket.close(code, reason);
  }

  /** Cuts the connection without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(text: string): void {
    // What arrives after our own goodbye is not looked at.
    if (!this.isOpen) return;
    this.#liveness.heard();
    const { onMessage, peer, log } = this.#options;
    const frame = this.#frames.decode(text);
    if (!frame.ok) {
      // It runs our own code: what it sends wrongly once, it will send again.
      log('warn', 'bad message from a peer', { peer, problem: frame.problem });
      this.close(POLICY_VIOLATION, 'bad message');
      return;
    }
    if (onMessage !== undefined) for (const message of frame.messages) onMessage(message);
  }

  #abort(why: string): void {
    this.#options.log('info', 'connection cut', { peer: this.#options.peer, why });
    this.#socket.terminate();
  }
}
