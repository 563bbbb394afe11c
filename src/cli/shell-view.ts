/** What a line of the shell looks like: pure, so that it can be tested without a terminal. */
import stringWidth from 'string-width';
import { once } from '../base/once.ts';
import { safe } from '../base/safe.ts';
import type { ClusterPicture } from '../cluster/driver.ts';
import type { LineState } from '../commands/line-editor.ts';

/** `demo n1*> `, `demo (no leader)> `, `demo (not connected)> `. */
export function promptText(picture: ClusterPicture): string {
  const name = safe(picture.name);
  if (picture.nodes.every((node) => node.state === 'down')) return `${name} (no node runs)> `;
  return picture.leader === null ? `${name} (no leader)> ` : `${name} ${picture.leader}*> `;
}

export function searchPrompt(search: NonNullable<LineState['search']>): string {
  const failed = search.query !== '' && search.found === null ? 'nothing found ' : '';
  return `(${failed}search "${safe(search.query)}") `;
}

/** The part of a line that fits into `cells`, around the cursor. `cursorCell` counts from its beginning. */
export function visiblePart(
  text: string,
  cursor: number,
  cells: number,
): { readonly shown: string; readonly cursorCell: number } {
  const before = fitEnd(text.slice(Math.max(0, cursor - cells * 4), cursor), cells - 1);
  const cursorCell = stringWidth(before);
  const after = fitStart(text.slice(cursor, cursor + cells * 4), cells - cursorCell);
  return { shown: before + after, cursorCell };
}

/**
 * What stands in grey behind a line: the rest of one from the history, which the right arrow takes, and in brackets behind
 * it the words that the command takes, as far as they have room in `cells`; alone these need no brackets.
 */
export function greyBehind(line: string, ghost: string, hint: string, cells: number): string {
  if (ghost === '') return hint === '' || /\s$/.test(line) ? hint : ` ${hint}`;
  const words = [hint, hint.replace(/ ?\[--.*$/, '')].map((text) => `${ghost}  (${text})`);
  return words.find((text) => !text.endsWith('()') && stringWidth(safe(text)) <= cells) ?? ghost;
}

const segmenter = once(() => new Intl.Segmenter(undefined, { granularity: 'grapheme' }));

function graphemes(text: string): readonly string[] {
  return Array.from(segmenter().segment(text), ({ segment }) => safe(segment));
}

function fitStart(text: string, cells: number): string {
  let shown = '';
  let width = 0;
  for (const piece of graphemes(text)) {
    width += stringWidth(piece);
    if (width > cells) break;
    shown += piece;
  }
  return shown;
}

function fitEnd(text: string, cells: number): string {
  const pieces = graphemes(text);
  let width = 0;
  let from = pieces.length;
  while (from > 0) {
    width += stringWidth(pieces[from - 1] ?? '');
    if (width > cells) break;
    from -= 1;
  }
  return pieces.slice(from).join('');
}

/** Words side by side, as many as fit, in rows; at most `mostRows`. */
export function inColumns(words: readonly string[], cells: number, mostRows: number): readonly string[] {
  const shown = words.map(safe);
  const width = Math.max(1, ...shown.map((word) => stringWidth(word))) + 2;
  const perRow = Math.max(1, Math.floor(cells / width));
  const rows: string[] = [];
  for (let i = 0; i < shown.length && rows.length < mostRows; i += perRow) {
    const row = shown.slice(i, i + perRow).map((word) => word + ' '.repeat(Math.max(0, width - stringWidth(word))));
    rows.push(row.join('').trimEnd());
  }
  const left = shown.length - mostRows * perRow;
  return left > 0 ? [...rows, `and ${left} more`] : rows;
}
