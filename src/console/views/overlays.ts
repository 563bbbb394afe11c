/** What lies over a view: menus, questions, help, answers. */

import { safe } from '../../base/safe.ts';
import { whyEvent } from '../../commands/why/why-event.ts';
import { timeText } from '../../commands/wording.ts';
import { visibleEvents } from '../event-list.ts';
import { menuItems } from '../fault-menu.ts';
import { type HelpEntry, helpEntries } from '../help-entries.ts';
import { type Area, scrollTop } from '../layout.ts';
import { fitHeight, type Row, selectRow, span } from '../rows.ts';
import { type ConsoleState, chosenNodes, type Overlay } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { cellsOf, foreign, padEnd, wrapWords } from '../width.ts';
import { fitsStatusLine } from './chrome.ts';
import { keyDetailView } from './key-detail-view.ts';
import { nodeDetailView } from './node-detail.ts';
import { outputRows } from './output-panel.ts';
import { cell, titleRow } from './parts.ts';
import { candidateRows } from './shell-view.ts';
import { trialLines } from './trial-rows.ts';

/** The body with the overlay's own rows over it. Prompts and questions are on the status line instead. */
export function withOverlay(
  body: readonly Row[],
  state: ConsoleState,
  overlay: Overlay,
  area: Area,
  look: Glyphs,
): readonly Row[] {
  switch (overlay.type) {
    case 'menu':
      return bottom(body, faultMenu(state, overlay.cursor, area, look), area);
    case 'help':
      return helpView(state, overlay, area, look);
    case 'output':
      return bottom(body, outputRows(overlay, area, look), area);
    case 'node':
      return scrolled(nodeDetailView(state, overlay.node, area.width, look), overlay.top, area);
    case 'value':
      return keyDetailView(state, overlay, area, look);
    case 'event':
      return bottom(body, eventRows(state, overlay.seq, area, look), area);
    case 'command':
      return bottom(body, candidateRows(overlay.prompt, area.width, Math.min(8, area.height), look), area);
    case 'confirm':
      return bottom(body, questionRows(overlay, area, look), area);
    case 'filter':
      return body;
  }
}

/** Panels rise from the bottom, so that what they are about stays in sight. */
function bottom(body: readonly Row[], panel: readonly Row[], { height }: Area): readonly Row[] {
  const shown = panel.slice(0, height);
  return [...fitHeight(body, height - shown.length), ...shown];
}

function scrolled(rows: readonly Row[], top: number, { height }: Area): readonly Row[] {
  const from = Math.max(0, Math.min(top, rows.length - height));
  return rows.slice(from, from + height);
}

function faultMenu(state: ConsoleState, cursor: number, { width, height }: Area, look: Glyphs): readonly Row[] {
  const items = menuItems(state);
  const labels = Math.max(8, ...items.map(({ label }) => label.length));
  const rows = items.map((item, i): Row => {
    const line: Row = [
      span(i === cursor ? `${look.cursor} ` : '  ', 'key'),
      span(item.key, 'key'),
      span(`  ${padEnd(item.label, labels)}  `, 'bold'),
      span(safe(item.preview), item.level > 0 ? 'warn' : 'dim'),
    ];
    return i === cursor ? selectRow(line, width, look.ellipsis) : line;
  });
  const room = Math.max(1, height - 1);
  const top = scrollTop(rows.length, cursor, room);
  const remark: Row = [span('letter or Enter, Esc closes', 'dim')];
  return [titleRow(`FAULT ON ${chosenNodes(state).join(' ')}`, width, look, remark), ...rows.slice(top, top + room)];
}

/** The whole question, when the status line may be too short for it. */
function questionRows(overlay: Overlay & { type: 'confirm' }, { width }: Area, look: Glyphs): readonly Row[] {
  if (fitsStatusLine(overlay, width)) return [];
  const text = `${safe(overlay.question)}: ${safe(overlay.detail)}.`;
  return [
    titleRow('SURE?', width, look),
    ...wrapWords(text, width - 2, look.ellipsis)
      .slice(0, 4)
      .map((line) => cell(` ${line}`, 'warn')),
  ];
}

