/** Text frames of a WebSocket (RFC 6455 §5.2), unfragmented and uncompressed: the only ones that this program sends. */
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

const FIN_AND_TEXT = 0x81;
const MASKED = 0x80;
const KEY_BYTES = 4;
/** Up to here the length stands in the second byte; above it the byte tells how many bytes of length follow. */
const SHORT = 125;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/**
 * Frames as a server sends them, as text of one character for each byte; null when a text is not ASCII throughout. Node
 * hands such text to the system without making a buffer of it.
 */
export function framesAsLatin1(texts: readonly string[]): string | null {
  let all = '';
  for (const text of texts) {
    const { length } = text;
    if (Buffer.byteLength(text) !== length) return null;
    all += header(length) + text;
  }
  return all;
}

/** The bytes of several frames in a row; with keys of chance when `masked`, as a client must send them. */
export function framesAsBytes(texts: readonly string[], masked: boolean): Buffer {
  const keyBytes = masked ? KEY_BYTES : 0;
  const lengths: number[] = [];
  let bytes = 0;
  for (const text of texts) {
    const length = Buffer.byteLength(text);
    lengths.push(length);
    bytes += headerBytes(length) + keyBytes + length;
  }
  const frames = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (let i = 0; i < texts.length; i += 1) {
    const length = lengths[i] ?? 0;
    const start = putHeader(frames, at, length, masked ? MASKED : 0) + keyBytes;
    const text = texts[i] ?? '';
    at = start + frames.write(text, start, length, length === text.length ? 'latin1' : 'utf8');
    if (masked) mask(frames, start, at);
  }
  return frames;
}

/** Returns where the header ends. */
function putHeader(frames: Buffer, at: number, length: number, flags: number): number {
  frames[at] = FIN_AND_TEXT;
  if (length <= SHORT) {
    frames[at + 1] = flags | length;
    return at + 2;
  }
  if (length < 0x1_0000) {
    frames[at + 1] = flags | TWO_BYTES;
    frames[at + 2] = length >> 8;
    frames[at + 3] = length & 0xff;
    return at + 4;
  }
  // No frame comes near 4 GiB.
  frames[at + 1] = flags | EIGHT_BYTES;
  frames.writeUInt32BE(0, at + 2);
  return frames.writeUInt32BE(length, at + 6);
}

function headerBytes(length: number): number {
  return length <= SHORT ? 2 : length < 0x1_0000 ? 4 : 10;
}

function header(length: number): string {
  if (length <= SHORT) return String.fromCharCode(FIN_AND_TEXT, length);
  if (length < 0x1_0000) return String.fromCharCode(FIN_AND_TEXT, TWO_BYTES, length >> 8, length & 0xff);
  // No frame comes near 4 GiB.
  const bytes = [length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return String.fromCharCode(FIN_AND_TEXT, EIGHT_BYTES, 0, 0, 0, 0, ...bytes);
}

const chance = Buffer.alloc(8_192);
let used = chance.length;

/** With a key of chance, which is written before `start`. */
function mask(frames: Buffer, start: number, end: number): void {
  if (used === chance.length) {
    randomFillSync(chance);
    used = 0;
  }
  for (let at = start - KEY_BYTES; at < start; at += 1) {
    frames[at] = chance[used] as number;
    used += 1;
  }
  applyKey(frames, start, end);
}

/** Masks what lies between `start` and `end` with the key that stands before it, or unmasks it: twice is not at all. */
export function applyKey(frames: Buffer, start: number, end: number): void {
  const k0 = frames[start - 4] as number;
  const k1 = frames[start - 3] as number;
  const k2 = frames[start - 2] as number;
  const k3 = frames[start - 1] as number;
  let at = start;
  for (; at + 3 < end; at += 4) {
    frames[at] = (frames[at] as number) ^ k0;
    frames[at + 1] = (frames[at + 1] as number) ^ k1;
    frames[at + 2] = (frames[at + 2] as number) ^ k2;
    frames[at + 3] = (frames[at + 3] as number) ^ k3;
  }
  for (let i = 0; at < end; at += 1, i += 1) frames[at] = (frames[at] as number) ^ (i === 0 ? k0 : i === 1 ? k1 : k2);
}
