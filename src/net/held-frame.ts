/** A frame that has come and waits to be read. What is refused while it waits is never read as a whole. */
import { Buffer, isUtf8 } from 'node:buffer';
import { loadId } from '../wire/load-frames.ts';
import { applyKey } from './frames.ts';

export interface HeldFrame {
  /** What it says; null when it is not UTF-8. It can be asked once. */
  readonly text: () => string | null;
  /** The id of a call of the load, as `loadId` finds it in the text; null for whatever else it is. Not to be asked after the text. */
  readonly loadId: () => number | null;
}

/** Who decides whether a frame is read as it comes or waits. */
export interface Gatekeeper {
  /** A read has brought less than it could have, so all that had come; told before its frames are. */
  readonly sawEmpty: () => void;
  /** Asked before each frame is read; when it says false, the frame is handed to `hold`. */
  readonly admits: () => boolean;
  readonly hold: (frame: HeldFrame) => void;
}

/** What an invalid sequence becomes when it is decoded. */
const REPLACEMENT = '\ufffd';
const KEY_BYTES = 4;
const ZERO = 0x30;
const SAFE_DIGITS = 16;
const NO_KEY = -1;
const BEFORE_ID = Buffer.from('{"jsonrpc":"2.0","id":');
const BEHIND_ID = Buffer.from(',"method":"kv.');

/** The payload between `start` and `end`, its mask before it if it has one. Null for what is not UTF-8; the bytes are then as they were. */
export function payloadText(chunk: Buffer, start: number, end: number, masked: boolean): string | null {
  if (masked) applyKey(chunk, start, end);
  const text = chunk.toString('utf8', start, end);
  // The character itself may stand in a text, too.
  if (!text.includes(REPLACEMENT) || isUtf8(chunk.subarray(start, end))) return text;
  if (masked) applyKey(chunk, start, end);
  return null;
}

/** As it lies in what a read has brought. */
export class HeldBytes implements HeldFrame {
  readonly #chunk: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #masked: boolean;

  constructor(chunk: Buffer, start: number, end: number, masked: boolean) {
    this.#chunk = chunk;
    this.#start = start;
    this.#end = end;
    this.#masked = masked;
  }

  text(): string | null {
    return payloadText(this.#chunk, this.#start, this.#end, this.#masked);
  }

  loadId(): number | null {
    return loadIdIn(this.#chunk, this.#start, this.#end, this.#masked ? this.#start - KEY_BYTES : NO_KEY);
  }
}

/** In a flood this runs for each frame, so it makes nothing. `keyAt` is where the mask of the payload stands. */
function loadIdIn(chunk: Buffer, start: number, end: number, keyAt: number): number | null {
  const idAt = start + BEFORE_ID.length;
  if (!says(chunk, start, end, keyAt, start, BEFORE_ID)) return null;
  let id = 0;
  let at = idAt;
  for (; at < end; at += 1) {
    const digit = byteAt(chunk, start, keyAt, at) - ZERO;
    if (digit < 0 || digit > 9) break;
    id = id * 10 + digit;
  }
  const digits = at - idAt;
  const isPadded = digits > 1 && byteAt(chunk, start, keyAt, idAt) === ZERO;
  if (digits === 0 || digits > SAFE_DIGITS || isPadded || !Number.isSafeInteger(id)) return null;
  return says(chunk, start, end, keyAt, at, BEHIND_ID) ? id : null;
}

function says(chunk: Buffer, start: number, end: number, keyAt: number, at: number, word: Buffer): boolean {
  if (at + word.length > end) return false;
  for (let i = 0; i < word.length; i += 1) if (byteAt(chunk, start, keyAt, at + i) !== word[i]) return false;
  return true;
}

function byteAt(chunk: Buffer, start: number, keyAt: number, at: number): number {
  const byte = chunk[at] as number;
  return keyAt === NO_KEY ? byte : byte ^ (chunk[keyAt + ((at - start) & 3)] as number);
}

/** What the library has read already. */
export class HeldText implements HeldFrame {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  text(): string {
    return this.#text;
  }

  loadId(): number | null {
    return loadId(this.#text);
  }
}
