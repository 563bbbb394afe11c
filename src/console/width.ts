/** Text measured in terminal cells, not in code units. */
import stringWidth from 'string-width';
import { once } from '../base/once.ts';
import { safe } from '../base/safe.ts';

const ASCII = /^[\x20-\x7e]*$/;
/** ASCII and the glyphs that we draw ourselves, Braille included, one cell each: most of every screen, and costly to measure. */
const SINGLE = /^[\x20-\x7e\u{b7}\u{2016}\u{2022}\u{2026}\u{203a}\u{2192}\u{2248}\u{2500}-\u{25fc}\u{2715}\u{2800}-\u{28ff}]*$/u;
const segmenter = once(() => new Intl.Segmenter(undefined, { granularity: 'grapheme' }));
/** No grapheme that a person reads is longer; a taller pile of marks would only cost time. */
const UNITS_PER_CELL = 16;

export const isSingle = (text: string): boolean => SINGLE.test(text);

export function cellsOf(text: string): number {
  return isSingle(text) ? text.length : stringWidth(text);
}

/** At most `width` cells; what is left out shows as `ellipsis` (one cell). */
export function cutText(text: string, width: number, ellipsis: string): string {
  if (width <= 0) return '';
  if (ASCII.test(text) ? text.length <= width : fits(text, width)) return text;
  if (ASCII.test(text)) return text.slice(0, width - 1) + ellipsis;
  return headOf(text, width - 1) + ellipsis;
}

function fits(text: string, width: number): boolean {
  return text.length <= width * UNITS_PER_CELL && cellsOf(text) <= width;
}

/** The longest beginning that takes at most `width` cells, ending between two graphemes. */
export function headOf(text: string, width: number): string {
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
