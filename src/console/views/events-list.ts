/** Events as rows: time, node, kind, words. */
import type { ClusterEvent } from '../../cluster/driver.ts';
import { countText, timeText } from '../../commands/wording.ts';
import { visibleEvents } from '../event-list.ts';
import { collapseRuns } from '../event-runs.ts';
import { keyFor } from '../keymap.ts';
import { remembering } from '../remembering.ts';
import { type Row, type Style, selectRow, span, withText } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { cutText, foreign, padEnd } from '../width.ts';
import { titleRow } from './parts.ts';

type PanelState = Pick<ConsoleState, 'events' | 'keymap'>;

/** A panel with the newest events at the bottom, without a cursor: for the overview. */
export const eventPanel = remembering(['events', 'keymap'], drawPanel);

function drawPanel(state: PanelState, width: number, height: number, look: Glyphs): readonly Row[] {
  if (height < 2) return [];
  const events = collapseRuns(state.events.items).slice(-(height - 1));
  const title = titleRow(`EVENTS ${countText(state.events.items.length)}`, width, look, [
    span(keyFor(state.keymap, 'view-events'), 'key'),
    span(' shows all', 'dim'),
  ]);
  if (events.length === 0) return [title, [span(' Nothing has happened since this console opened.', 'dim')]];
  return [title, ...events.map((event) => eventRow(event, width, look, false))];
}

function eventRow(event: ClusterEvent, width: number, look: Glyphs, withKind = true): Row {
  const wide = width >= 60;
  const node = padEnd(cutText(foreign(event.node ?? '--', 8), 8, look.ellipsis), wide ? 4 : 3);
  return [
    span(` ${timeText(event.time, wide)} `, 'dim'),
    span(`${node} `, event.node === null ? 'dim' : 'bold'),
    ...(wide && withKind ? [span(padEnd(event.kind, 9), 'dim')] : []),
    ...(event.kind === 'command' ? [span('> ', 'key')] : []),
    span(foreign(event.text, width), severityStyle(event)),
  ];
}

function severityStyle({ severity, kind }: ClusterEvent): Style {
  if (severity === 'error') return 'bad';
  if (severity === 'warn') return 'warn';
  if (kind === 'command') return 'bold';
  return kind === 'role' ? 'good' : 'plain';
}

/** The whole view: filter in the title, a cursor once one moves. */
export function eventsView(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const all = visibleEvents(state.events);
  const { cursor, filter, dropped } = state.events;
  const room = Math.max(1, height - 1);
  const at = cursor === null ? all.length - 1 : Math.max(0, all.length - 1 - cursor);
  const top = Math.max(0, Math.min(all.length - room, at - Math.floor(room / 2)));
  const shown = all.slice(cursor === null ? Math.max(0, all.length - room) : top).slice(0, room);
  const first = cursor === null ? Math.max(0, all.length - room) : top;
  const count = filter === '' ? countText(all.length) : `${countText(all.length)} of ${countText(state.events.items.length)}`;
  const note: Row = [
    ...(dropped > 0 ? [span(`${countText(dropped)} not kept  `, 'warn')] : []),
    ...(filter === '' ? [] : [span('filter ', 'dim'), span(`${foreign(filter, 30)}  `, 'key')]),
    span(cursor === null ? 'follows' : `stands still, ${keyFor(state.keymap, 'follow')} follows`, 'dim'),
  ];
  const title = titleRow(`EVENTS ${count}`, width, look, note);
  if (all.length === 0) {
    const text = filter === '' ? ' Nothing has happened since this console opened.' : ' No event matches. Esc clears the filter.';
    return [title, [span(text, 'dim')]];
  }
  const rows = shown.map((event, i) => {
    const line = eventRow(event, width, look);
    return first + i === at ? selectRow([span(look.cursor, 'key'), ...trimmed(line)], width, look.ellipsis) : line;
  });
  return [title, ...rows];
}

/** The row without its leading space, whose place the cursor takes. */
function trimmed(line: Row): Row {
  const [first, ...others] = line;
  return first === undefined ? line : [withText(first, first.text.slice(1)), ...others];
}
