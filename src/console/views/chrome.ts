/** The four rows around every view: the cluster in one line, the tabs, what is to be said, the keys. */
import { safe } from '../../base/safe.ts';
import { ghostText } from '../../commands/completion.ts';
import { bestReach, connectivityOf, majorityOf } from '../../commands/connectivity.ts';
import { ageText, countText, plural, timeText } from '../../commands/wording.ts';
import { diagnose } from '../diagnosis.ts';
import { menuItems } from '../fault-menu.ts';
import { type Action, type Binding, bindingsFor, keyFor, shownKey, VIEWS } from '../keymap.ts';
import { lessonBindings } from '../lesson-keys.ts';
import { highestCommit } from '../rate.ts';
import { remembering } from '../remembering.ts';
import { cutRow, EMPTY_ROW, type Row, rowCells, rowOf, type Span, type Style, span, spread, withText } from '../rows.ts';
import type { ConsoleState, Overlay, Severity, ViewId } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import type { Moment } from '../traveller.ts';
import { promptOf } from '../update-commands.ts';
import { cellsOf, foreign, headOf } from '../width.ts';
import { promptRow } from './shell-view.ts';
import { tortureLine } from './torture-block.ts';

const SILENT_MS = 2_000;

/** Cluster truth: the most important first, the rest as far as there is room. */
export function headerRow(state: ConsoleState, width: number, look: Glyphs): Row {
  const { picture } = state;
  const count = picture.nodes.length;
  const up = picture.nodes.filter((node) => node.state === 'up').length;
  const right = liveness(state);
  const parts: readonly Row[] = [
    [span(` ${foreign(picture.name, 20)}`, 'bold')],
    ...(isBroken(state) ? [[span(`${look.broken} A PROMISE IS BROKEN`, 'bad')]] : []),
    [span(`${up}/${count} up`, up === count ? 'good' : 'warn')],
    [
      span(`T${picture.term} `),
      picture.leader === null ? span('no leader', 'bad') : span(`${look.leader} ${picture.leader} leads`, 'leader'),
    ],
    quorumPart(state),
    [span('commit ', 'dim'), span(String(highestCommit(state)))],
    // What is counted is the present.
    ...(state.moment === null
      ? [[span(`${countText(state.rate.perSecond)}/s`, state.rate.perSecond > 0 ? 'plain' : 'dim')] as Row]
      : []),
    ...(picture.faults.length === 0 ? [] : [[span(plural(picture.faults.length, 'fault'), 'warn')]]),
  ];
  let line: Row = EMPTY_ROW;
  for (const part of parts) {
    const next = line.length === 0 ? part : [...line, span('  '), ...part];
    if (rowCells(next) + rowCells(right) + 2 > width) break;
    line = next;
  }
  return spread(line, right, width, look.ellipsis);
}

/** 9 tells which. */
function isBroken({ checks }: ConsoleState): boolean {
  if (checks === null) return false;
  return checks.traffic.verdict === 'not-linearizable' || checks.promises.some(({ state }) => state === 'broken');
}

function quorumPart({ picture }: ConsoleState): Row {
  if (picture.nodes.length === 0) return EMPTY_ROW;
  const quorum = majorityOf(picture.nodes.length);
  const spare = bestReach(connectivityOf(picture)) - quorum;
  const style: Style = spare < 0 ? 'bad' : spare === 0 && picture.nodes.length > 1 ? 'warn' : 'plain';
  const words = spare < 0 ? 'not reached' : `${spare === 0 ? 'none' : String(spare)} to spare`;
  return [span('quorum ', 'dim'), span(`${quorum}, `), span(words, style)];
}

/** Whether these numbers are of now. */
function liveness({ picture, now, moment, replay, writable }: ConsoleState): Row {
  if (moment !== null) return [span(replay ? 'REPLAY ' : 'PAST ', 'warn')];
  const only: Row = writable ? [] : [span('looks only  ', 'warn')];
  const newest = Math.max(...picture.nodes.map(({ seenAt }) => seenAt ?? Number.NEGATIVE_INFINITY));
  if (picture.nodes.every((node) => node.state !== 'up')) return [span('ALL DOWN ', 'bad')];
  if (newest === Number.NEGATIVE_INFINITY) return [span('CONNECTING ', 'warn')];
  const age = now - newest;
  return age > SILENT_MS ? [span(`NO CONTACT ${ageText(age)} `, 'bad')] : [...only, span('LIVE ', 'good')];
}

