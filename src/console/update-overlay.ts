/** Keys while something lies over the view. */
import { unreachable } from '../base/assert.ts';
import { type EditKey, editLine } from '../commands/line-editor.ts';
import { viewArea } from './area.ts';
import { menuItems } from './fault-menu.ts';
import { helpEntries } from './help-entries.ts';
import { keyName } from './key-input.ts';
import { actionFor } from './keymap.ts';
import type { Step } from './messages.ts';
import type { ConsoleState, Overlay } from './state.ts';
import { UTF8_GLYPHS } from './theme.ts';
import { runViewAction } from './update-actions.ts';
import { confirmed, declined, startAction } from './update-commands.ts';
import { withPrefix } from './update-keys.ts';
import { lessonKey } from './update-lesson.ts';
import { commandKey, openCommandLine } from './update-prompt.ts';
import { lastTopOfValue } from './views/key-detail-view.ts';
import { nodeDetailView } from './views/node-detail.ts';
import { lastTopOf } from './views/output-panel.ts';

/** A key that is still held down from before must not answer a question. */
const DEAD_MS = 200;

type Of<Type extends Overlay['type']> = Overlay & { readonly type: Type };

export function overlayKey(state: ConsoleState, overlay: Overlay, key: EditKey): Step<ConsoleState> {
  switch (overlay.type) {
    case 'command':
      return commandKey(state, overlay.prompt, key);
    case 'filter':
      return filterKey(state, overlay, key);
    case 'menu':
      return menuKey(state, overlay, keyName(key));
    case 'confirm':
      return confirmKey(state, overlay, key);
    case 'help':
      return helpKey(state, overlay, key);
    case 'output':
      return leads(state, key) ?? still(scrolled(state, overlay, keyName(key), lastTopOf(overlay, viewArea(state), UTF8_GLYPHS)));
    case 'value':
      return leads(state, key) ?? still(versionKey(state, overlay, keyName(key)));
    case 'node':
      return leads(state, key) ?? still(scrolled(state, overlay, keyName(key), lastRowOfNode(state, overlay)));
    case 'event':
      return still({ ...state, overlay: null });
    default:
      return unreachable(overlay);
  }
}

const still = (state: ConsoleState): Step<ConsoleState> => ({ state, effects: [] });
const closed = (state: ConsoleState): ConsoleState => ({ ...state, overlay: null });

/** Who has read enough goes straight to another view, the command line or the help. */
function leads(state: ConsoleState, key: EditKey): Step<ConsoleState> | null {
  const name = keyName(key);
  const action = name === null ? null : actionFor(state.keymap, name, state.view, state.capabilities);
  const away = action !== null && (action.startsWith('view-') || action === 'command' || action === 'help');
  return away ? runViewAction(closed(state), action) : null;
}

/** The list narrows while one types; Esc brings back what was there before. */
function filterKey(state: ConsoleState, overlay: Of<'filter'>, key: EditKey): Step<ConsoleState> {
  const name = keyName(key);
  if (name === 'escape') return still(closed(withFilter(state, overlay.target, overlay.before)));
  const { state: line, effect } = editLine(overlay.line, key, []);
  if (effect === 'submit') return still(closed(state));
  if (effect !== null) return still(state);
  return still({ ...withFilter(state, overlay.target, line.text), overlay: { ...overlay, line } });
}

function withFilter(state: ConsoleState, target: 'keys' | 'events', text: string): ConsoleState {
  if (target === 'keys') return withPrefix(state, text);
  return state.events.filter === text ? state : { ...state, events: { ...state.events, filter: text, cursor: null } };
}

function menuKey(state: ConsoleState, overlay: Of<'menu'>, name: string | null): Step<ConsoleState> {
  const items = menuItems(state);
  if (name === 'escape' || name === 'q') return still(closed(state));
  // The letters of the items come first: k kills here, it does not move.
  const chosen = name === 'enter' ? items[overlay.cursor] : items.find((item) => item.key === name);
  if (chosen !== undefined) {
    if (chosen.action === null) return openCommandLine(closed(state), chosen.line);
    return startAction(closed(state), chosen.line, chosen.action);
  }
  const step = name === 'down' || name === 'j' || name === 'tab' ? 1 : name === 'up' || name === 'shift-tab' ? -1 : 0;
  return still({ ...state, overlay: { ...overlay, cursor: Math.max(0, Math.min(items.length - 1, overlay.cursor + step)) } });
}

