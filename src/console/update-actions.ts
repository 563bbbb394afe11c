/** What the keys of the views do. */
import { unreachable } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import { timelineLines } from '../check/timeline.ts';
import type { ChecksPicture } from '../cluster/driver.ts';
import { THEMES } from '../commands/command.ts';
import { EMPTY_LINE, withText } from '../commands/line-editor.ts';
import { newestIndex } from '../commands/log-cells.ts';
import { asWord } from '../commands/quote.ts';
import { checksReport } from './checks-report.ts';
import { currentEvent, visibleEvents } from './event-list.ts';
import { menuItems } from './fault-menu.ts';
import { withFlash } from './flash.ts';
import { type Action, VIEWS } from './keymap.ts';
import { listHeight } from './layout.ts';
import type { Step } from './messages.ts';
import { type ConsoleState, chosenNodes, type ViewId } from './state.ts';
import { askToQuit, interrupt, runTyped, startAction, withTheme, withWritable } from './update-commands.ts';
import { moveInKeys, toFirstKey, toLastKey, withPrefix } from './update-keys.ts';
import { afterEdit, linkAction } from './update-links.ts';
import { logIndex, moveInLog, moveToTermChange, toggleFollow } from './update-log.ts';
import { backToNow, readOnlyReason, travelAction } from './update-moment.ts';
import { openCommandLine } from './update-prompt.ts';

/** A line longer than this is nothing that one edits by hand. */
const MOST_EDITED = 8_192;

const still = (state: ConsoleState): Step<ConsoleState> => ({ state, effects: [] });

export function runViewAction(state: ConsoleState, action: Action): Step<ConsoleState> {
  return linkAction(state, action) ?? afterEdit(state, (settled) => runOther(settled, action));
}

function runOther(state: ConsoleState, action: Action): Step<ConsoleState> {
  const view = VIEWS.find(({ id }) => action === `view-${id}`);
  if (view !== undefined) return still(goTo(state, view.id));
  return travelAction(state, action) ?? changeAction(state, action) ?? moveAction(state, action) ?? generalAction(state, action);
}

function goTo(state: ConsoleState, view: ViewId): ConsoleState {
  return state.view === view ? state : { ...state, view, previous: state.view };
}

function neighbour(state: ConsoleState, step: 1 | -1): ConsoleState {
  const at = VIEWS.findIndex(({ id }) => id === state.view);
  return goTo(state, VIEWS[(at + step + VIEWS.length) % VIEWS.length]?.id ?? 'overview');
}

function generalAction(state: ConsoleState, action: Action): Step<ConsoleState> {
  switch (action) {
    case 'view-next':
      return still(neighbour(state, 1));
    case 'view-before':
      return still(neighbour(state, -1));
    case 'view-last':
      return still(goTo(state, state.previous));
    case 'command':
      return openCommandLine(state, '');
    case 'help':
      return still({ ...state, overlay: { type: 'help', palette: false, filter: '', filtering: false, cursor: 0 } });
    case 'back':
      return goesBackToNow(state) ? backToNow(state) : still(goBack(state));
    case 'theme':
      return still(withTheme(state, THEMES[(THEMES.indexOf(state.theme) + 1) % THEMES.length] ?? 'dark'));
    case 'palette':
      return still({ ...state, overlay: { type: 'help', palette: true, filter: '', filtering: true, cursor: 0 } });
    case 'write':
      return toggleWritable(state);
    case 'detach':
      return { state, effects: [{ type: 'quit', detach: true }] };
    case 'quit':
      return askToQuit(state);
    case 'interrupt':
      return interrupt(state);
    case 'suspend':
      return { state, effects: [{ type: 'suspend' }] };
    case 'redraw':
      return { state, effects: [{ type: 'redraw' }] };
    default:
      return still(state);
  }
}

/** The past is left before the view is, and after its filter. */
function goesBackToNow(state: ConsoleState): boolean {
  const filtered = state.view === 'events' && state.events.filter !== '';
  return state.moment !== null && !state.replay && !filtered && state.marked.length === 0;
}

function toggleWritable(state: ConsoleState): Step<ConsoleState> {
  if (state.replay || state.torture !== null) return still(withFlash(state, readOnlyReason(state) ?? '', 'warn'));
  return still(withWritable(state, !state.writable));
}