const drawTabs = remembering(['keymap', 'view'], (state, faults: number, width: number, look: Glyphs): Row => {
  const name = (id: string, title: string): string => (id === 'faults' && faults > 0 ? `${title} ${faults}` : title);
  const keyOf = (id: ViewId, key: string): string =>
    shownKey(state.keymap.find(({ action }) => action === `view-${id}`)?.keys[0] ?? key);
  const tab = (active: boolean, text: string): Span => (active ? span(` ${text} `, 'active') : span(` ${text} `, 'dim'));
  const full = VIEWS.map(({ id, key, title }) => tab(id === state.view, `${keyOf(id, key)} ${name(id, title)}`));
  if (rowCells(full) <= width) return full;
  const tight = full.map((each) => withText(each, each.text.trimEnd()));
  if (rowCells(tight) <= width) return tight;
  const short = VIEWS.map(({ id, key, title }) =>
    tab(id === state.view, id === state.view ? `${keyOf(id, key)} ${name(id, title)}` : keyOf(id, key)),
  );
  return cutRow(short, width, look.ellipsis);
});

export const tabsRow = (state: ConsoleState, width: number, look: Glyphs): Row =>
  drawTabs(state, state.picture.faults.length, width, look);

const STYLES: Readonly<Record<Severity, Style>> = { info: 'plain', warn: 'warn', error: 'bad' };

export interface StatusLine {
  readonly row: Row;
  /** Where the terminal's cursor stands in this row; null when nothing is written here. */
  readonly x: number | null;
}

/** A prompt or a question when one is open, else what just happened, else the standing diagnosis. */
/** `wall` is the present, also while the past is shown. */
export function statusLine(state: ConsoleState, width: number, look: Glyphs, wall: number): StatusLine {
  const { overlay, flash } = state;
  if (overlay?.type === 'command')
    return written(
      promptRow(
        `:${safe(promptOf(state)).replace(/> $/, '')}> `,
        overlay.prompt.line,
        width,
        look,
        ghostText(overlay.prompt.line.text, state.history),
      ),
    );
  if (overlay?.type === 'filter')
    return written(promptRow(overlay.target === 'keys' ? ' prefix: ' : ' filter: ', overlay.line, width, look));
  if (overlay?.type === 'confirm') return question(overlay, width, look);
  if (overlay?.type === 'menu') return chosenLine(state, overlay.cursor, width, look);
  if (flash !== null)
    return { row: cutRow([span(' '), span(foreign(flash.text, width), STYLES[flash.severity])], width, look.ellipsis), x: null };
  if (state.moment !== null)
    return { row: cutRow([span(` ${momentText(state, state.moment, wall)}`, 'warn')], width, look.ellipsis), x: null };
  if (state.narration !== null)
    return { row: cutRow([span(' '), span(foreign(state.narration, width), 'bold')], width, look.ellipsis), x: null };
  if (state.torture !== null && state.view !== 'checks')
    return {
      row: cutRow([span(' '), ...tortureLine(state.torture, width, look, keyFor(state.keymap, 'quit'))], width, look.ellipsis),
      x: null,
    };
  const { severity, text, short = text } = diagnose(state.picture, keyFor(state.keymap, 'heal-all'));
  const said = cellsOf(text) < width ? text : short;
  return { row: cutRow([span(` ${said}`, STYLES[severity])], width, look.ellipsis), x: null };
}

/** Where in time this is, and the way back. */
function momentText({ replay }: ConsoleState, moment: Moment, wall: number): string {
  const { count, of } = moment.place;
  const where = `Showing ${timeText(moment.wall)}`;
  const place = `${countText(count)} of ${plural(of, 'event')}`;
  return replay ? `${where}, ${place}` : `${where}, ${ageText(wall - moment.wall)} ago, ${place}; Esc returns`;
}

