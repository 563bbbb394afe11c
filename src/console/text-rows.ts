/** The one text that a screen is, taken apart into its rows once for all who ask: Ink reads, measures and draws it, one after the other. */
import { isPainted } from './painted.ts';
import quickWidth from './quick-width.ts';

/** Takes out of a text what Ink does not let through. */
type Clean = (text: string) => string;

interface TextRows {
  /** As it was given, and without what Ink leaves out. */
  readonly given: string;
  readonly text: string;
  readonly rows: readonly string[];
}

let newest: TextRows = { given: '', text: '', rows: [''] };

/** The text as Ink would have it; painted rows are known to have nothing in them that it leaves out. */
export function cleanText(given: string, clean: Clean): string {
  if (newest.given === given) return newest.text;
  const split = given.split('\n');
  const rows = split.map((row) => (isPainted(row) ? row : clean(row)));
  const text = rows.every((row, y) => row === split[y]) ? given : rows.join('\n');
  newest = { given, text, rows };
  return text;
}

export function rowsOf(text: string): readonly string[] {
  return newest.text === text ? newest.rows : text.split('\n');
}

/** In cells, as Ink measures it. */
export function extentOf(text: string): { readonly width: number; readonly height: number } {
  if (text === '') return { width: 0, height: 0 };
  const rows = rowsOf(text);
  return { width: Math.max(...rows.map((row) => quickWidth(row))), height: rows.length };
}
