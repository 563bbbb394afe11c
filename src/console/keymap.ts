/** Every key of every view, as data: the footer, the help, the documentation and the dispatch read this one list. */
import type { Capability } from '../cluster/driver.ts';
import type { ViewId } from './state.ts';

export type Action =
  | `view-${ViewId}`
  | 'view-next'
  | 'view-before'
  | 'view-last'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'first'
  | 'last'
  | 'page-up'
  | 'page-down'
  | 'open'
  | 'back'
  | 'mark'
  | 'mark-all'
  | 'fault-menu'
  | 'restart'
  | 'undo'
  | 'heal-all'
  | 'heal-one'
  | 'cut-link'
  | 'slow-link'
  | 'link-slower'
  | 'link-quicker'
  | 'link-loss'
  | 'link-reset'
  | 'term-before'
  | 'term-after'
  | 'follow'
  | 'filter'
  | 'new-key'
  | 'edit-key'
  | 'delete-key'
  | 'command'
  | 'help'
  | 'detach'
  | 'quit'
  | 'interrupt'
  | 'suspend'
  | 'redraw'
  | 'why'
  | 'freeze'
  | 'event-back'
  | 'event-on'
  | 'election-back'
  | 'election-on'
  | 'time-back'
  | 'time-on'
  | 'save-recording'
  | 'write'
  | 'theme'
  | 'palette';

export interface Binding {
  readonly action: Action;
  /** As `keyName` names them; the first is the one that is shown. */
  readonly keys: readonly string[];
  /** For the footer, one or two words; null keeps it out of there. */
  readonly hint: string | null;
  /** For help and documentation: one sentence. */
  readonly summary: string;
  /** Null: everywhere. */
  readonly views: readonly ViewId[] | null;
  readonly needs?: Capability;
}

/** The views in the order of their numbers; a number without a view is kept for a later one. */
export const VIEWS: readonly { readonly id: ViewId; readonly key: string; readonly title: string }[] = [
  { id: 'overview', key: '1', title: 'Overview' },
  { id: 'log', key: '2', title: 'Log' },
  { id: 'links', key: '3', title: 'Links' },
  { id: 'keys', key: '4', title: 'Keys' },
  { id: 'events', key: '5', title: 'Events' },
  { id: 'metrics', key: '6', title: 'Metrics' },
  { id: 'faults', key: '7', title: 'Faults' },
  { id: 'shell', key: '8', title: 'Shell' },
  { id: 'checks', key: '9', title: 'Checks' },
];

const NODE_VIEWS: readonly ViewId[] = ['overview', 'log'];
const TIMELINE: readonly ViewId[] = ['overview', 'log', 'links', 'keys', 'events', 'metrics', 'faults', 'checks'];
const LISTS: readonly ViewId[] = ['overview', 'log', 'links', 'keys', 'events', 'faults'];

const VIEW_BINDINGS: readonly Binding[] = VIEWS.map(({ id, key, title }) => ({
  action: `view-${id}`,
  keys: [key],
  hint: null,
  summary: `Go to the view ${title}.`,
  views: null,
}));