/** The line of the menu under the cursor in full, which has no room in the menu on a narrow screen. */
function chosenLine(state: ConsoleState, cursor: number, width: number, look: Glyphs): StatusLine {
  const item = menuItems(state)[cursor];
  if (item === undefined) return { row: EMPTY_ROW, x: null };
  const style: Style = item.level > 0 ? 'warn' : 'plain';
  return { row: cutRow([span(` ${item.line}: `, 'bold'), span(item.preview, style)], width, look.ellipsis), x: null };
}

const written = ({ row, x }: { row: Row; x: number }): StatusLine => ({ row, x });

const YES_NO = ' y/N ';

/** Whether a question has room on one line; if not, it is told above and the line only takes the answer. */
export function fitsStatusLine({ question: asked, detail, expected }: Overlay & { type: 'confirm' }, width: number): boolean {
  return expected === null && cellsOf(safe(`${asked}: ${detail}`)) + YES_NO.length + 3 <= width;
}

function question(overlay: Overlay & { type: 'confirm' }, width: number, look: Glyphs): StatusLine {
  const { question: asked, detail, expected, typed } = overlay;
  if (expected === null) {
    const told = fitsStatusLine(overlay, width)
      ? rowOf([` ${asked}: `, 'bold'], [detail, 'warn'])
      : rowOf([` ${asked}?`, 'bold']);
    const row = spread(told, [span(YES_NO, 'active')], width, look.ellipsis);
    return { row, x: null };
  }
  const lead = ` Type ${foreign(expected, 20)} to go on: `;
  const text = headOf(foreign(typed, width), Math.max(1, width - lead.length - 1));
  return { row: [span(lead, 'warn'), span(text, 'bold')], x: lead.length + text.length };
}

/** The keys that work here, the most useful first; what does not fit is in `?`. */
export const hintsRow = (state: ConsoleState, width: number, look: Glyphs): Row =>
  drawHints(state, state.picture.faults.length === 0, width, look);

const HINTED = ['overlay', 'view', 'moment', 'writable', 'keymap', 'capabilities', 'replay', 'torture', 'lesson'] as const;
type Hinted = Pick<ConsoleState, (typeof HINTED)[number]>;

const drawHints = remembering(HINTED, (state, noFaults: boolean, width: number, look: Glyphs): Row => {
  const { overlay } = state;
  if (overlay?.type === 'command' && overlay.prompt.preview !== null) {
    const { text, severity } = overlay.prompt.preview;
    return cutRow([span(` ${foreign(text, width)}`, severity === 'info' ? 'dim' : STYLES[severity])], width, look.ellipsis);
  }
  const fixed =
    overlay === null && state.view !== 'shell'
      ? state.keymap.filter(({ action }) => ALWAYS.includes(action)).flatMap(hintOf)
      : [];
  return hints(hintsOf(state, noFaults), fixed, width, look);
});

function hintsOf(state: Hinted, noFaults: boolean): readonly Hint[] {
  switch (state.overlay?.type) {
    case 'command':
      return [
        ['Enter', 'runs'],
        ['Tab', 'completes'],
        ['Up', 'history'],
        ['Ctrl-R', 'search'],
        ['Esc', 'closes'],
      ];
    case 'filter':
      return [
        ['Enter', 'keeps'],
        ['Esc', 'takes back'],
      ];
    case 'menu':
      return [
        ['letter', 'does it'],
        ['j k', 'move'],
        ['Enter', 'chooses'],
        ['Esc', 'closes'],
      ];
    case 'confirm':
      return state.overlay.expected === null
        ? [
            ['y', 'yes'],
            ['n', 'no (Enter, Esc)'],
          ]
        : [
            ['Enter', 'goes on'],
            ['Esc', 'no'],
          ];
    case 'help':
      return [
        ['Enter', 'runs'],
        ['/', 'filters'],
        ['j k', 'move'],
        ['Esc', 'closes'],
      ];
    case 'value':
      return VERSION_HINTS;
    case 'output':
    case 'node':
      return [
        ['j k', 'scroll'],
        ['Esc', 'closes'],
      ];
    case 'event':
      return [['any key', 'closes']];
    default:
      return viewHints(state, noFaults);
  }
}

const VERSION_HINTS: readonly Hint[] = [
  ['j k', 'versions'],
  ['PgDn', 'scrolls'],
  ['Esc', 'closes'],
];

