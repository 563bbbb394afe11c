/**
 * Reads of a socket into one buffer for all. By itself Node makes 64 KiB for each read, shortens them to what has come, and wraps them
 * twice: a tenth of what a lone request costs. `onread` of `net.connect` spares it that, but nobody offers this for a socket that was
 * accepted, or that a library has opened. So here is set what `onread` would have set; where anything is not as it is known to be, all
 * stays as it was.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';

/** Returns false to read no more for now. The bytes are good until it returns. */
export type TakeLent = (bytes: Buffer) => boolean;

/** What Node reads at once by itself. */
const READ_BYTES = 65_536;
/** Whose `net.Socket` was looked at. */
const KNOWN_NODES = ['22', '24'];
const FIELDS = ['kBuffer', 'kBufferCb', 'kBufferGen'] as const;

interface Inside {
  [field: symbol]: unknown;
  readonly _handle?: { readonly useUserBuffer?: (buffer: Buffer) => void } | null;
}

let buffer: Buffer | null = null;

/** From now on what `stream` reads goes to `take`, not to the stream. False when it cannot be done: then nothing was changed. */
export function lendReads(stream: Duplex, take: TakeLent): boolean {
  const inside = stream as unknown as Inside;
  const fields = fieldsOf(stream);
  const handle = inside._handle;
  if (fields === null || typeof handle?.useUserBuffer !== 'function') return false;
  buffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
  handle.useUserBuffer.call(handle, buffer);
  const [bufferField, callbackField] = fields;
  inside[callbackField] = (length: number, lent: Buffer): boolean => take(lent.subarray(0, length));
  inside[bufferField] = buffer;
  return true;
}

/** Null unless it is a plain socket of a known Node, and reads in the usual way. */
function fieldsOf(stream: Duplex): readonly [buffer: symbol, callback: symbol, next: symbol] | null {
  const { Socket } = process.getBuiltinModule('node:net');
  const [major = ''] = process.versions.node.split('.');
  if (!KNOWN_NODES.includes(major) || Object.getPrototypeOf(stream) !== Socket.prototype) return null;
  const symbols = Object.getOwnPropertySymbols(stream);
  const [own, callback, next] = FIELDS.map((name) => symbols.find(({ description }) => description === name));
  if (own === undefined || callback === undefined || next === undefined) return null;
  const inside = stream as unknown as Inside;
  const isUsual = inside[own] === null && inside[callback] === null && inside[next] === null;
  return isUsual ? [own, callback, next] : null;
}