/** Esc: first the filter of this view goes, then the marks, then it leads home. */
function goBack(state: ConsoleState): ConsoleState {
  if (state.view === 'keys' && state.keys.prefix !== '') return withPrefix(state, '');
  if (state.view === 'events' && state.events.filter !== '')
    return { ...state, events: { ...state.events, filter: '', cursor: null } };
  if (state.marked.length > 0) return { ...state, marked: [] };
  return state.flash === null ? goTo(state, 'overview') : { ...state, flash: null };
}

function changeAction(state: ConsoleState, action: Action): Step<ConsoleState> | null {
  const nodes = chosenNodes(state);
  switch (action) {
    case 'fault-menu':
      return readOnly(state) ?? still(openMenu(state));
    case 'restart':
      return nodes.length === 0
        ? nothing(state, NO_NODE)
        : startAction(state, `restart ${nodes.join(',')}`, { type: 'restart', nodes });
    case 'undo':
      return noFaults(state) ?? startAction(state, 'undo', { type: 'undo' });
    case 'heal-all':
      return noFaults(state) ?? startAction(state, 'heal', { type: 'heal', fault: null });
    case 'heal-one':
      return healOne(state);
    case 'new-key':
      return readOnly(state) ?? openCommandLine(state, `put ${state.keys.prefix === '' ? '' : asWord(state.keys.prefix)}`);
    case 'edit-key':
      return onKey(state, (key, value) => `put ${asWord(key)} ${asWord(value)}`);
    case 'delete-key':
      return onKey(state, (key) => `del ${asWord(key)}`);
    case 'why':
      return askWhy(state);
    case 'mark':
      return still(toggleMark(state));
    case 'mark-all': {
      const all = state.picture.nodes.map(({ id }) => id);
      return still({ ...state, marked: state.marked.length === all.length ? [] : all });
    }
    case 'filter':
      return still(openFilter(state));
    case 'open':
      return still(openDetail(state));
    default:
      return null;
  }
}

/** The question that stands where the cursor stands, as the command that asks it. */
function askWhy(state: ConsoleState): Step<ConsoleState> {
  if (state.view === 'events') return still(openDetail(state));
  const about = state.view === 'log' && state.log.index !== null ? String(state.log.index) : (state.nodeCursor ?? 'leader');
  return runTyped(state, `why ${about}`, 'key');
}

function readOnly(state: ConsoleState): Step<ConsoleState> | null {
  const reason = readOnlyReason(state);
  return reason === null ? null : still(withFlash(state, reason, 'warn'));
}

/** A key that finds nothing to act on says so. */
function nothing(state: ConsoleState, why: string): Step<ConsoleState> {
  return still(withFlash(state, why, 'info'));
}

const NO_NODE = 'No node is known yet.';
const NO_KEY = 'There is no key under the cursor.';

function noFaults(state: ConsoleState): Step<ConsoleState> | null {
  return state.picture.faults.length === 0 ? nothing(state, 'No fault is active.') : null;
}

function healOne(state: ConsoleState): Step<ConsoleState> {
  const fault = state.picture.faults[state.faultCursor];
  return fault === undefined
    ? nothing(state, 'No fault is active.')
    : startAction(state, `heal ${fault.id}`, { type: 'heal', fault: fault.id });
}

function onKey(state: ConsoleState, line: (key: string, value: string) => string): Step<ConsoleState> {
  const refused = readOnly(state);
  if (refused !== null) return refused;
  const kv = state.keys.rows[state.keys.cursor - state.keys.first];
  if (kv === undefined) return nothing(state, NO_KEY);
  const text = line(kv.key, kv.value);
  if (text.length <= MOST_EDITED) return openCommandLine(state, text);
  return still(
    withFlash(state, 'This value is too long to be edited in one line; put KEY - reads one from a file or a pipe.', 'warn'),
  );
}

function openMenu(state: ConsoleState): ConsoleState {
  return menuItems(state).length === 0
    ? withFlash(state, 'Nothing can be broken from here: this cluster was not started on this machine.', 'info')
    : { ...state, overlay: { type: 'menu', cursor: 0 } };
}

function toggleMark(state: ConsoleState): ConsoleState {
  const id = state.nodeCursor;
  if (id === null) return withFlash(state, NO_NODE, 'info');
  const marked = state.marked.includes(id) ? state.marked.filter((other) => other !== id) : [...state.marked, id];
  return { ...state, marked };
}

function openFilter(state: ConsoleState): ConsoleState {
  const target = state.view === 'keys' ? 'keys' : 'events';
  const before = target === 'keys' ? state.keys.prefix : state.events.filter;
  return { ...state, overlay: { type: 'filter', target, line: withText(EMPTY_LINE, before), before } };
}

