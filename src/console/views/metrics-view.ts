/** Plots over time, with the faults and elections on the time axis. */
import type { ClusterEvent } from '../../cluster/driver.ts';
import { toldAs } from '../../commands/why/story.ts';
import { countText, timeText } from '../../commands/wording.ts';
import { brailleArea, niceTop, plainArea } from '../braille.ts';
import { bytesText, msText } from '../format.ts';
import { type Area, sizeClass } from '../layout.ts';
import { type Sample, seriesOf } from '../metrics.ts';
import { beside, fitHeight, fitRow, type Row, type Style, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { titleRow } from './parts.ts';

interface Plot {
  readonly title: string;
  readonly pick: (sample: Sample) => number | null;
  readonly text: (value: number) => string;
  /** The upper edge is never below this, or rest would look like a storm. */
  readonly least: number;
  readonly style: Style;
}

const PLOTS: readonly Plot[] = [
  {
    title: 'COMMITS/S',
    pick: ({ commitsPerSecond }) => commitsPerSecond,
    text: (value) => countText(value),
    least: 10,
    style: 'good',
  },
  { title: 'COMMIT LATENCY (EST)', pick: ({ commitMs }) => commitMs, text: msText, least: 10, style: 'term4' },
  { title: 'FSYNC P99', pick: ({ fsyncMs }) => fsyncMs, text: msText, least: 10, style: 'term1' },
  { title: 'LOOP DELAY P99', pick: ({ loopMs }) => loopMs, text: msText, least: 10, style: 'term2' },
  { title: 'NOT YET COMMITTED', pick: ({ waiting }) => waiting, text: countText, least: 10, style: 'warn' },
  { title: 'MEMORY', pick: ({ memoryBytes }) => memoryBytes, text: bytesText, least: 1_048_576, style: 'plain' },
];

const LEAST_ROWS = 7;
const MOST_IN_COLUMN = 2;

export function metricsView(state: ConsoleState, { width, height }: Area, look: Glyphs): readonly Row[] {
  const large = sizeClass(state.size) === 'L';
  const columns = large ? 3 : width >= 76 ? 2 : 1;
  const rows = columns === 1 ? Math.max(1, Math.min(4, Math.floor(height / 5))) : 2;
  const each = Math.floor((width - (columns - 1) * 3) / columns);
  const tall = Math.floor(height / rows);
  return Array.from({ length: rows }, (_, y) => {
    const plots = PLOTS.slice(y * columns, (y + 1) * columns);
    const panels = plots.map((plot) => ({ rows: fitHeight(panel(state, plot, each, tall, look), tall), width: each }));
    return beside(panels, look);
  }).flat();
}

/** Below what else a column shows: the first plots, one under the other, as many as are worth looking at there. */
export function plotColumn(state: ConsoleState, { width, height }: Area, look: Glyphs): readonly Row[] {
  const count = Math.min(MOST_IN_COLUMN, Math.floor(height / LEAST_ROWS));
  const tall = Math.floor(height / Math.max(1, count));
  return PLOTS.slice(0, count).flatMap((plot) => fitHeight(panel(state, plot, width, tall, look), tall));
}

/** Title, area, time axis. */
function panel(state: ConsoleState, plot: Plot, width: number, height: number, look: Glyphs): readonly Row[] {
  const perCell = look.braille ? 2 : 1;
  const label = 8;
  const cells = Math.max(1, width - label);
  const series = seriesOf(state.metrics, state.wall, cells * perCell, plot.pick);
  const known = series.filter((value) => value !== null);
  const top = niceTop(series, plot.least);
  const draw = look.braille ? brailleArea : plainArea;
  const room = Math.max(1, height - 2);
  const last = known.at(-1);
  const title = last === undefined ? plot.title : `${plot.title} ${plot.text(last)}`;
  const most = known.length === 0 ? [] : [span(`max ${plot.text(Math.max(...known))}`, 'dim')];
  const area = draw(series, room, top).map((line, y): Row => {
    const mark = y === 0 ? plot.text(top) : y === room - 1 ? '0' : '';
    return [span(`${mark.padStart(label - 1)} `, 'dim'), span(line, plot.style)];
  });
  return [titleRow(title, width, look, most), ...area, axisRow(state, cells, perCell, label, width, look)];
}

/** The line under a plot: where faults were set (`!`) and healed (`+`), and where a leader was elected. */
function axisRow(state: ConsoleState, cells: number, perCell: number, label: number, width: number, look: Glyphs): Row {
  const last = Math.floor(state.wall / 1_000) - 1;
  const marks = new Map<number, readonly [string, Style]>();
  for (const event of state.events.items) {
    const mark = markOf(event, look);
    const ago = last - Math.floor(event.time / 1_000);
    const cell = cells - 1 - Math.floor(ago / perCell);
    // What was broken is the more important of two marks in one place.
    if (mark !== null && ago >= 0 && cell >= 0 && marks.get(cell)?.[0] !== '!') marks.set(cell, mark);
  }
  const line: Row = Array.from({ length: cells }, (_, x) => {
    const [glyph, style] = marks.get(x) ?? [look.horizontal, 'dim'];
    return span(glyph, style);
  });
  const clock = timeText(state.wall, false);
  const old = `-${cells * perCell}s`;
  return fitRow(
    [
      span(`${(width >= 60 ? old : '').padStart(label - 1)} `, 'dim'),
      ...line.slice(0, cells - clock.length - 1),
      span(` ${clock}`, 'dim'),
    ],
    width,
    look.ellipsis,
  );
}

function markOf(event: ClusterEvent, look: Glyphs): readonly [string, Style] | null {
  if (event.kind === 'fault' || (event.kind === 'command' && event.fault !== null))
    return event.severity === 'warn' || event.kind === 'command' ? ['!', 'bad'] : ['+', 'good'];
  return toldAs(event, 'role') && event.raft.role === 'leader' ? [look.leader, 'leader'] : null;
}
