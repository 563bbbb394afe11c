/** What Ink puts a frame together with, for frames that are made of whole rows: the same rows, without taking each apart into cells. */
import quickWidth from './quick-width.ts';

/** As Ink's Output collects them. */
export interface Operation {
  readonly type: string;
  readonly x?: number;
  readonly y?: number;
  readonly text?: string;
  readonly transformers?: readonly ((line: string, place: number) => string)[];
}

/** Null when any of it is more than whole rows from the left edge: then Ink does it. */
export function quickRows(
  operations: readonly Operation[],
  width: number,
  height: number,
): { readonly output: string; readonly height: number } | null {
  const rows = new Array<string>(height).fill('');
  for (const { type, x, y, text, transformers } of operations) {
    if (type !== 'write' || x !== 0 || y === undefined || text === undefined || transformers === undefined) return null;
    if (rows[y] !== '' || text.includes('\n') || quickWidth(text) > width) return null;
    rows[y] = transformers.reduce((line, transform) => transform(line, 0), text).trimEnd();
  }
  return { output: rows.join('\n'), height };
}
