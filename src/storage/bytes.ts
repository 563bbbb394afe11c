/**
 * Positions (indexes, terms, batch numbers) as eight bytes. The top eleven bits are always the same, most of them set, so
 * that not one of these units is ever all zero, nor nearly: a stretch of zeros then proves that a sector was never written.
 */
const MARK = 0xb4e0_0000;
const HIGH_BITS = 0x001f_ffff;
const TWO_32 = 4_294_967_296;

/** `value` is a safe integer from 0. */
export function putPosition(target: Buffer, at: number, value: number): void {
  target.writeUInt32LE(value >>> 0, at);
  target.writeUInt32LE((Math.floor(value / TWO_32) | MARK) >>> 0, at + 4);
}

/** -1 for bytes that `putPosition` never writes. */
export function getPosition(source: Buffer, at: number): number {
  const high = source.readUInt32LE(at + 4);
  if ((high & ~HIGH_BITS) >>> 0 !== MARK) return -1;
  return (high & HIGH_BITS) * TWO_32 + source.readUInt32LE(at);
}

export const alignUp = (bytes: number): number => (bytes + 7) & ~7;

const ZEROS = Buffer.alloc(65_536);

export function isZero(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += ZEROS.length) {
    const end = Math.min(to, at + ZEROS.length);
    if (bytes.compare(ZEROS, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}

/** Where the trailing zeros begin. */
export function endOfData(bytes: Buffer): number {
  let end = bytes.length;
  for (let step = ZEROS.length; step > 0; step >>= 4) {
    while (end > 0 && isZero(bytes, Math.max(0, end - step), end)) end = Math.max(0, end - step);
  }
  return end;
}
