/** Rows as they are painted: sequences of SGR, and what takes one cell for each code unit. */
import { isSingleUnit } from './width.ts';

const ESCAPE = 0x1b;
const BRACKET = 0x5b;
const SEMICOLON = 0x3b;
const END = 0x6d;
const isParameter = (unit: number): boolean => (unit >= 0x30 && unit <= 0x39) || unit === SEMICOLON;

/** Rows that stay are asked for again and again, and so are found by their own object. */
const KNOWN = new Map<string, number | null>();
const MOST_KNOWN = 512;

/** Cells that it takes; null for a text that has anything else in it. */
export function paintedCells(text: string): number | null {
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const cells = countCells(text);
  KNOWN.set(text, cells);
  return cells;
}

function countCells(text: string): number | null {
  let cells = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === ESCAPE) {
      if (text.charCodeAt(i + 1) !== BRACKET) return null;
      i += 2;
      while (isParameter(text.charCodeAt(i))) i += 1;
      if (text.charCodeAt(i) !== END) return null;
    } else if (isSingleUnit(unit)) cells += 1;
    else return null;
  }
  return cells;
}

/** For Ink, which takes everything apart that has a sequence in it to find those that it has to leave out: here there is none of those. */
export const isPainted = (text: string): boolean => paintedCells(text) !== null;