const WORKING: readonly Binding[] = [
  {
    action: 'fault-menu',
    keys: ['f'],
    hint: 'fault',
    summary: 'Open the fault menu for the marked nodes, else for the one under the cursor.',
    views: NODE_VIEWS,
  },
  {
    action: 'cut-link',
    keys: ['space'],
    hint: 'cut/heal',
    summary: 'Cut the link under the cursor in this direction, or heal it.',
    views: ['links'],
    needs: 'link-faults',
  },
  {
    action: 'link-slower',
    keys: ['+'],
    hint: null,
    summary: 'Delay the messages on the link under the cursor by 10 ms more (from 100 ms on by 50, from 1 s on by 500).',
    views: ['links'],
    needs: 'link-faults',
  },
  {
    action: 'link-quicker',
    keys: ['-'],
    hint: null,
    summary: 'Delay them by as much less.',
    views: ['links'],
    needs: 'link-faults',
  },
  {
    action: 'link-loss',
    keys: ['%'],
    hint: null,
    summary: 'Lose 10 % more of the messages on the link under the cursor; none again after 90 %.',
    views: ['links'],
    needs: 'link-faults',
  },
  {
    action: 'slow-link',
    keys: ['=', 's'],
    hint: null,
    summary: 'Write exact values for the link under the cursor; the line can be edited before it runs.',
    views: ['links'],
    needs: 'link-faults',
  },
  {
    action: 'link-reset',
    keys: ['0'],
    hint: null,
    summary: 'Take everything back that was set on the link under the cursor.',
    views: ['links'],
    needs: 'link-faults',
  },
  { action: 'heal-one', keys: ['enter', 'x'], hint: 'heal', summary: 'End the fault under the cursor.', views: ['faults'] },
  {
    action: 'mark',
    keys: ['space'],
    hint: 'mark',
    summary: 'Mark the node under the cursor, or take its mark away.',
    views: NODE_VIEWS,
  },
  {
    action: 'open',
    keys: ['enter'],
    hint: 'detail',
    summary: 'Show everything about the node, key or event under the cursor, or about the checks.',
    views: ['overview', 'log', 'keys', 'events', 'checks'],
  },
  {
    action: 'filter',
    keys: ['/'],
    hint: 'filter',
    summary: 'Filter: keys by their beginning, events by words.',
    views: ['keys', 'events'],
  },
  { action: 'new-key', keys: ['n'], hint: 'new', summary: 'Write a new key: opens the command line with put.', views: ['keys'] },
  {
    action: 'edit-key',
    keys: ['e'],
    hint: 'edit',
    summary: 'Change the value under the cursor: opens the command line with its put.',
    views: ['keys'],
  },
  {
    action: 'delete-key',
    keys: ['x'],
    hint: 'delete',
    summary: 'Delete the key under the cursor: opens the command line with its del.',
    views: ['keys'],
  },
  {
    action: 'why',
    keys: ['w'],
    hint: 'why',
    summary: 'Explain the node, entry or event under the cursor: what it waits for and what led to it.',
    views: ['overview', 'log', 'events'],
  },
  { action: 'mark-all', keys: ['a'], hint: null, summary: 'Mark all nodes, or none.', views: NODE_VIEWS },
  {
    action: 'undo',
    keys: ['u'],
    hint: 'undo',
    summary: 'End the newest fault; a link that was changed goes back one step.',
    views: TIMELINE,
  },
  { action: 'heal-all', keys: ['H'], hint: 'heal all', summary: 'End all faults.', views: TIMELINE },
  {
    action: 'restart',
    keys: ['R'],
    hint: 'restart',
    summary: 'Start the chosen nodes again; those that run are stopped first.',
    views: NODE_VIEWS,
    needs: 'process-faults',
  },
];

const MOVING: readonly Binding[] = [
  { action: 'down', keys: ['j', 'down'], hint: null, summary: 'Move down.', views: LISTS },
  { action: 'up', keys: ['k', 'up'], hint: null, summary: 'Move up.', views: LISTS },
  {
    action: 'left',
    keys: ['h', 'left'],
    hint: null,
    summary: 'Move left: an older entry, the link from another node.',
    views: ['log', 'links'],
  },
  {
    action: 'right',
    keys: ['l', 'right'],
    hint: null,
    summary: 'Move right: a newer entry, the link to another node.',
    views: ['log', 'links'],
  },
  { action: 'term-before', keys: ['{'], hint: null, summary: 'Go back to where the term changes.', views: ['log'] },
  { action: 'term-after', keys: ['}'], hint: 'term', summary: 'Go on to where the term changes.', views: ['log'] },
  { action: 'first', keys: ['g', 'home'], hint: null, summary: 'Go to the beginning.', views: ['log', 'keys', 'events'] },
  {
    action: 'last',
    keys: ['G', 'end'],
    hint: null,
    summary: 'Go to the end; log and events then follow what comes.',
    views: ['log', 'keys', 'events'],
  },
  { action: 'page-down', keys: ['page-down', 'ctrl-d'], hint: null, summary: 'One page down.', views: ['log', 'keys', 'events'] },
  { action: 'page-up', keys: ['page-up', 'ctrl-u'], hint: null, summary: 'One page up.', views: ['log', 'keys', 'events'] },
  { action: 'follow', keys: ['F'], hint: 'follow', summary: 'Follow the newest, or stand still.', views: ['log', 'events'] },
];

const TRAVEL: readonly Binding[] = [
  {
    action: 'freeze',
    keys: ['p'],
    hint: 'freeze',
    summary: 'Hold this moment still, or return to now; recording goes on.',
    views: TIMELINE,
  },
  { action: 'event-back', keys: [','], hint: null, summary: 'Go back to the event before, in every view.', views: TIMELINE },
  { action: 'event-on', keys: ['.'], hint: null, summary: 'Go on to the next event.', views: TIMELINE },
  { action: 'election-back', keys: ['<'], hint: null, summary: 'Go back to where a leader was elected.', views: TIMELINE },
  { action: 'election-on', keys: ['>'], hint: null, summary: 'Go on to where the next leader was elected.', views: TIMELINE },
  { action: 'time-back', keys: ['['], hint: null, summary: 'Go back by one second.', views: TIMELINE },
  { action: 'time-on', keys: [']'], hint: null, summary: 'Go on by one second.', views: TIMELINE },
  {
    action: 'save-recording',
    keys: ['ctrl-s'],
    hint: null,
    summary: 'Save what was recorded to a file in this folder, for replay or a report.',
    views: TIMELINE,
  },
];

