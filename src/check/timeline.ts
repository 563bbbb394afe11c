/** The culprit for a terminal: processes as rows, operations as bars from call to return, and below them what each one was. */
import stringWidth from 'string-width';
import { safe } from '../base/safe.ts';
import type { CheckReport } from './check.ts';
import { actionWords, stateWords } from './operation-words.ts';
import { type Bar, layoutOf, marksOf, type TimelineLayout } from './timeline-layout.ts';

export interface TimelineOptions {
  /** Cells of a line. */
  readonly width: number;
  /** Only characters that every terminal has. */
  readonly ascii: boolean;
}

interface Glyphs {
  readonly call: string;
  readonly end: string;
  readonly line: string;
  readonly guiltyLine: string;
  readonly open: string;
  readonly cut: string;
}

const DRAWN: Glyphs = { call: '├', end: '┤', line: '─', guiltyLine: '═', open: '┄', cut: '…' };
const ASCII: Glyphs = { call: '|', end: '|', line: '-', guiltyLine: '=', open: '.', cut: '~' };

const LEAST_WIDTH = 24;
const MOST_NAME = 14;
/** Cells from one column to the next: room for both ends and a number. */
const PITCH = 5;
const MOST_BARS = 26;

/** Harmless lines of at most `width` cells. Empty for a history that has no culprit. */
export function timelineLines(report: CheckReport, { width, ascii }: TimelineOptions): readonly string[] {
  if (report.violations.length === 0) return [];
  const glyphs = ascii ? ASCII : DRAWN;
  const cells = Math.max(LEAST_WIDTH, width);
  const layout = layoutOf(report, Math.floor((cells - MOST_NAME) / PITCH), MOST_BARS);
  const marks = marksOf(layout.bars);
  return [...rows(layout, marks, cells, glyphs), '', ...legend(report, layout, marks)]
    .map((line) => (ascii ? plain(line) : line))
    .map((line) => cut(line, cells, glyphs.cut));
}

function rows({ lanes, bars, columns }: TimelineLayout, marks: readonly string[], width: number, glyphs: Glyphs): string[] {
  const names = lanes.map((name) => cut(safe(name), MOST_NAME - 2, glyphs.cut));
  const nameCells = Math.max(0, ...names.map((name) => stringWidth(name)));
  const room = width - nameCells - 2;
  const pitch = Math.max(2, Math.min(PITCH * 3, Math.floor((room - 1) / Math.max(1, columns - 1))));
  return lanes.map((_, lane) => {
    const name = names[lane] ?? '';
    const row = new Array<string>(room).fill(' ');
    for (const [at, bar] of bars.entries()) if (bar.lane === lane) draw(row, bar, marks[at] ?? '', pitch, glyphs);
    return `${name}${' '.repeat(nameCells - stringWidth(name))}  ${row.join('')}`.trimEnd();
  });
}

function draw(row: string[], { from, to, guilty }: Bar, mark: string, pitch: number, glyphs: Glyphs): void {
  const first = from * pitch;
  const last = to === null ? row.length - 1 : Math.min(row.length - 1, to * pitch);
  const line = guilty ? glyphs.guiltyLine : glyphs.line;
  for (let cell = first; cell <= last; cell += 1) row[cell] = to === null && cell > first + pitch ? glyphs.open : line;
  row[first] = glyphs.call;
  if (to !== null) row[last] = glyphs.end;
  const label = guilty && mark.length < last - first - 1 ? `!${mark}` : mark;
  const middle = to === null ? first + 1 : Math.max(first + 1, Math.floor((first + last - label.length + 1) / 2));
  for (const [at, character] of [...label].entries()) {
    if (middle + at < Math.max(last, first + 2)) row[middle + at] = character;
  }
}

function legend(report: CheckReport, { bars, hidden, state }: TimelineLayout, marks: readonly string[]): string[] {
  const markCells = Math.max(...marks.map((mark) => mark.length));
  const lines: string[] = [];
  const { culprit } = report;
  const line = (at: number, { operation, guilty }: Bar): string =>
    safe(`${guilty ? '!' : ' '} ${(marks[at] ?? '').padStart(markCells)}  ${operation.process} ${actionWords(operation)}`);
  const placed = bars.flatMap((bar, at) => (bar.place === null ? [] : [line(at, bar)]));
  const others = bars.flatMap((bar, at) => (bar.place === null ? [line(at, bar)] : []));
  if (culprit !== null) {
    lines.push(
      `The longest order has ${culprit.order.placed.length} of ${culprit.group.operations.length} operations${placed.length > 0 ? ', of them' : ''}`,
    );
    lines.push(...placed, safe(`and then ${stateWords(state)}`));
  }
  if (others.length > 0) lines.push(culprit === null ? 'They contradict each other' : 'No place was found for', ...others);
  if (hidden > 0) lines.push(`${hidden} more operations on the same keys are not shown.`);
  return lines;
}

/** Our own few signs in plain characters; text of others keeps its letters. */
function plain(line: string): string {
  return line.replaceAll('→', '->').replaceAll('…', '~');
}

/** At most `width` cells, whole characters only. */
function cut(text: string, width: number, ellipsis: string): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let cells = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    cells += stringWidth(segment);
    if (cells > width - 1) break;
    kept += segment;
  }
  return kept + ellipsis;
}
