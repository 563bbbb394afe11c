/** What Ink writes for a row that has changed, of rows that are painted: the same bytes, by one walk instead of seven patterns. */
import { paintedCells } from './painted.ts';

const ESCAPE = 0x1b;
const ERASE_TO_END = '\x1b[K';
const toColumn = (column: number): string => `\x1b[${column + 1}G`;

/** What turns the row `previous` of a terminal with so many columns into `next`; null for rows that only Ink can tell apart. */
export function quickLine(previous: string, next: string, columns: number): string | null {
  const [had, has] = [paintedCells(previous), paintedCells(next)];
  if (had === null || has === null || !(columns >= 1)) return null;
  const full = toColumn(0) + ERASE_TO_END + next;
  const common = commonLength(previous, next);
  let column = 0;
  let at = 0;
  let styles = '';
  while (at < common) {
    if (next.charCodeAt(at) !== ESCAPE) {
      column += 1;
      at += 1;
      continue;
    }
    const end = next.indexOf('m', at) + 1;
    // A difference within a sequence is painted from before it.
    if (end > common) break;
    styles += next.slice(at, end);
    at = end;
  }
  // Behind the last column a terminal waits to wrap, and no sequence leads back there.
  if (column === 0 || column >= columns || had > columns || has > columns) return full;
  const partial = toColumn(column) + ERASE_TO_END + styles + next.slice(at);
  return partial.length < full.length ? partial : full;
}

function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let common = 0;
  while (common < most && a.charCodeAt(common) === b.charCodeAt(common)) common += 1;
  return common;
}
