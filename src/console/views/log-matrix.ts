/** The logs side by side: one row for each node, one cell for each position, the term inside. */
import type { ClusterPicture, NodeView } from '../../cluster/driver.ts';
import { type Cell, cellAt, divergence, leaderOf, newestIndex } from '../../commands/log-cells.ts';
import { listText, plural } from '../../commands/wording.ts';
import type { MatrixPlan } from '../layout.ts';
import { type LogWindow, logsOf } from '../log-window.ts';
import { type Row, type Span, selectRow, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { cutText, padEnd, padStart } from '../width.ts';
import { pointer, roleGlyph, roleStyle, termStyle } from './parts.ts';

export interface MatrixOptions {
  readonly plan: MatrixPlan;
  readonly window: LogWindow;
  readonly width: number;
  /** The position under the cursor; null for a strip without one. */
  readonly index: number | null;
  /** A second row for each node with commit, match and next. */
  readonly marks: boolean;
}

/** Ruler, then the rows of the nodes. */
export function logMatrix(state: ConsoleState, options: MatrixOptions, look: Glyphs): readonly Row[] {
  const leader = leaderOf(state.picture);
  const rows = state.picture.nodes.flatMap((node) => {
    const line = nodeRow(state, node, options, look);
    const shown = node.id === state.nodeCursor && options.index !== null ? selectRow(line, options.width, look.ellipsis) : line;
    return options.marks ? [shown, markRow(node, leader, options, look)] : [shown];
  });
  return [ruler(state, options, look), ...rows];
}

/** Index labels above the cells that begin a group of five, and the cursor's own. */
function ruler(state: ConsoleState, { plan, window, index }: MatrixOptions, look: Glyphs): Row {
  const cells: Span[] = [span(' '.repeat(plan.label))];
  const last = Math.min(window.first + window.count - 1, Math.max(1, newestIndex(state.picture)));
  let x = 0;
  for (let at = window.first; at <= last; at += 1) {
    const label = String(at);
    // The label of the last entries moves left rather than over the edge.
    const start = Math.min((at - window.first) * plan.cell, Math.max(0, (last - window.first + 1) * plan.cell - label.length));
    const wanted = at === index || at === window.first || at % 5 === 0;
    const collides = index !== null && at !== index && Math.abs(at - index) * plan.cell <= label.length;
    if (!wanted || collides || start < x) continue;
    cells.push(span(' '.repeat(start - x)), span(label, at === index ? 'key' : 'dim'));
    x = start + label.length;
  }
  return x === 0 ? [...cells, span(`${look.dot} the logs are empty`, 'dim')] : cells;
}

function nodeRow(state: ConsoleState, node: NodeView, options: MatrixOptions, look: Glyphs): Row {
  const { plan, window, index } = options;
  const label: Row = [
    ...pointer(index !== null && node.id === state.nodeCursor, index !== null && state.marked.includes(node.id), look),
    span(roleGlyph(node, look), roleStyle(node)),
    span(' '),
    span(padEnd(cutText(node.id, plan.label - 5, look.ellipsis), plan.label - 4), node.state === 'up' ? 'bold' : 'dim'),
  ];
  const last = newestIndex(state.picture);
  const logs = logsOf(state);
  const cells: Span[] = [];
  let run: { readonly cell: Cell; count: number } | null = null;
  const end = (): void => {
    if (run !== null) cells.push(drawCells(run.cell, run.count, plan.cell, look));
    run = null;
  };
  for (let at = window.first; at < window.first + window.count && at <= last; at += 1) {
    const here = cellAt(node, at, logs);
    if (at === index) {
      end();
      cells.push({ ...drawCells(here, 1, plan.cell, look), inverse: true });
    } else if (run !== null && run.cell.state === here.state && run.cell.term === here.term) run.count += 1;
    else {
      end();
      run = { cell: here, count: 1 };
    }
  }
  end();
  const beyond = Math.min(window.count, window.first + window.count - 1 - last);
  if (beyond > 0) cells.push(span(' '.repeat(beyond * plan.cell)));
  return plan.remark === 0 ? [...label, ...cells] : [...label, ...cells, ...remarkOf(node, state.picture, plan.remark, look)];
}

/** Neighbours that are alike: most are, and one piece of text is drawn more quickly than a hundred. */
function drawCells({ state, term }: Cell, count: number, width: number, look: Glyphs): Span {
  const inner = padStart(String(term), width - 2);
  switch (state) {
    case 'committed':
      return span(`[${inner}]`.repeat(count), termStyle(term), true);
    case 'logged':
      return span(`(${inner})`.repeat(count), termStyle(term));
    case 'doomed':
      return span(`!${inner}!`.repeat(count), 'bad');
    case 'compacted':
      return span(padEnd(' ~', width).repeat(count), 'dim');
    case 'unknown':
      return span(padEnd(' ?', width).repeat(count), 'dim');
    case 'absent':
      return span(padEnd(` ${look.absent}`, width).repeat(count), 'dim');
  }
}

/** What the leader knows of this follower, or what is wrong with its log. */
function remarkOf(node: NodeView, picture: ClusterPicture, width: number, look: Glyphs): Row {
  const text = cutText(`  ${remarkText(node, picture, width - 2, look)}`, width, look.ellipsis);
  return [span(text, divergence(node, picture) === null ? 'dim' : 'bad')];
}

function remarkText(node: NodeView, picture: ClusterPicture, width: number, look: Glyphs): string {
  const leader = leaderOf(picture);
  const gone = divergence(node, picture);
  if (gone !== null) {
    const whole = `${gone.count} of ${listText(gone.terms.map((term) => `T${term}`))} to be truncated`;
    return whole.length <= width ? whole : `${gone.count} to be truncated`;
  }
  if (node.status === null) return 'nothing known';
  const lag = Math.max(0, (leader?.status?.commitIndex ?? 0) - node.status.lastIndex);
  const behind = lag > 0 ? plural(lag, 'entry', 'entries') : '';
  if (node.state !== 'up') return behind === '' ? node.state : `${node.state}, ${behind} behind`;
  if (leader === null || node.id === leader.id) return '';
  const progress = leader.status?.peers.find(({ id }) => id === node.id);
  if (progress === undefined) return behind === '' ? '' : `${behind} behind`;
  const { matchIndex, nextIndex } = progress;
  const probes = progress.state === 'probe';
  const whole = `match ${matchIndex} next ${nextIndex}${probes ? ' probe' : ''}`;
  if (whole.length <= width) return whole;
  // Digits must not be cut: they would read as another number.
  return probes ? `${look.next} ${nextIndex} probe` : `${look.match} ${matchIndex} ${look.next} ${nextIndex}`;
}

/** `▲` under the commit index, `m` under matchIndex, `›` under nextIndex. */
function markRow(node: NodeView, leader: NodeView | null, { plan, window }: MatrixOptions, look: Glyphs): Row {
  if (node.status === null) return [];
  const progress = node.id === leader?.id ? undefined : leader?.status?.peers.find(({ id }) => id === node.id);
  const marks = new Map<number, string>();
  const add = (index: number | undefined, glyph: string): void => {
    if (index !== undefined && index > 0) marks.set(index, (marks.get(index) ?? '') + glyph);
  };
  add(node.status.commitIndex, look.commit);
  add(progress?.matchIndex, look.match);
  add(progress?.nextIndex, look.next);
  const cells = Array.from({ length: window.count }, (_, i) => {
    const mark = marks.get(window.first + i) ?? '';
    return span(padEnd(mark === '' ? '' : ` ${mark}`, plan.cell).slice(0, plan.cell), 'dim');
  });
  return [span(' '.repeat(plan.label)), ...cells];
}

/** What the brackets mean. */
export function legend(look: Glyphs, marks: boolean): Row {
  const pieces: Row = [
    span('[t]', 'plain', true),
    span(' committed  ', 'dim'),
    span('(t)'),
    span(' in log only  ', 'dim'),
    span('!t!', 'bad'),
    span(' will be truncated  ', 'dim'),
    span(look.absent),
    span(' absent', 'dim'),
  ];
  if (!marks) return pieces;
  return [
    ...pieces,
    span(`  ${look.commit}`),
    span(' commit ', 'dim'),
    span(look.match),
    span(' match ', 'dim'),
    span(look.next),
    span(' next', 'dim'),
  ];
}
