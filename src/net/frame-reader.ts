/**
 * A short way for the frames that carry the load: whole, unfragmented text frames are taken out of the stream before the
 * library cuts them up. Everything else is the library's: control frames, frames that come in pieces, and whatever is not
 * as it should be. From the first byte of that last kind on, the library reads alone, so it is the one that refuses.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { type Gatekeeper, HeldBytes, payloadText } from './held-frame.ts';
import { lendReads } from './lent-reads.ts';

const FIN_AND_TEXT = 0x81;
const FIN_AND_PING = 0x89;
const FIN_AND_PONG = 0x8a;
const MASKED = 0x80;
const KEY_BYTES = 4;
const SHORT = 125;
type Kind = 'text' | 'control' | 'odd' | 'unfinished';
type DataListener = (this: Duplex, chunk: Buffer) => void;

export interface FrameReaderOptions {
  readonly socket: WebSocket;
  readonly stream: Duplex;
  /** True on the server's side: a client masks what it sends, a server does not (RFC 6455 §5.1). */
  readonly masked: boolean;
  /** Gets the texts of the frames that took the short way; the others come from the socket as ever. */
  readonly take: (text: string) => void;
  /** For the frames that take the short way; null when none has to wait. */
  readonly gatekeeper: Gatekeeper | null;
  /** Whether reads can be had as they come, and by whom; for tests. */
  readonly lend?: typeof lendReads;
}

/** What Node reads from a socket at once, when there is so much. */
const READ_BYTES = 65_536;
/** A larger frame that comes in pieces is the library's from its first piece on, and so is what comes in one read with its last one. */
const KEPT_BYTES = 16_384;

const NOTHING = Buffer.alloc(0);

export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #library: DataListener;
  /** What is read now. */
  #chunk: Buffer = NOTHING;
  /** It is good until this read ends: whoever keeps a part of it keeps a copy. */
  #isLent = false;
  /** The beginning of a frame, or of a header, whose end has not come yet. */
  #rest: Buffer | null = null;
  #isReading = true;
  /** So many bytes to come belong to a frame that the library has begun to read. */
  #begun = 0;
  /** Of the frame that was looked at last: where its payload starts, and where it ends. */
  #start = 0;
  #end = 0;

  /** Must be made in the turn in which the socket opened, before it has read anything. */
  constructor(options: FrameReaderOptions) {
    this.#options = options;
    const { socket, stream, lend = lendReads } = options;
    const [library] = stream.listeners('data') as DataListener[];
    this.#library = library ?? (() => {});
    if (library === undefined) return;
    stream.on('data', this.#data);
    stream.removeListener('data', library);
    if (!lend(stream, this.#lent)) this.#takeFromStream();
    // The library has given up reading; what still comes is nobody's.
    socket.once('error', () => this.#stopReading());
  }

  /**
   * What a stream that flows has just been given, it would hand on at once, and then see to it in a callback of its own whether there
   * is more; on a connection that has one frame in each turn that costs more than all that is done with the frame here.
   */
  #takeFromStream(): void {
    const { stream } = this.#options;
    const push = stream.push;
    stream.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
      if (chunk === null || !this.#flows) return push.call(stream, chunk, encoding);
      this.#data(chunk);
      return true;
    };
  }

  /** Nothing that came earlier is waiting, and nothing has to wait. */
  get #flows(): boolean {
    const { stream } = this.#options;
    return this.#isReading && stream.readableFlowing === true && stream.readableLength === 0;
  }

  readonly #lent = (bytes: Buffer): boolean => {
    if (!this.#flows) return this.#options.stream.push(Buffer.from(bytes));
    this.#isLent = true;
    this.#data(bytes);
    this.#isLent = false;
    return true;
  };

  #stopReading(): void {
    this.#isReading = false;
    this.#options.stream.removeListener('data', this.#data);
  }

  readonly #data = (arrived: Buffer): void => {
    if (arrived.length < READ_BYTES) this.#options.gatekeeper?.sawEmpty();
    this.#read(arrived);
  };

  #read(arrived: Buffer): void {
    this.#chunk = arrived;
    if (this.#rest !== null) {
      this.#chunk = Buffer.concat([this.#rest, arrived]);
      this.#isLent = false;
    }
    this.#rest = null;
    const { length } = this.#chunk;
    const theirs = Math.min(this.#begun, length);
    this.#begun -= theirs;
    // What follows a frame of the library's waits for its verdict on that, so it goes there too.
    const from = theirs > 0 ? 0 : this.#takeTexts();
    let at = Math.max(theirs, from);
    let kind: Kind = 'control';
    for (; at < length && this.#isOpen; at = Math.min(this.#end, length)) {
      kind = this.#look(this.#chunk, at);
      if (kind === 'text' && this.#end > length && this.#end - at <= KEPT_BYTES) kind = 'unfinished';
      if (kind === 'odd' || kind === 'unfinished') break;
      this.#begun = Math.max(0, this.#end - length);
    }
    if (kind === 'odd' || !this.#isOpen) {
      if (from < length) this.#keep();
      this.#surrender(this.#chunk.subarray(from));
    } else {
      if (kind === 'unfinished') this.#rest = Buffer.from(this.#chunk.subarray(at));
      if (at > from) {
        this.#keep();
        this.#library.call(this.#options.stream, this.#chunk.subarray(from, at));
      }
    }
    this.#chunk = NOTHING;
  }

  /** What is read now may be kept by others for longer than this read takes. */
  #keep(): void {
    if (!this.#isLent) return;
    this.#chunk = Buffer.from(this.#chunk);
    this.#isLent = false;
  }

  get #isOpen(): boolean {
    const { socket } = this.#options;
    return socket.readyState === socket.OPEN;
  }

  /** The frames that take the short way, up to the first one that does not. Returns where that begins. */
  #takeTexts(): number {
    const { masked, gatekeeper, take } = this.#options;
    const { length } = this.#chunk;
    let at = 0;
    while (at < length && this.#look(this.#chunk, at) === 'text' && this.#end <= length) {
      const [start, end] = [this.#start, this.#end];
      if (gatekeeper?.admits() === false) {
        this.#keep();
        gatekeeper.hold(new HeldBytes(this.#chunk, start, end, masked));
      } else {
        const text = payloadText(this.#chunk, start, end, masked);
        if (text === null) break;
        take(text);
      }
      at = end;
    }
    return at;
  }

  /** From here on the library reads by itself. */
  #surrender(bytes: Buffer): void {
    const { stream } = this.#options;
    stream.on('data', this.#library);
    this.#stopReading();
    if (bytes.length > 0) this.#library.call(stream, bytes);
  }

  #look(chunk: Buffer, at: number): Kind {
    const { masked } = this.#options;
    if (chunk.length < at + 2) return 'unfinished';
    const first = chunk[at] as number;
    const second = chunk[at + 1] as number;
    const isControl = first === FIN_AND_PING || first === FIN_AND_PONG;
    if ((first !== FIN_AND_TEXT && !isControl) || second >= MASKED !== masked) return 'odd';
    let length = second & ~MASKED;
    let start = at + 2;
    if (length > SHORT) {
      if (isControl) return 'odd';
      const isLong = length > SHORT + 1;
      start += isLong ? 8 : 2;
      if (chunk.length < start) return 'unfinished';
      if (isLong && chunk.readUInt32BE(at + 2) !== 0) return 'odd';
      length = isLong ? chunk.readUInt32BE(at + 6) : chunk.readUInt16BE(at + 2);
    }
    if (masked) start += KEY_BYTES;
    this.#start = start;
    this.#end = start + length;
    return isControl ? 'control' : 'text';
  }
}
