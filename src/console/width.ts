/** Text measured in terminal cells, not in code units. */
import stringWidth from 'string-width';
import { once } from '../base/once.ts';
import { safe } from '../base/safe.ts';

/** ASCII and the glyphs that we draw ourselves, Braille included, one cell each: most of every screen, and costly to measure. */
const SINGLES = singles(
  [0x20, 0x7e],
  [0xb7, 0xb7],
  [0x2016, 0x2016],
  [0x2022, 0x2022],
  [0x2026, 0x2026],
  [0x203a, 0x203a],
  [0x2192, 0x2192],
  [0x2248, 0x2248],
  [0x2500, 0x25fc],
  [0x2713, 0x2713],
  [0x2715, 0x2715],
  [0x2717, 0x2717],
  [0x2800, 0x28ff],
);
const segmenter = once(() => new Intl.Segmenter(undefined, { granularity: 'grapheme' }));
/** No grapheme that a person reads is longer; a taller pile of marks would only cost time. */
const UNITS_PER_CELL = 16;

/** 1 for each code unit in the ranges: a screen has thousands of pieces of text to look at, and a loop is quicker than a pattern. */
function singles(...ranges: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(0x2900);
  for (const [first, last] of ranges) table.fill(1, first, last + 1);
  return table;
}

/** Each code unit takes one cell and does nothing but show a glyph. */
export function isSingle(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (!isSingleUnit(text.charCodeAt(i))) return false;
  }
  return true;
}

export const isSingleUnit = (unit: number): boolean => unit < SINGLES.length && SINGLES[unit] === 1;

export function cellsOf(text: string): number {
  return isSingle(text) ? text.length : stringWidth(text);
}

/** At most `width` cells; what is left out shows as `ellipsis` (one cell). */
export function cutText(text: string, width: number, ellipsis: string): string {
  if (width <= 0) return '';
  if (isSingle(text)) return text.length <= width ? text : text.slice(0, width - 1) + ellipsis;
  return fits(text, width) ? text : headOf(text, width - 1) + ellipsis;
}

function fits(text: string, width: number): boolean {
  return text.length <= width * UNITS_PER_CELL && cellsOf(text) <= width;
}

/** The longest beginning that takes at most `width` cells, ending between two graphemes. */
export function headOf(text: string, width: number): string {
  if (isSingle(text)) return text.slice(0, Math.max(0, width));
  let used = 0;
  let end = 0;
  for (const { segment, index } of segmenter().segment(text.slice(0, (width + 1) * UNITS_PER_CELL))) {
    used += cellsOf(segment);
    if (used > width) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellsOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - cellsOf(text))) + text;
}

/** A beginning of foreign text that is surely enough for `width` cells, made harmless: a megabyte is not escaped for one line. */
export function foreign(text: string, width: number): string {
  return safe(text.slice(0, (width + 1) * UNITS_PER_CELL));
}

/** Breaks harmless text into lines of at most `width` cells, between graphemes. */
export function wrapText(text: string, width: number, mostLines: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < mostLines) {
    const head = headOf(rest, width);
    const taken = head === '' ? rest.slice(0, 1) : head;
    lines.push(taken);
    rest = rest.slice(taken.length);
  }
  return lines;
}

/** Breaks a sentence between words; a word longer than the line is cut. */
export function wrapWords(text: string, width: number, ellipsis: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (cellsOf(longer) <= width) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = cutText(word, width, ellipsis);
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** What stands before the text of a line: an indent, and a name in a column of its own. */
const LEAD = /^ *(?:\S+(?: \S+)* {2,})?/;

/** Breaks between words; what follows stands below where the text of the line began, behind its indent or in its second column. */
export function wrapHanging(text: string, width: number, ellipsis: string): readonly string[] {
  const named = LEAD.exec(text)?.[0] ?? '';
  const lead = cellsOf(named) * 2 <= width ? named : (/^ */.exec(text)?.[0] ?? '');
  const rows = wrapWords(text.slice(lead.length), width - cellsOf(lead), ellipsis);
  return rows.length === 0 ? [''] : rows.map((row, place) => (place === 0 ? lead : ' '.repeat(cellsOf(lead))) + row);
}

/** Signs that do not begin a line, and those that do not end one. */
const CLOSING = '，。、；：？！）」》';
const OPENING = '（「《';
const UNIT = new RegExp(`\\s+|[${OPENING}]*(?:\\p{sc=Han}|[^\\s\\p{sc=Han}${OPENING}${CLOSING}]+)[${CLOSING}]*|.`, 'gu');

/** Breaks a text in any language: between words, and between the characters of a script without spaces. */
export function wrapProse(text: string, width: number, ellipsis: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const unit of text.match(UNIT) ?? []) {
    if (cellsOf(line) + cellsOf(unit) <= width) line += unit;
    else {
      lines.push(line.trimEnd());
      line = cutText(unit.trimStart(), width, ellipsis);
    }
  }
  const last = line.trimEnd();
  return last === '' ? lines : [...lines, last];
}
