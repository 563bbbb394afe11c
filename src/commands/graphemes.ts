/** What a reader takes for one character, for cursor movement: "é" or a flag may be several code points. */
import { once } from '../base/once.ts';

const segmenter = once(() => new Intl.Segmenter(undefined, { granularity: 'grapheme' }));
/** A grapheme may have any number of marks; looking further back than this would let one line stall the editor. */
const REACH = 64;
// A slice may cut a surrogate pair in two; the segmenter sets such a half apart, so no boundary ever lies inside a pair.

/** The position after the grapheme that begins at `at`. */
export function nextBoundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  for (const { segment } of segmenter().segment(text.slice(at, at + REACH))) {
    return at + segment.length;
  }
  return text.length;
}

/** The position before the grapheme that ends at `at`. */
export function previousBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  const from = Math.max(0, at - REACH);
  let last = from;
  for (const { index } of segmenter().segment(text.slice(from, at))) last = from + index;
  return last;
}

/** Readline's words: runs of letters and digits. */
export function nextWordEnd(text: string, at: number): number {
  const match = /[\p{L}\p{N}]+[\p{M}]*/u.exec(text.slice(at));
  return match === null ? text.length : at + match.index + wordLength(text.slice(at + match.index));
}

function wordLength(text: string): number {
  return /^[\p{L}\p{N}\p{M}]+/u.exec(text)?.[0].length ?? 0;
}

export function previousWordStart(text: string, at: number): number {
  const match = /[\p{L}\p{N}\p{M}]+[^\p{L}\p{N}]*$/u.exec(text.slice(0, at));
  return match === null ? 0 : match.index;
}

/** Where Ctrl-W stops: before the last run of non-spaces, as in a Unix terminal. */
export function previousSpaceWordStart(text: string, at: number): number {
  const match = /\S+\s*$/.exec(text.slice(0, at));
  return match === null ? 0 : match.index;
}