function eventRows(state: ConsoleState, seq: number, { width }: Area, look: Glyphs): readonly Row[] {
  const event = visibleEvents(state.events).find((each) => each.seq === seq);
  if (event === undefined) return [titleRow('EVENT', width, look), cell(' It is no longer kept.', 'dim')];
  const about = [event.node ?? 'cluster', event.kind, event.severity, timeText(event.time)].map((part) => safe(part)).join('   ');
  const wrapped = (text: string): readonly string[] => wrapWords(foreign(text, width * 6), width - 2, look.ellipsis);
  const story = { picture: state.picture, events: state.events.items, wall: state.wall, failure: null };
  const causes = [...trialLines(state, event.fault), ...whyEvent(story, event)].flatMap(wrapped);
  return [
    titleRow('EVENT', width, look),
    cell(` ${about}`, 'dim'),
    ...wrapped(event.text)
      .slice(0, 8)
      .map((line) => cell(` ${line}`)),
    ...(causes.length === 0 ? [] : [titleRow('WHY', width, look), ...causes.slice(0, 12).map((line) => cell(` ${line}`))]),
  ];
}

function helpRow(lead: string, name: string, nameWidth: number, summary: string): Row {
  return [span(lead, 'key'), span(padEnd(foreign(name, nameWidth).slice(0, nameWidth), nameWidth), 'key'), span(`  ${summary}`)];
}

/** Whoever stands on a line reads all of it; the others end where the screen does. */
function chosenRows({ left, right }: HelpEntry, nameWidth: number, width: number, look: Glyphs): readonly Row[] {
  const parts = wrapWords(right, Math.max(1, width - nameWidth - 5), look.ellipsis);
  return parts.map((part, place) => {
    const row = place === 0 ? helpRow(` ${look.cursor} `, left, nameWidth, part) : helpRow('   ', '', nameWidth, part);
    return selectRow(row, width, look.ellipsis);
  });
}

function helpView(
  state: ConsoleState,
  overlay: Overlay & { type: 'help' },
  { width, height }: Area,
  look: Glyphs,
): readonly Row[] {
  const entries = helpEntries(state, overlay.filter, overlay.palette);
  const left = Math.min(34, Math.floor(width * 0.45), Math.max(10, ...entries.map((entry) => cellsOf(entry.left))));
  const lines: { readonly row: Row; readonly entry: number | null }[] = [];
  let group = '';
  for (const [i, entry] of entries.entries()) {
    if (!overlay.palette && entry.group !== group) {
      if (group !== '') lines.push({ row: [], entry: null });
      lines.push({ row: [span(` ${entry.group}`, 'title')], entry: null });
      group = entry.group;
    }
    if (i !== overlay.cursor) lines.push({ row: helpRow('   ', entry.left, left, entry.right), entry: i });
    else for (const row of chosenRows(entry, left, width, look)) lines.push({ row, entry: i });
  }
  const at = Math.max(
    0,
    lines.findLastIndex(({ entry }) => entry === overlay.cursor),
  );
  const room = Math.max(1, height - 1);
  const top = overlay.cursor === 0 ? 0 : scrollTop(lines.length, at, room);
  const note: Row =
    overlay.filtering || overlay.filter !== ''
      ? [span('filter ', 'dim'), span(`${foreign(overlay.filter, 20)}${overlay.filtering ? '_' : ''}`, 'key')]
      : [
          span('/', 'key'),
          span(' filters, ', 'dim'),
          span('Enter', 'key'),
          span(' runs, ', 'dim'),
          span('Esc', 'key'),
          span(' closes', 'dim'),
        ];
  const shown = lines.slice(top, top + room).map(({ row }) => row);
  return [
    titleRow(overlay.palette ? 'PALETTE' : 'HELP', width, look, note),
    ...(entries.length === 0 ? [cell(' Nothing matches.', 'dim')] : shown),
  ];
}
