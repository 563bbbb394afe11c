/** What is drawn, as data: rows of spans, each with a meaning instead of a colour. */
import { safe } from '../base/safe.ts';
import { cellsOf, headOf, isSingle } from './width.ts';

export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'title'
  | 'active'
  | 'key'
  | 'good'
  | 'warn'
  | 'bad'
  | 'leader'
  | 'ghost'
  | 'string'
  | 'number'
  | 'term0'
  | 'term1'
  | 'term2'
  | 'term3'
  | 'term4'
  | 'term5';

export interface Span {
  readonly text: string;
  /** How many the text takes. */
  readonly cells: number;
  readonly style: Style;
  /** Drawn bolder: committed, chosen, changed. */
  readonly strong: boolean;
  /** Part of the row under the cursor. */
  readonly selected: boolean;
  /** Drawn inverse: one cell under the cursor. */
  readonly inverse: boolean;
}
export type Row = readonly Span[];

export const EMPTY_ROW: Row = [];

/** The only way to make a span, so nothing that was not made harmless is ever drawn. */
export function span(text: string, style: Style = 'plain', strong = false): Span {
  if (isSingle(text)) return { text, cells: text.length, style, strong, selected: false, inverse: false };
  const harmless = safe(text);
  return { text: harmless, cells: cellsOf(harmless), style, strong, selected: false, inverse: false };
}

/** The same with another text, a part of what it had. */
export function withText(each: Span, text: string): Span {
  return { ...each, text, cells: cellsOf(text) };
}

export const row = (text: string, style: Style = 'plain'): Row => [span(text, style)];

/** Spans from pieces: a plain string, or text with its style. */
export function rowOf(...pieces: readonly (string | Span | readonly [string, Style])[]): Row {
  return pieces.map((piece) => {
    if (typeof piece === 'string') return span(piece);
    return 'text' in piece ? piece : span(piece[0], piece[1]);
  });
}

export function rowCells(line: Row): number {
  let sum = 0;
  for (const { cells } of line) sum += cells;
  return sum;
}

/** At most `width` cells. Where something is left out the last cell is `ellipsis`. */
export function cutRow(line: Row, width: number, ellipsis: string): Row {
  if (width <= 0) return EMPTY_ROW;
  if (rowCells(line) <= width) return line;
  const kept: Span[] = [];
  let room = width - 1;
  for (const each of line) {
    if (each.cells > room) {
      kept.push(withText(each, headOf(each.text, room) + ellipsis));
      break;
    }
    kept.push(each);
    room -= each.cells;
  }
  return kept;
}

/** Exactly `width` cells. */
export function fitRow(line: Row, width: number, ellipsis: string): Row {
  const cut = cutRow(line, width, ellipsis);
  const missing = width - rowCells(cut);
  return missing > 0 ? [...cut, span(' '.repeat(missing))] : cut;
}

/** `left` and `right` at the two ends of `width` cells; the right one goes first when there is no room for both. */
export function spread(left: Row, right: Row, width: number, ellipsis: string): Row {
  const need = rowCells(right);
  if (need === 0 || rowCells(left) + need + 2 > width) return cutRow(left, width, ellipsis);
  return [...fitRow(left, width - need, ellipsis), ...right];
}

/** The row under the cursor, over its whole width. */
export function selectRow(line: Row, width: number, ellipsis: string): Row {
  return fitRow(line, width, ellipsis).map((each) => ({ ...each, selected: true }));
}

/** Panels side by side, with a divider of three cells between them. */
export function beside(panels: readonly { readonly rows: readonly Row[]; readonly width: number }[], line: Look): readonly Row[] {
  const height = Math.max(0, ...panels.map((panel) => panel.rows.length));
  return Array.from({ length: height }, (_, y) =>
    panels.flatMap((panel, x) => {
      const cells = fitRow(panel.rows[y] ?? EMPTY_ROW, panel.width, line.ellipsis);
      return x === 0 ? cells : [span(` ${line.vertical} `, 'dim'), ...cells];
    }),
  );
}

/** The glyphs that this file needs. */
export interface Look {
  readonly ellipsis: string;
  readonly vertical: string;
}

/** Exactly `height` rows: cut, or filled with empty ones. */
export function fitHeight(rows: readonly Row[], height: number): readonly Row[] {
  if (rows.length >= height) return rows.slice(0, Math.max(0, height));
  return [...rows, ...Array.from({ length: height - rows.length }, () => EMPTY_ROW)];
}

/** The text alone, for tests and for a screen reader. */
export function plainText(line: Row): string {
  return line.map(({ text }) => text).join('');
}
