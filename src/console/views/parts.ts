/** Pieces that several views share: title lines, tables, nodes in a word and a glyph. */
import type { NodeView } from '../../cluster/driver.ts';
import { cutRow, fitRow, type Row, rowCells, type Span, type Style, span } from '../rows.ts';
import type { Glyphs } from '../theme.ts';
import { cellsOf, cutText } from '../width.ts';

/** `── NODES 4/5 ─────────── remark ──` over the whole width. */
export function titleRow(title: string, width: number, look: Glyphs, remark: Row = []): Row {
  const line = look.horizontal;
  const head: Row = [
    span(`${line} `, 'dim'),
    span(cutText(title, Math.max(0, width - 4), look.ellipsis), 'title'),
    span(' ', 'dim'),
  ];
  const room = width - rowCells(head);
  const note = rowCells(remark) > 0 && rowCells(remark) + 4 <= room ? [span(' '), ...remark, span(` ${line}`, 'dim')] : [];
  return cutRow([...head, span(line.repeat(Math.max(0, room - rowCells(note))), 'dim'), ...note], width, look.ellipsis);
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The lowest goes first when there is no room for all. */
  readonly keep: number;
  /** One cell of spans for each row of the table. */
  readonly cells: readonly Row[];
  /** Takes what is left, and may be cut to this width. */
  readonly shrinkTo?: number;
}

/** A header and rows, columns two cells apart. Columns are left out, the least important first, until the rest fits. */
export function table(
  columns: readonly Column[],
  width: number,
  look: Glyphs,
): { readonly header: Row; readonly rows: readonly Row[] } {
  let kept = columns.map((column) => {
    const natural = Math.max(cellsOf(column.title), ...column.cells.map(rowCells));
    return { ...column, natural, least: Math.min(natural, column.shrinkTo ?? natural) };
  });
  const needed = (list: typeof kept): number => list.reduce((sum, { least }) => sum + least + 2, -2);
  while (kept.length > 1 && needed(kept) > width) {
    const lowest = Math.min(...kept.map(({ keep }) => keep));
    kept = kept.filter(({ keep }) => keep !== lowest);
  }
  let spare = width - needed(kept);
  const widths = kept.map(({ least, natural }) => {
    const more = Math.min(spare, natural - least);
    spare -= more;
    return least + more;
  });
  const count = Math.max(0, ...kept.map(({ cells }) => cells.length));
  const line = (cellOf: (column: Column) => Row): Row =>
    kept.flatMap((column, i) => [
      ...(i === 0 ? [] : [span('  ')]),
      ...aligned(cellOf(column), widths[i] ?? 0, column.align, look),
    ]);
  return {
    header: line((column) => [span(column.title, 'dim')]),
    rows: Array.from({ length: count }, (_, y) => line((column) => column.cells[y] ?? [])),
  };
}

function aligned(cell: Row, width: number, align: 'left' | 'right', look: Glyphs): Row {
  const missing = width - rowCells(cell);
  if (align === 'right' && missing > 0) return [span(' '.repeat(missing)), ...cell];
  return fitRow(cell, width, look.ellipsis);
}

export const cell = (text: string, style: Style = 'plain'): Row => [span(text, style)];

/** What a node is just now, in one word. */
export function roleText({ state, status }: NodeView): string {
  if (state !== 'up') return state;
  if (status === null) return 'starting';
  if (status.repairing) return 'repairing';
  return status.role === 'pre-candidate' ? 'pre-cand' : status.role;
}

export function roleStyle({ state, status }: NodeView): Style {
  if (state === 'down') return 'bad';
  if (state === 'paused') return 'warn';
  if (status === null) return 'dim';
  if (status.role === 'leader') return 'leader';
  return status.role === 'candidate' || status.role === 'pre-candidate' || status.repairing ? 'warn' : 'plain';
}

export function roleGlyph({ state, status }: NodeView, look: Glyphs): string {
  if (state === 'down') return look.down;
  if (state === 'paused') return look.paused;
  if (status === null) return look.unknown;
  switch (status.role) {
    case 'leader':
      return look.leader;
    case 'follower':
      return look.follower;
    case 'learner':
      return look.learner;
    default:
      return look.candidate;
  }
}

/** The colour of a term: six of them in turn, always beside its number. */
export function termStyle(term: number): Style {
  const styles = ['term0', 'term1', 'term2', 'term3', 'term4', 'term5'] as const;
  return styles[term % styles.length] ?? 'plain';
}

/** Two columns of cells: where the cursor stands and what is marked. */
export function pointer(here: boolean, marked: boolean, look: Glyphs): Row {
  return [span(here ? look.cursor : ' ', 'key'), span(marked ? look.mark : ' ', 'key')];
}

/** Words with their meaning, as `label value` pairs in a row. */
export function facts(pairs: readonly (readonly [string, string, Style?])[]): Row {
  return pairs.flatMap(([label, value, style], i): readonly Span[] => [
    span(i === 0 ? '' : '  '),
    span(`${label} `, 'dim'),
    span(value, style ?? 'plain'),
  ]);
}
