/** The whole screen from the whole state: exactly as many rows as the terminal has, none wider than it is. Pure. */
import { unreachable } from '../base/assert.ts';
import { paneRows, sizeLess } from './area.ts';
import { hasKeys } from './key-moment.ts';
import { type Area, bodyHeight, LEAST, sizeClass } from './layout.ts';
import { cutRow, fitHeight, type Row, span } from './rows.ts';
import type { ConsoleState } from './state.ts';
import type { Glyphs } from './theme.ts';
import { checksView } from './views/checks-view.ts';
import { headerRow, hintsRow, statusLine, tabsRow } from './views/chrome.ts';
import { eventsView } from './views/events-list.ts';
import { faultsView } from './views/faults-view.ts';
import { keysView } from './views/keys-view.ts';
import { linksView } from './views/links-view.ts';
import { logView } from './views/log-view.ts';
import { metricsView } from './views/metrics-view.ts';
import { withOverlay } from './views/overlays.ts';
import { overview } from './views/overview.ts';
import { titleRow } from './views/parts.ts';
import { type Drawn, shellView } from './views/shell-view.ts';

/** Ages are those of the moment that is shown. */
export function frameOf(live: ConsoleState, look: Glyphs): Drawn {
  const { moment } = live;
  const state = moment === null ? live : { ...live, now: moment.wall, wall: moment.wall };
  const { columns, rows } = state.size;
  if (sizeClass(state.size) === 'tiny') return tooSmall(columns, rows, look);
  const pane = paneRows(state, look);
  const upper = pane.length === 0 ? state : { ...state, size: sizeLess(state.size, pane) };
  const area: Area = { width: columns, height: bodyHeight(upper.size) };
  const view = drawView(upper, area, look);
  const body =
    state.overlay === null ? view.rows : withOverlay(fitHeight(view.rows, area.height), upper, state.overlay, area, look);
  const status = statusLine(state, columns, look, live.wall);
  const all = [
    headerRow(state, columns, look),
    tabsRow(state, columns, look),
    ...fitHeight(body, area.height),
    ...pane,
    status.row,
    hintsRow(state, columns, look),
  ];
  const viewCursor = state.overlay === null && view.cursor !== null ? { x: view.cursor.x, y: view.cursor.y + 2 } : null;
  const cursor = status.x === null ? viewCursor : { x: status.x, y: rows - 2 };
  return { rows: fitHeight(all, rows).map((row) => cutRow(row, columns, look.ellipsis)), cursor };
}

function tooSmall(columns: number, rows: number, look: Glyphs): Drawn {
  const text = `${LEAST.columns}x${LEAST.rows} needed, have ${columns}x${rows}; q quits`;
  return { rows: fitHeight([cutRow([span(text)], columns, look.ellipsis)], rows), cursor: null };
}

function keysOfThePast({ replay }: ConsoleState, width: number, look: Glyphs): readonly Row[] {
  const why = replay ? 'only a running cluster can be asked for them.' : 'and no node had told its revision by then.';
  return [titleRow('KEYS', width, look), [span(` Keys and values are not recorded: ${why}`, 'dim')]];
}

function drawView(state: ConsoleState, area: Area, look: Glyphs): Drawn {
  const still = (rows: readonly Row[]): Drawn => ({ rows, cursor: null });
  switch (state.view) {
    case 'overview':
      return still(overview(state, area, look));
    case 'log':
      return still(logView(state, area, look));
    case 'links':
      return still(linksView(state, area.width, area.height, look));
    case 'keys':
      return still(hasKeys(state) ? keysView(state, area, look) : keysOfThePast(state, area.width, look));
    case 'events':
      return still(eventsView(state, area.width, area.height, look));
    case 'metrics':
      return still(metricsView(state, area, look));
    case 'faults':
      return still(faultsView(state, area.width, area.height, look));
    case 'checks':
      return still(checksView(state, area.width, look));
    case 'shell':
      return shellView(state, area, look);
    default:
      return unreachable(state.view);
  }
}
