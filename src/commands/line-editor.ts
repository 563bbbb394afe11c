/** Line editing with readline's keys, as a pure reducer: (state, key, history) -> state and, sometimes, an effect. */
import { nextBoundary, nextWordEnd, previousBoundary, previousSpaceWordStart, previousWordStart } from './graphemes.ts';

/** One key press. Text may hold several characters: fast typing arrives in one piece. */
export type EditKey =
  | { readonly type: 'text'; readonly text: string }
  /** From a bracketed paste: never runs anything, whatever it holds. */
  | { readonly type: 'paste'; readonly text: string }
  /** `ctrl-a`, `alt-b`, `left`, `home`, `delete`, `backspace`, `enter`, `tab`, `up`, `escape`... */
  | { readonly type: 'key'; readonly name: string };

export interface LineState {
  readonly text: string;
  /** In UTF-16 units, always between two graphemes. */
  readonly cursor: number;
  /** What Ctrl-K, -U, -W cut last; Ctrl-Y brings it back. */
  readonly killed: string;
  /** Which history line is shown, counted from the newest (0); null: the line being written. */
  readonly recalled: number | null;
  /** The line being written while another one is recalled. */
  readonly draft: string;
  /** Ctrl-R: what is searched for, and which match is shown. */
  readonly search: { readonly query: string; readonly found: number | null; readonly before: string } | null;
}

/** What the surroundings must do after the key. */
export type EditEffect = 'submit' | 'cancel' | 'end-of-input' | 'complete' | 'redraw' | null;

export interface Edit {
  readonly state: LineState;
  readonly effect: EditEffect;
}

/** A line longer than this is refused: one value of the largest size fits, nothing endless does. */
const MOST_UNITS = 2_200_000;

export const EMPTY_LINE: LineState = { text: '', cursor: 0, killed: '', recalled: null, draft: '', search: null };

/** An empty line that remembers what was cut. */
export function clearLine(state: LineState): LineState {
  return { ...EMPTY_LINE, killed: state.killed };
}

export function withText(state: LineState, text: string, cursor = text.length): LineState {
  return { ...state, text, cursor, recalled: null, search: null };
}

/** `history` is ordered from the oldest to the newest. Never throws. */
export function editLine(state: LineState, key: EditKey, history: readonly string[]): Edit {
  if (state.search !== null) return editSearch(state, state.search, key, history);
  if (key.type === 'text') return stay(insert(state, printable(key.text)));
  if (key.type === 'paste') return stay(insert(state, pasted(state, key.text)));
  const recalled = recallKey(state, key.name, history);
  if (recalled !== null) return stay(recalled);
  const effect = effectOf(state, key.name);
  if (effect !== null) return { state, effect };
  const edit = EDITS[key.name];
  return stay(edit === undefined ? state : edit(state));
}

const stay = (state: LineState): Edit => ({ state, effect: null });

function effectOf(state: LineState, name: string): EditEffect {
  if (name === 'enter' || name === 'ctrl-j' || name === 'ctrl-m') return 'submit';
  if (name === 'tab' || name === 'ctrl-i') return 'complete';
  if (name === 'ctrl-c') return 'cancel';
  if (name === 'ctrl-l') return 'redraw';
  if (name === 'ctrl-d' && state.text === '') return 'end-of-input';
  return null;
}

const EDITS: Readonly<Record<string, (state: LineState) => LineState>> = {
  'ctrl-a': (state) => moveTo(state, 0),
  home: (state) => moveTo(state, 0),
  'ctrl-e': (state) => moveTo(state, state.text.length),
  end: (state) => moveTo(state, state.text.length),
  'ctrl-b': (state) => moveTo(state, previousBoundary(state.text, state.cursor)),
  left: (state) => moveTo(state, previousBoundary(state.text, state.cursor)),
  'ctrl-f': (state) => moveTo(state, nextBoundary(state.text, state.cursor)),
  right: (state) => moveTo(state, nextBoundary(state.text, state.cursor)),
  'alt-b': (state) => moveTo(state, previousWordStart(state.text, state.cursor)),
  'ctrl-left': (state) => moveTo(state, previousWordStart(state.text, state.cursor)),
  'alt-f': (state) => moveTo(state, nextWordEnd(state.text, state.cursor)),
  'ctrl-right': (state) => moveTo(state, nextWordEnd(state.text, state.cursor)),
  backspace: (state) => remove(state, previousBoundary(state.text, state.cursor), state.cursor),
  'ctrl-h': (state) => remove(state, previousBoundary(state.text, state.cursor), state.cursor),
  delete: (state) => remove(state, state.cursor, nextBoundary(state.text, state.cursor)),
  'ctrl-d': (state) => remove(state, state.cursor, nextBoundary(state.text, state.cursor)),
  'ctrl-k': (state) => kill(state, state.cursor, state.text.length),
  'ctrl-u': (state) => kill(state, 0, state.cursor),
  'ctrl-w': (state) => kill(state, previousSpaceWordStart(state.text, state.cursor), state.cursor),
  'alt-backspace': (state) => kill(state, previousWordStart(state.text, state.cursor), state.cursor),
  'alt-d': (state) => kill(state, state.cursor, nextWordEnd(state.text, state.cursor)),
  'ctrl-y': (state) => insert(state, state.killed),
  'ctrl-t': transpose,
};