function openDetail(state: ConsoleState): ConsoleState {
  if (state.view === 'keys') {
    const kv = state.keys.rows[state.keys.cursor - state.keys.first];
    return kv === undefined
      ? withFlash(state, NO_KEY, 'info')
      : { ...state, overlay: { type: 'value', key: kv.key, version: 0, top: 0 } };
  }
  if (state.view === 'events') {
    const event = currentEvent(state.events);
    return event === null
      ? withFlash(state, 'There is no event here.', 'info')
      : { ...state, overlay: { type: 'event', seq: event.seq } };
  }
  if (state.view === 'checks')
    return state.checks === null ? withFlash(state, 'Nothing is checked here.', 'info') : openReport(state, state.checks);
  return state.nodeCursor === null
    ? withFlash(state, NO_NODE, 'info')
    : { ...state, overlay: { type: 'node', node: state.nodeCursor, top: 0 } };
}

function openReport(state: ConsoleState, checks: ChecksPicture): ConsoleState {
  const { culprit, drawn = [] } = checks.traffic;
  const picture = culprit === null ? drawn : timelineLines(culprit, { width: Math.max(40, state.size.columns - 8), ascii: true });
  return { ...state, overlay: { type: 'output', title: 'checks', lines: checksReport(checks, picture), prose: false, top: 0 } };
}

function moveAction(state: ConsoleState, action: Action): Step<ConsoleState> | null {
  if (state.view === 'log') {
    if (action === 'term-before') return still(moveToTermChange(state, -1));
    if (action === 'term-after') return still(moveToTermChange(state, 1));
  }
  if (action === 'follow') return still(state.view === 'log' ? toggleFollow(state) : toggleEvents(state));
  if (action === 'first' || action === 'last') return toEnd(state, action);
  const page = Math.max(1, listHeight(state) - 1);
  const steps: Partial<Record<Action, number>> = { up: -1, down: 1, 'page-up': -page, 'page-down': page };
  const step = steps[action];
  if (step !== undefined) return still(moveBy(state, step, action.startsWith('page')));
  if (action === 'left' || action === 'right') return still(moveSideways(state, action === 'right' ? 1 : -1));
  return null;
}

function toEnd(state: ConsoleState, action: 'first' | 'last'): Step<ConsoleState> {
  if (state.view === 'keys') return action === 'first' ? still(toFirstKey(state)) : toLastKey(state);
  if (state.view === 'log') return still(moveInLog(state, action === 'first' ? 1 : newestIndex(state.picture)));
  const last = visibleEvents(state.events).length - 1;
  return still({ ...state, events: { ...state.events, cursor: action === 'first' ? Math.max(0, last) : null } });
}

function toggleEvents(state: ConsoleState): ConsoleState {
  return { ...state, events: { ...state.events, cursor: state.events.cursor === null ? 0 : null } };
}

function moveBy(state: ConsoleState, step: number, page: boolean): ConsoleState {
  switch (state.view) {
    case 'keys':
      return moveInKeys(state, (state.keys.wish ?? state.keys.cursor) + step);
    case 'events':
      return moveInEvents(state, step);
    case 'faults':
      return { ...state, faultCursor: Math.max(0, Math.min(state.picture.faults.length - 1, state.faultCursor + step)) };
    case 'log':
      return page ? moveInLog(state, logIndex(state) + step) : { ...state, nodeCursor: shifted(state, state.nodeCursor, step) };
    case 'overview':
    case 'links':
      return { ...state, nodeCursor: shifted(state, state.nodeCursor, step) };
    case 'metrics':
    case 'shell':
    case 'checks':
      return state;
    default:
      return unreachable(state.view);
  }
}

/** Moving past the newest event follows again. */
function moveInEvents(state: ConsoleState, step: number): ConsoleState {
  const last = visibleEvents(state.events).length - 1;
  const at = (state.events.cursor ?? 0) - step;
  const cursor = at < 0 || last < 0 ? null : Math.min(last, at);
  return { ...state, events: { ...state.events, cursor } };
}

function moveSideways(state: ConsoleState, step: 1 | -1): ConsoleState {
  if (state.view === 'log') return moveInLog(state, logIndex(state) + step);
  return { ...state, linkCursor: shifted(state, state.linkCursor, step) };
}

function shifted({ picture }: ConsoleState, from: NodeId | null, step: number): NodeId | null {
  const ids = picture.nodes.map(({ id }) => id);
  const at = from === null ? 0 : ids.indexOf(from);
  return ids[Math.max(0, Math.min(ids.length - 1, at + step))] ?? null;
}
