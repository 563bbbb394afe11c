/** Results as tables: a row for each thing, a column for each fact. */
import stringWidth from 'string-width';
import { safe } from '../base/safe.ts';
import type { ResultTable } from './command.ts';

/** A cell that is longer is cut, and shows that it was. */
const MOST_CELLS = 60;

export function tableLines({ columns, rows }: ResultTable): readonly string[] {
  const all = [columns, ...rows].map((row) => row.map((text) => cut(safe(text))));
  const widths = columns.map((_, i) => all.reduce((most, row) => Math.max(most, stringWidth(row[i] ?? '')), 0));
  const drawn = all.map((row) =>
    row
      .map((text, i) => {
        const padding = ' '.repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(text)));
        return isNumber(rows, i) ? padding + text : text + padding;
      })
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...others] = drawn;
  return [head, widths.map((width) => '-'.repeat(width)).join('  '), ...others];
}

function isNumber(rows: ResultTable['rows'], column: number): boolean {
  return rows.length > 0 && rows.every((row) => /^-?\d*$/.test(row[column] ?? ''));
}

function cut(text: string): string {
  if (stringWidth(text) <= MOST_CELLS) return text;
  let shown = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)) {
    width += stringWidth(segment);
    if (width > MOST_CELLS - 1) break;
    shown += segment;
  }
  return `${shown}…`;
}
