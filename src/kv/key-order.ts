/** Keys are ordered by their UTF-8 bytes, which is the order of their code points, and checked before they are proposed. */
import { LIMITS } from '../base/limits.ts';

/** UTF-16 puts surrogates (that is, U+10000 and above) before U+E000..U+FFFF; below this unit the two orders agree. */
const FIRST_DISPUTED_UNIT = 0xd800;
const FIRST_AFTER_SURROGATES = 0xe000;

/** Negative, zero or positive as `a` sorts before, with or after `b`. Exact for well-formed strings, a total order for all. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    if (left < FIRST_DISPUTED_UNIT || right < FIRST_DISPUTED_UNIT) return left - right;
    return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Moves surrogates behind U+E000..U+FFFF, where the characters they encode belong. */
function rank(unit: number): number {
  return unit < FIRST_AFTER_SURROGATES ? unit + 0x2000 : unit - 0x800;
}

/** Whether `<` between this string and any other is already the order of the UTF-8 bytes. */
export function sortsAsUtf16(key: string): boolean {
  for (let i = 0; i < key.length; i += 1) if (key.charCodeAt(i) >= FIRST_DISPUTED_UNIT) return false;
  return true;
}

/** The least key after `key`. */
export function keyAfter(key: string): string {
  return `${key}\0`;
}

/** The least string above every string that begins with `prefix`; null when nothing is above them. */
export function prefixEnd(prefix: string): string | null {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const code = last.codePointAt(0) ?? 0;
    if (code === 0x10ffff) continue;
    const next = code === FIRST_DISPUTED_UNIT - 1 ? FIRST_AFTER_SURROGATES : code + 1;
    return points.join('') + String.fromCodePoint(next);
  }
  return null;
}

/** Bytes of `text` in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (isPairAt(text, i)) {
      // Two units, four bytes.
      bytes += 2;
      i += 1;
    } else {
      bytes += unit < 0x800 ? 1 : 2;
    }
  }
  return bytes;
}

function isPairAt(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
}

/** Why a key or a value is refused, in the form that RpcError takes. */
export interface DataProblem {
  readonly kind: 'INVALID_PARAMS' | 'TOO_LARGE';
  readonly detail: string;
}

/** Null for a key that may be stored: well-formed Unicode, 1 to LIMITS.keyBytes bytes of UTF-8. */
export function keyProblem(key: string): DataProblem | null {
  if (key === '') return { kind: 'INVALID_PARAMS', detail: 'a key has at least one byte' };
  return textProblem('key', key, LIMITS.keyBytes);
}

/** Null for a value that may be stored: well-formed Unicode, at most LIMITS.valueBytes bytes of UTF-8; it may be empty. */
export function valueProblem(value: string): DataProblem | null {
  return textProblem('value', value, LIMITS.valueBytes);
}

function textProblem(what: string, text: string, limit: number): DataProblem | null {
  const tooLarge: DataProblem = { kind: 'TOO_LARGE', detail: `a ${what} has at most ${limit} bytes of UTF-8` };
  // A unit is at least one byte, so that a huge text is refused before it is scanned.
  if (text.length > limit) return tooLarge;
  // Two different lone surrogates would become one replacement character on the way to the disk.
  if (!text.isWellFormed()) return { kind: 'INVALID_PARAMS', detail: `the ${what} holds half of a surrogate pair` };
  return text.length * 3 > limit && utf8Bytes(text) > limit ? tooLarge : null;
}
