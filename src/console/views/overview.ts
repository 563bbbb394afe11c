/** The first screen: nodes, the end of the logs, what just happened, and whatever else there is room for. */

import { leaderOf } from '../../commands/log-cells.ts';
import { countText } from '../../commands/wording.ts';
import { msText } from '../format.ts';
import { type Area, matrixPlan, shareHeight, sizeClass, stripWindowOf } from '../layout.ts';
import { remembering } from '../remembering.ts';
import { beside, fitHeight, type Row, rowCells } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { eventPanel } from './events-list.ts';
import { faultPanel } from './faults-view.ts';
import { linksPanel } from './links-view.ts';
import { legend, logMatrix } from './log-matrix.ts';
import { plotColumn } from './metrics-view.ts';
import { nodeDetailRows } from './node-detail.ts';
import { nodeTable } from './node-table.ts';
import { cell, facts, titleRow } from './parts.ts';

export function overview(state: ConsoleState, area: Area, look: Glyphs): readonly Row[] {
  switch (sizeClass(state.size)) {
    case 'L':
      return large(state, area, look);
    case 'M':
      return medium(state, area, look);
    default:
      return small(state, area, look);
  }
}

function small(state: ConsoleState, { width, height }: Area, look: Glyphs): readonly Row[] {
  const count = state.picture.nodes.length;
  const [nodes = 0, strip = 0, events = 0] = shareHeight(height, [
    { least: Math.min(count + 2, height), most: count + 2 },
    { least: Math.min(count + 2, 8), most: count + 2 },
    { least: 3, most: height },
  ]);
  return [
    ...nodeTable(state, width, nodes, look),
    ...(strip > 2 ? logStrip(state, width, strip, look) : []),
    ...eventPanel(state, width, events, look),
  ];
}

/** The newest entries of every log. */
function logStrip(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const plan = matrixPlan(state, width);
  const window = stripWindowOf(state, width);
  const rows = logMatrix(state, { plan, window, width, index: null, marks: false }, look);
  return [stripTitle(state, width, look), ...rows].slice(0, height);
}

const stripTitle = remembering([], (_, width: number, look: Glyphs): Row => {
  const explained = legend(look, false);
  return titleRow('LOG', width, look, rowCells(explained) + 16 <= width ? explained : []);
});

function medium(state: ConsoleState, { width, height }: Area, look: Glyphs): readonly Row[] {
  const count = state.picture.nodes.length;
  const right = Math.min(50, Math.max(38, count * 7 + 12));
  const left = width - right - 3;
  const [top = 0, strip = 0, bottom = 0] = shareHeight(height, [
    { least: count + 2, most: count + 3 },
    { least: count + 2, most: count + 3 },
    { least: 4, most: height },
  ]);
  const upper = beside(
    [
      { rows: nodeTable(state, left, top, look, true), width: left },
      { rows: linksPanel(state, right, look), width: right },
    ],
    look,
  );
  const lower = beside(
    [
      { rows: eventPanel(state, left, bottom, look), width: left },
      { rows: sideColumn(state, right, bottom, look), width: right },
    ],
    look,
  );
  return [...fitHeight(upper, top), ...fitHeight(logStrip(state, width, strip, look), strip), ...lower];
}

/** What the leader is doing, and what is broken on purpose. */
function sideColumn(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const vitals = vitalsPanel(state, width, look);
  const faults = Math.max(2, Math.min(state.picture.faults.length + 1, height - vitals.length - 1));
  return [...fitHeight(faultPanel(state, width, faults, look), faults), [], ...vitals].slice(0, height);
}

function vitalsPanel(state: ConsoleState, width: number, look: Glyphs): readonly Row[] {
  const leader = leaderOf(state.picture);
  const title = titleRow(leader === null ? 'LEADER' : `LEADER ${leader.id}`, width, look);
  if (leader?.status == null) return [title, cell(' No node leads.', 'warn')];
  const { status } = leader;
  const waiting = status.lastIndex - status.commitIndex;
  return [
    title,
    facts([
      [' commits/s', state.moment === null ? countText(state.rate.perSecond) : '-'],
      ['keys', countText(status.keys)],
      ['revision', countText(status.revision)],
    ]),
    facts([
      [' not yet committed', countText(waiting), waiting > 0 ? 'warn' : 'plain'],
      ['reads waiting', countText(status.queues.reads)],
    ]),
    facts([
      [' fsync p50', status.sync.count === 0 ? '-' : msText(status.sync.p50Ms)],
      ['p99', status.sync.count === 0 ? '-' : msText(status.sync.p99Ms)],
      ['syncs', countText(status.sync.count)],
    ]),
    facts([
      [' sessions', countText(status.sessions)],
      ['snapshot', status.snapshotIndex === 0 ? 'none' : String(status.snapshotIndex)],
    ]),
  ];
}

function large(state: ConsoleState, { width, height }: Area, look: Glyphs): readonly Row[] {
  const count = state.picture.nodes.length;
  const right = Math.min(64, Math.max(52, Math.floor(width * 0.3)));
  const left = width - right - 3;
  const [top = 0, strip = 0, bottom = 0] = shareHeight(height, [
    { least: count + 3, most: count + 3 },
    { least: count * 2 + 3, most: count * 2 + 3 },
    { least: 6, most: height },
  ]);
  const plan = matrixPlan(state, left);
  const matrix = logMatrix(state, { plan, window: stripWindowOf(state, left), width: left, index: null, marks: true }, look);
  const leftColumn = [
    ...fitHeight(nodeTable(state, left, top, look, true), top),
    ...fitHeight([titleRow('LOG', left, look, legend(look, true)), ...matrix], strip),
    ...eventPanel(state, left, bottom, look),
  ];
  const node = state.picture.nodes.find(({ id }) => id === state.nodeCursor) ?? null;
  const rightColumn = [
    ...linksPanel(state, right, look),
    [],
    ...fitHeight(
      faultPanel(state, right, Math.min(8, state.picture.faults.length + 2), look),
      Math.min(8, state.picture.faults.length + 2),
    ),
    ...vitalsPanel(state, right, look),
    [],
    ...(node === null ? [] : nodeDetailRows(state, node, right, look)),
    [],
  ];
  const plots = plotColumn(state, { width: right, height: height - rightColumn.length }, look);
  return beside(
    [
      { rows: fitHeight(leftColumn, height), width: left },
      { rows: fitHeight([...rightColumn, ...plots], height), width: right },
    ],
    look,
  );
}