const GENERAL: readonly Binding[] = [
  {
    action: 'command',
    keys: [':'],
    hint: 'command',
    summary: 'Open the command line: every command of the shell, from every view.',
    views: null,
  },
  { action: 'view-next', keys: ['tab'], hint: null, summary: 'Go to the next view.', views: null },
  { action: 'view-before', keys: ['shift-tab'], hint: null, summary: 'Go to the view before.', views: null },
  {
    action: 'view-last',
    keys: ['-'],
    hint: null,
    summary: 'Go back to the view that was open last.',
    views: VIEWS.map(({ id }) => id).filter((id) => id !== 'links'),
  },
  { action: 'help', keys: ['?'], hint: 'help', summary: 'Show all keys and commands; Enter runs the chosen one.', views: null },
  {
    action: 'back',
    keys: ['escape'],
    hint: null,
    summary: 'Close what is open, then clear the filter, then the marks, then return from the past.',
    views: null,
  },
  {
    action: 'detach',
    keys: ['d'],
    hint: 'detach',
    summary: 'Leave the console and let the nodes run on.',
    views: null,
    needs: 'detach',
  },
  {
    action: 'theme',
    keys: ['T'],
    hint: null,
    summary: 'Go to the next theme: dark, light, 16, colour-blind, mono.',
    views: null,
  },
  {
    action: 'palette',
    keys: ['ctrl-p'],
    hint: null,
    summary: 'Find any command or key by a few of its letters; Enter runs it.',
    views: null,
  },
  { action: 'write', keys: ['W'], hint: null, summary: 'Let this console change things, or only look.', views: null },
  { action: 'quit', keys: ['q'], hint: 'quit', summary: 'Leave the console; nodes that it started stop.', views: null },
  { action: 'interrupt', keys: ['ctrl-c'], hint: null, summary: 'Stop a running command; pressed twice, quit.', views: null },
  {
    action: 'suspend',
    keys: ['ctrl-z'],
    hint: null,
    summary: 'Put the console into the background; the nodes go on.',
    views: null,
  },
  { action: 'redraw', keys: ['ctrl-l'], hint: null, summary: 'Draw the screen anew.', views: null },
];

export const BINDINGS: readonly Binding[] = [...VIEW_BINDINGS, ...WORKING, ...MOVING, ...TRAVEL, ...GENERAL];

/** The bindings as they are for one person. */
export type Keymap = readonly Binding[];

/** Menus, questions and prompts know these by their keys. */
export const FIXED: readonly Action[] = ['interrupt', 'suspend', 'back'];

export function bindingsFor(keymap: Keymap, view: ViewId, capabilities: ReadonlySet<Capability>): readonly Binding[] {
  return keymap.filter(
    ({ views, needs }) => (views === null || views.includes(view)) && (needs === undefined || capabilities.has(needs)),
  );
}

/** What a key does in a view; null when it does nothing there. */
export function actionFor(keymap: Keymap, name: string, view: ViewId, capabilities: ReadonlySet<Capability>): Action | null {
  return bindingsFor(keymap, view, capabilities).find(({ keys }) => keys.includes(name))?.action ?? null;
}

const SHOWN: Readonly<Record<string, string>> = {
  space: 'Space',
  enter: 'Enter',
  escape: 'Esc',
  tab: 'Tab',
  'shift-tab': 'Shift-Tab',
  up: 'Up',
  down: 'Down',
  left: 'Left',
  right: 'Right',
  home: 'Home',
  end: 'End',
  'page-up': 'PgUp',
  'page-down': 'PgDn',
  delete: 'Del',
};

/** The key of an action as it is shown in sentences. */
export function keyFor(keymap: Keymap, action: Action): string {
  const key = keymap.find((binding) => binding.action === action)?.keys[0];
  return key === undefined ? '(no key)' : shownKey(key);
}

/** A key's name for people: `Ctrl-C`, `Space`, `j`. */
export function shownKey(name: string): string {
  const [, held, letter] = /^(ctrl|alt)-(.)$/.exec(name) ?? [];
  if (letter === undefined) return SHOWN[name] ?? name;
  return `${held === 'ctrl' ? 'Ctrl' : 'Alt'}-${letter.toUpperCase()}`;
}
