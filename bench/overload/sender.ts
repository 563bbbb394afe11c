/**
 * One raw connection of the flood. It shares the cores with the nodes, so that what it spends it takes from them: a put is a copy of
 * one frame with other digits, and of an answer only its id and the word behind it are looked at.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { framesAsBytes } from '../../src/net/frames.ts';
import { loadRefusal } from '../../src/net/refusal.ts';

export type Answer = 'accepted' | 'refused with a hint' | 'refused' | 'failed';

const ID_DIGITS = 10;
const KEY_DIGITS = 11;
const KEYS = 10_000;
const HEAD = '{"jsonrpc":"2.0","id":';
const ZERO = 0x30;
const NINE = 0x39;
const MASK_BYTES = 4;
const PING = 0x89;
/** An empty answer to a ping, masked with zeros. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const SHORT = 125;
const RESULT = Buffer.from(',"result"');
const REFUSAL = Buffer.from(loadRefusal(0).slice(HEAD.length + 1));

/** Answers are told with the id that `send` gave. */
type OnAnswer = (id: number, answer: Answer) => void;

export class Sender {
  readonly #socket: Socket;
  readonly #frame: Buffer;
  readonly #idAt: number;
  readonly #keyAt: number;
  readonly #onAnswer: OnAnswer;
  #rest: Buffer | null = null;
  #random = 1;

  private constructor(socket: Socket, valueBytes: number, onAnswer: OnAnswer) {
    this.#socket = socket;
    this.#onAnswer = onAnswer;
    const id = '1'.repeat(ID_DIGITS);
    const key = `over:${'0'.repeat(KEY_DIGITS)}`;
    const text = `${HEAD}${id},"method":"kv.put","params":{"key":"${key}","value":"${'x'.repeat(valueBytes)}"}}`;
    this.#frame = maskedWithZeros(text);
    this.#idAt = this.#frame.indexOf(id);
    this.#keyAt = this.#frame.indexOf(key) + 'over:'.length;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  /** A connection after its handshake (RFC 6455 §4.1). Rejects when the node refuses it. */
  static open(url: string, token: string, valueBytes: number, onAnswer: OnAnswer, onClose: () => void): Promise<Sender> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: hostname, port: Number(port), noDelay: true });
      socket.once('error', reject);
      socket.once('close', onClose);
      socket.write(
        `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
      socket.once('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1');
        if (!text.startsWith('HTTP/1.1 101')) return reject(new Error(text.split('\r\n')[0]));
        const sender = new Sender(socket, valueBytes, onAnswer);
        socket.on('error', () => {});
        sender.#read(chunk.subarray(text.indexOf('\r\n\r\n') + 4));
        resolve(sender);
      });
    });
  }

  /** Frames that may be sent until `bytes` of them wait here, since the node has stopped reading. */
  room(bytes: number): number {
    return this.#socket.writable ? Math.max(0, Math.floor((bytes - this.#socket.writableLength) / this.#frame.length)) : 0;
  }

  /** Puts with the ids `first`, `first + 1` and so on, in one call of the system. */
  send(first: number, count: number): void {
    const { length } = this.#frame;
    const bytes = Buffer.allocUnsafe(count * length);
    for (let i = 0; i < count; i += 1) {
      const at = i * length;
      this.#frame.copy(bytes, at);
      this.#random = (this.#random * 1_103_515_245 + 12_345) & 0x7fffffff;
      putDigits(bytes, at + this.#keyAt, KEY_DIGITS, (this.#random >>> 8) % KEYS);
      putDigits(bytes, at + this.#idAt, ID_DIGITS, 10 ** (ID_DIGITS - 1) + first + i);
    }
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(arrived: Buffer): void {
    const chunk = this.#rest === null ? arrived : Buffer.concat([this.#rest, arrived]);
    let at = 0;
    while (chunk.length >= at + 4) {
      const length = chunk[at + 1] as number;
      const start = at + (length <= SHORT ? 2 : 4);
      const end = start + (length <= SHORT ? length : chunk.readUInt16BE(at + 2));
      if (end > chunk.length) break;
      if (chunk[at] === PING) this.#socket.write(PONG);
      else this.#answered(chunk, start, end);
      at = end;
    }
    this.#rest = at < chunk.length ? chunk.subarray(at) : null;
  }

  #answered(chunk: Buffer, start: number, end: number): void {
    let id = 0;
    let at = start + HEAD.length;
    for (let digit = chunk[at] ?? 0; digit >= ZERO && digit <= NINE; digit = chunk[at] ?? 0) {
      id = id * 10 + digit - ZERO;
      at += 1;
    }
    this.#onAnswer(id - 10 ** (ID_DIGITS - 1), kindOf(chunk, at, end));
  }
}

function kindOf(chunk: Buffer, at: number, end: number): Answer {
  if (chunk.compare(RESULT, 0, RESULT.length, at, Math.min(end, at + RESULT.length)) === 0) return 'accepted';
  if (chunk.compare(REFUSAL, 0, REFUSAL.length, at, end) === 0) return 'refused with a hint';
  return chunk.toString('utf8', at, end).includes('"kind":"OVERLOADED"') ? 'refused' : 'failed';
}

function putDigits(bytes: Buffer, at: number, count: number, value: number): void {
  for (let i = at + count - 1, left = value; i >= at; i -= 1) {
    const next = Math.floor(left / 10);
    bytes[i] = ZERO + (left - next * 10);
    left = next;
  }
}

/** A mask of zeros is as good as any to a server, and leaves the digits where they can be changed. */
function maskedWithZeros(text: string): Buffer {
  const frame = framesAsBytes([text], true);
  const start = frame.length - Buffer.byteLength(text);
  frame.fill(0, start - MASK_BYTES, start);
  frame.write(text, start);
  return frame;
}