function moveTo(state: LineState, cursor: number): LineState {
  return { ...state, cursor };
}

function insert(state: LineState, text: string): LineState {
  if (text === '' || state.text.length + text.length > MOST_UNITS) return state;
  const joined = state.text.slice(0, state.cursor) + text + state.text.slice(state.cursor);
  return { ...state, text: joined, cursor: boundaryFrom(joined, state.cursor + text.length), recalled: null };
}

/** New text may melt into what stands around it (a combining mark does): the cursor then goes behind the whole. */
function boundaryFrom(text: string, at: number): number {
  return at === 0 ? 0 : Math.max(at, nextBoundary(text, previousBoundary(text, at)));
}

function remove(state: LineState, from: number, to: number): LineState {
  const text = state.text.slice(0, from) + state.text.slice(to);
  return { ...state, text, cursor: boundaryFrom(text, from), recalled: null };
}

function kill(state: LineState, from: number, to: number): LineState {
  return from === to ? state : { ...remove(state, from, to), killed: state.text.slice(from, to) };
}

function transpose(state: LineState): LineState {
  const end = state.cursor === state.text.length ? state.cursor : nextBoundary(state.text, state.cursor);
  const middle = previousBoundary(state.text, end);
  const start = previousBoundary(state.text, middle);
  if (start === middle) return state;
  const swapped = state.text.slice(middle, end) + state.text.slice(start, middle);
  const text = state.text.slice(0, start) + swapped + state.text.slice(end);
  return { ...state, text, cursor: boundaryFrom(text, end), recalled: null };
}

function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\u{fffd}');
}

/** Control characters that come as text are not typed by anyone. */
function printable(text: string): string {
  return wellFormed(text.replace(/\p{Cc}/gu, ''));
}

/** Line ends become spaces, or `\n` where the cursor stands inside double quotes; other controls likewise. */
function pasted(state: LineState, text: string): string {
  const quoted = insideQuotes(state.text.slice(0, state.cursor));
  const trimmed = wellFormed(text.replace(/[\r\n]+$/, ''));
  return trimmed.replace(/\r\n|\p{Cc}/gu, (control) => {
    if (control === '\r\n' || control === '\n' || control === '\r') return quoted ? '\\n' : ' ';
    if (control === '\t') return quoted ? '\\t' : ' ';
    return quoted ? `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}` : '';
  });
}

function insideQuotes(text: string): boolean {
  return (text.replace(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1;
}

function recallKey(state: LineState, name: string, history: readonly string[]): LineState | null {
  if (name === 'ctrl-r') return { ...state, search: { query: '', found: null, before: state.text } };
  if (name === 'up' || name === 'ctrl-p') {
    return recall(state, state.recalled === null ? 0 : state.recalled + 1, history);
  }
  if (name !== 'down' && name !== 'ctrl-n') return null;
  if (state.recalled === null) return state;
  if (state.recalled === 0) return { ...state, text: state.draft, cursor: state.draft.length, recalled: null };
  return recall(state, state.recalled - 1, history);
}

function recall(state: LineState, recalled: number, history: readonly string[]): LineState {
  const text = history[history.length - 1 - recalled];
  if (text === undefined) return state;
  return { ...state, text, cursor: text.length, recalled, draft: state.recalled === null ? state.text : state.draft };
}

function editSearch(state: LineState, search: NonNullable<LineState['search']>, key: EditKey, history: readonly string[]): Edit {
  if (key.type !== 'key') return stay(seek(state, search.query + printable(key.text), 0, history));
  switch (key.name) {
    case 'ctrl-r':
    case 'up':
      return stay(seek(state, search.query, search.found === null ? 0 : search.found + 1, history));
    case 'backspace':
    case 'ctrl-h':
      return stay(seek(state, search.query.slice(0, previousBoundary(search.query, search.query.length)), 0, history));
    case 'ctrl-g':
    case 'ctrl-c':
      return stay(withText(state, search.before));
    case 'escape':
      return stay({ ...state, search: null });
    default:
      // Any other key takes the line that was found and then does what it always does.
      return editLine({ ...state, search: null }, key, history);
  }
}

/** Shows the newest line that holds the query, looking back from the one numbered `from`. */
function seek(state: LineState, query: string, from: number, history: readonly string[]): LineState {
  const before = state.search?.before ?? '';
  for (let age = from; query !== '' && age < history.length; age += 1) {
    const text = history[history.length - 1 - age] ?? '';
    const at = text.indexOf(query);
    if (at >= 0) return { ...state, text, cursor: boundaryFrom(text, at), recalled: null, search: { query, found: age, before } };
  }
  return { ...state, search: { query, found: query === '' ? null : (state.search?.found ?? null), before } };
}
