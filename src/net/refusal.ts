/** What whoever asks for more than there is room for is told: OVERLOADED, and when to come back. */
import { Buffer } from 'node:buffer';
import type { Call } from '../wire/guard.ts';
import { framesAsBytes } from './frames.ts';
import { errorReply } from './wire-errors.ts';

/** What a client that was refused is told to wait. */
export const RETRY_AFTER_MS = 50;

const OVERLOADED = JSON.stringify(errorReply(0, 'OVERLOADED', { retryAfterMs: RETRY_AFTER_MS }).error);

/** The answer to a call of the load. */
export function loadRefusal(id: number): string {
  return `{"jsonrpc":"2.0","id":${id},"error":${OVERLOADED}}`;
}

const ID_AT = loadRefusal(0).indexOf('0,');
const BEHIND_ID = Buffer.from(loadRefusal(0).slice(ID_AT + 1));
/** Frames with an id of so many digits begin alike: their header and what stands before the id. */
const beginnings: Buffer[] = [];
const ZERO = 0x30;

/** Of a frame, header included, as it waits to be written. */
export const REFUSAL_BYTES = loadRefusal(Number.MAX_SAFE_INTEGER).length + 4;

/** The answers to calls of the load, as the frames of a server: a flood is refused without a text for each of its calls. */
export function loadRefusals(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * REFUSAL_BYTES);
  let at = 0;
  for (const id of ids) {
    const digits = digitsOf(id);
    beginnings[digits] ??= beginning(digits);
    const begins = beginnings[digits] as Buffer;
    begins.copy(bytes, at);
    at += begins.length + digits;
    for (let place = at - 1, left = id; place >= at - digits; place -= 1) {
      const tens = Math.floor(left / 10);
      bytes[place] = ZERO + (left - tens * 10);
      left = tens;
    }
    at += BEHIND_ID.copy(bytes, at);
  }
  return bytes.subarray(0, at);
}

function digitsOf(id: number): number {
  let digits = 1;
  for (let left = id; left >= 10; left = Math.floor(left / 10)) digits += 1;
  return digits;
}

function beginning(digits: number): Buffer {
  const text = loadRefusal(Number('1'.repeat(digits)));
  const frame = framesAsBytes([text], false);
  return frame.subarray(0, frame.length - text.length + ID_AT);
}

/** The answer to the calls of a frame; null when none of them wants one. */
export function refusal(calls: readonly Call[], batch: boolean): string | null {
  const replies = calls.flatMap(({ id }) =>
    id === undefined ? [] : [errorReply(id, 'OVERLOADED', { retryAfterMs: RETRY_AFTER_MS })],
  );
  const [first] = replies;
  return first === undefined ? null : JSON.stringify(batch ? replies : first);
}