function confirmKey(state: ConsoleState, overlay: Of<'confirm'>, key: EditKey): Step<ConsoleState> {
  const name = keyName(key);
  if (state.now - overlay.since < DEAD_MS) return still(state);
  if (overlay.expected === null) {
    if (name === 'y' || name === 'Y') return confirmed(state, overlay.detail, overlay.yes);
    const no = name === 'n' || name === 'N' || name === 'enter' || name === 'escape' || name === 'q';
    return still(no ? declined(state, overlay.yes) : state);
  }
  if (name === 'escape') return still(declined(state, overlay.yes));
  if (name === 'enter') {
    return overlay.typed === overlay.expected
      ? confirmed(state, overlay.detail, overlay.yes)
      : still(declined(state, overlay.yes));
  }
  const typed =
    name === 'backspace' ? overlay.typed.slice(0, -1) : key.type === 'text' ? overlay.typed + key.text : overlay.typed;
  return still({ ...state, overlay: { ...overlay, typed } });
}

function helpKey(state: ConsoleState, overlay: Of<'help'>, key: EditKey): Step<ConsoleState> {
  const name = keyName(key);
  const entries = helpEntries(state, overlay.filter, overlay.palette);
  if (name === 'enter') {
    const chosen = entries[overlay.cursor];
    if (chosen === undefined) return still(closed(state));
    if (chosen.type === 'command') return openCommandLine(closed(state), chosen.line);
    // Answers are given where the question is read.
    if (chosen.type === 'lesson') return lessonKey(closed(state), chosen.key) ?? still(closed(state));
    return runViewAction(closed(state), chosen.action);
  }
  if (name === 'escape' || (!overlay.filtering && (name === 'q' || name === '?'))) {
    return still(
      overlay.filter === '' || overlay.palette
        ? closed(state)
        : { ...state, overlay: { ...overlay, filter: '', filtering: false, cursor: 0 } },
    );
  }
  if (!overlay.filtering && name === '/') return still({ ...state, overlay: { ...overlay, filtering: true } });
  if (overlay.filtering && (key.type === 'text' || name === 'backspace')) {
    const filter = key.type === 'text' ? overlay.filter + key.text : overlay.filter.slice(0, -1);
    return still({ ...state, overlay: { ...overlay, filter, cursor: 0 } });
  }
  const page = Math.max(1, state.size.rows - 8);
  const cursor = moved(overlay.cursor, name, page, entries.length - 1);
  return still({ ...state, overlay: { ...overlay, cursor } });
}

function moved(at: number, name: string | null, page: number, last: number): number {
  const steps: Readonly<Record<string, number>> = {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    'page-down': page,
    'ctrl-d': page,
    'page-up': -page,
    'ctrl-u': -page,
    space: page,
  };
  if (name === 'g' || name === 'home') return 0;
  if (name === 'G' || name === 'end') return Math.max(0, last);
  return Math.max(0, Math.min(last, at + (steps[name ?? ''] ?? 0)));
}

function lastRowOfNode(state: ConsoleState, { node }: Of<'node'>): number {
  const { width, height } = viewArea(state);
  return nodeDetailView(state, node, width, UTF8_GLYPHS).length - height;
}

/** Lines move among the versions, pages scroll the value of the chosen one. */
function versionKey(state: ConsoleState, overlay: Of<'value'>, name: string | null): ConsoleState {
  const last = (state.detail?.key === overlay.key ? (state.detail.history?.versions.length ?? 1) : 1) - 1;
  const isPage = name !== null && ['page-down', 'page-up', 'ctrl-d', 'ctrl-u', 'space'].includes(name);
  if (isPage || name === 'escape' || name === 'q' || name === 'enter')
    return scrolled(state, overlay, name, lastTopOfValue(state, overlay, viewArea(state), UTF8_GLYPHS));
  const version = moved(Math.min(overlay.version, Math.max(0, last)), name, 1, Math.max(0, last));
  return version === overlay.version ? state : { ...state, overlay: { ...overlay, version, top: 0 } };
}

/** Reading: moving keys scroll, all that usually means "done" closes. */
function scrolled(
  state: ConsoleState,
  overlay: Of<'output'> | Of<'node'> | Of<'value'>,
  name: string | null,
  last: number,
): ConsoleState {
  if (name === 'escape' || name === 'q' || name === 'enter') return closed(state);
  const top = moved(overlay.top, name, Math.max(1, state.size.rows - 8), Math.max(0, last));
  return { ...state, overlay: { ...overlay, top } };
}