function viewHints(state: Hinted, noFaults: boolean): readonly Hint[] {
  if (state.view === 'shell') {
    return [
      ['Enter', 'runs'],
      ['Esc', 'leaves'],
      ['Tab', 'completes'],
      ['Up', 'history'],
      ['Ctrl-R', 'search'],
      ['PgUp', 'scrolls'],
    ];
  }
  const onlyLooks = state.moment === null && !state.writable;
  const useless: readonly Action[] =
    state.moment !== null ? CHANGING : onlyLooks ? BREAKING : noFaults ? ['undo', 'heal-all', 'heal-one'] : [];
  const shown = bindingsFor(state.keymap, state.view, state.capabilities).filter(
    ({ action }) => !useless.includes(action) && !ALWAYS.includes(action),
  );
  const keys = (...actions: readonly Action[]): string => actions.map((action) => keyFor(state.keymap, action)).join(' ');
  const sideways = state.view === 'links' || state.view === 'log';
  const move: Hint = [sideways ? keys('left', 'down', 'up', 'right') : keys('down', 'up'), 'move'];
  const travel: readonly Hint[] =
    state.moment === null
      ? []
      : [
          [keys('event-back', 'event-on'), 'event'],
          [keys('election-back', 'election-on'), 'election'],
          [keys('time-back', 'time-on'), 'second'],
          ...(state.replay ? [] : [['Esc', 'now'] as const]),
        ];
  const moves = shown.some(({ action }) => action === 'down');
  const opens: readonly Hint[] = onlyLooks && !state.replay && state.torture === null ? [[keys('write'), 'may change']] : [];
  if (state.view !== 'log')
    return [...lessonHints(state), ...travel, ...opens, ...shown.flatMap(hintOf), ...(moves ? [move] : [])];
  // Along a log one moves before anything else, and asks.
  const term: Hint = [keys('term-before', 'term-after'), 'term'];
  const why = shown.filter(({ action }) => action === 'why');
  const others = shown.filter(({ action }) => action !== 'term-after' && action !== 'why');
  return [...lessonHints(state), ...travel, ...opens, move, term, ...[...why, ...others].flatMap(hintOf)];
}

function lessonHints({ lesson }: Hinted): readonly Hint[] {
  if (lesson === null) return [];
  const { kind, past, language } = lesson.shown;
  return lessonBindings(kind, past).map(({ key, hint }): Hint => [key, hint[language]]);
}

/** What a console that only looks does not let one do. */
const BREAKING: readonly Action[] = [
  'fault-menu',
  'restart',
  'undo',
  'heal-all',
  'heal-one',
  'cut-link',
  'slow-link',
  'new-key',
  'edit-key',
  'delete-key',
];

/** What is of no use in the past. */
const CHANGING: readonly Action[] = [...BREAKING, 'mark', 'detach', 'freeze'];

type Hint = readonly [string, string];

/** What one must never have to look for: these keep their place at the end. */
const ALWAYS: readonly Action[] = ['command', 'help', 'quit'];

function hintOf({ hint, keys }: Binding): readonly Hint[] {
  return hint === null || keys[0] === undefined ? [] : [[shownKey(keys[0]), hint]];
}

function hints(pairs: readonly Hint[], fixed: readonly Hint[], width: number, look: Glyphs): Row {
  const needs = ([key, text]: Hint): number => key.length + cellsOf(text) + 3;
  const drawn = ([key, text]: Hint): Row => [span(` ${key}`, 'key'), span(` ${text} `, 'dim')];
  let room = width - fixed.reduce((sum, hint) => sum + needs(hint), 0);
  const shown: Hint[] = [];
  for (const [i, hint] of pairs.entries()) {
    const reserve = i === pairs.length - 1 ? 0 : 2;
    if (needs(hint) > room - reserve) break;
    shown.push(hint);
    room -= needs(hint);
  }
  const more: Row = shown.length < pairs.length ? [span(` ${look.ellipsis}`, 'dim')] : [];
  return cutRow([...shown.flatMap(drawn), ...more, ...fixed.flatMap(drawn)], width, look.ellipsis);
}
