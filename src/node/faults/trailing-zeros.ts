import { endOfData } from '../../storage/bytes.ts';

/** The bytes without the zeros at their end. */
export function withoutTrailingZeros(bytes: Buffer): Buffer {
  return bytes.subarray(0, endOfData(bytes));
}
