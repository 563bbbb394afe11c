/** How much room each part gets at every size of the terminal. Pure; nothing here draws. */

import { newestIndex } from '../commands/log-cells.ts';
import { type LogWindow, windowAround } from './log-window.ts';
import type { ConsoleState, Size } from './state.ts';

/** `tiny` shows one sentence; S is 80x24, M from 110x30, L from 170x50. */
export type SizeClass = 'tiny' | 'XS' | 'S' | 'M' | 'L';

export const LEAST: Size = { columns: 40, rows: 10 };

export function sizeClass({ columns, rows }: Size): SizeClass {
  if (columns < LEAST.columns || rows < LEAST.rows) return 'tiny';
  if (columns >= 170 && rows >= 50) return 'L';
  if (columns >= 110 && rows >= 30) return 'M';
  return columns >= 80 && rows >= 20 ? 'S' : 'XS';
}

/** Header, tabs, status and hints take one row each. */
export const CHROME_ROWS = 4;

export function bodyHeight({ rows }: Size): number {
  return Math.max(0, rows - CHROME_ROWS);
}

export interface Area {
  readonly width: number;
  readonly height: number;
}

/** Geometry of a log matrix: a label, cells of one width, a remark at the right. */
export interface MatrixPlan {
  readonly label: number;
  readonly cell: number;
  readonly count: number;
  readonly remark: number;
}

export function matrixPlan({ picture }: Pick<ConsoleState, 'picture'>, width: number): MatrixPlan {
  const ids = Math.max(2, ...picture.nodes.map(({ id }) => id.length));
  const label = 5 + Math.min(ids, 12);
  const cell = String(Math.max(1, ...picture.nodes.map(({ status }) => status?.term ?? 1))).length + 2;
  const remark = width >= 100 ? 34 : width >= 76 ? 26 : 0;
  const count = Math.max(1, Math.floor((width - label - remark) / cell));
  return { label, cell, count, remark };
}

/** The entries that the log view shows. */
export function logWindowOf(state: ConsoleState): LogWindow {
  const { count } = matrixPlan(state, state.size.columns);
  return windowAround(state.picture, state.log.index, count);
}

/** The entries in the strip of the overview: always the newest. */
export function stripWindowOf(state: ConsoleState, width: number): LogWindow {
  const { count } = matrixPlan(state, width);
  return { first: Math.max(1, newestIndex(state.picture) - count + 1), count };
}

/** Rows of the list in the views that have one; one less for its title. */
export function listHeight({ size, view }: ConsoleState): number {
  const body = bodyHeight(size);
  if (view !== 'keys') return Math.max(1, body - 1);
  return Math.max(1, keysPlan(size).list - 1);
}

/** The keys view: the list, and under or beside it the value under the cursor. */
export interface KeysPlan {
  readonly list: number;
  readonly value: number;
  /** Width of the value pane when it stands beside; 0 when it stands below. */
  readonly beside: number;
}

export function keysPlan(size: Size): KeysPlan {
  const body = bodyHeight(size);
  const kind = sizeClass(size);
  if (kind === 'M' || kind === 'L') return { list: body, value: body, beside: Math.floor(size.columns * 0.42) };
  const value = body >= 16 ? Math.min(8, Math.floor(body * 0.35)) : 0;
  return { list: body - value, value, beside: 0 };
}

/**
 * Shares `height` among parts that need `least` rows and want `most`, in the order given: first everyone gets the least
 * as far as it goes, then the first in line takes what it wants, and so on.
 */
export function shareHeight(
  height: number,
  parts: readonly { readonly least: number; readonly most: number }[],
): readonly number[] {
  let left = height;
  const got = parts.map(({ least }) => {
    const part = left < least ? 0 : least;
    left -= part;
    return part;
  });
  left = height - got.reduce((sum, part) => sum + part, 0);
  return got.map((part, i) => {
    const { most } = parts[i] ?? { most: 0 };
    const more = part === 0 ? 0 : Math.max(0, Math.min(left, most - part));
    left -= more;
    return part + more;
  });
}

/** The part of a list of `count` rows that shows the row `cursor` in `height` rows: keeps it two rows from the edges. */
export function scrollTop(count: number, cursor: number, height: number): number {
  const margin = Math.min(2, Math.floor((height - 1) / 2));
  return Math.max(0, Math.min(count - height, cursor - height + 1 + margin));
}
