/** A longer answer, over the lower part of a view. */
import type { Area } from '../layout.ts';
import { type Row, span } from '../rows.ts';
import type { Overlay } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { foreign, wrapHanging, wrapText } from '../width.ts';
import { cell, titleRow } from './parts.ts';

type Output = Overlay & { readonly type: 'output' };

/** So few lines are shown whole; of a longer answer each line takes one row. */
const WHOLE_LINES = 3;

export function outputRows(overlay: Output, { width, height }: Area, look: Glyphs): readonly Row[] {
  const all = brokenLines(overlay, width, look);
  const room = roomFor(all, height);
  const top = Math.max(0, Math.min(overlay.top, all.length - room));
  const part: Row = all.length > room ? [span(`${top + 1}..${top + room} of ${all.length}`, 'dim')] : [];
  const lines = all.slice(top, top + room).map((line) => cell(` ${foreign(line, width)}`));
  return [titleRow(foreign(overlay.title, Math.floor(width / 2)), width, look, part), ...lines];
}

/** How far it can be scrolled. */
export function lastTopOf(overlay: Output, { width, height }: Area, look: Glyphs): number {
  const all = brokenLines(overlay, width, look);
  return all.length - roomFor(all, height);
}

function roomFor(lines: readonly string[], height: number): number {
  return Math.max(1, Math.min(lines.length, height - 2));
}

function brokenLines({ lines, prose }: Output, width: number, look: Glyphs): readonly string[] {
  if (prose) return lines.flatMap((line) => wrapHanging(foreign(line, width * 8), width - 2, look.ellipsis));
  if (lines.length > WHOLE_LINES) return lines;
  return lines.flatMap((line) => (line === '' ? [''] : wrapText(foreign(line, width * 200), width - 2, 200)));
}
