/** Running commands, asking before those that hurt, and showing what came of them. */
import type { ClusterAction, ClusterEvent } from '../cluster/driver.ts';
import type { CommandResult, ThemeName } from '../commands/command.ts';
import { type Consequence, consequenceOf } from '../commands/consequence.ts';
import { refusalOf } from '../commands/failure.ts';
import { clearLine } from '../commands/line-editor.ts';
import { withCommand } from './event-list.ts';
import { withFlash } from './flash.ts';
import { keyFor } from './keymap.ts';
import type { Effect, Message, Step, Where } from './messages.ts';
import { type ConsoleState, EMPTY_PROMPT, type TranscriptEntry } from './state.ts';
import { unnamedIn } from './unnamed.ts';
import { readOnlyReason } from './update-moment.ts';
import { cellsOf, foreign } from './width.ts';

const MOST_ENTRIES = 300;
const MOST_TOLD = 500;
const MOST_LINES = 1_000;
/** A second Ctrl-C within this time quits. */
const QUIT_ARMED_MS = 1_500;

/** `demo n1> `, or `demo (no leader)> `. */
export function promptOf({ picture }: ConsoleState): string {
  return `${picture.name} ${picture.leader ?? '(no leader)'}> `;
}

/** A line that was typed, or that a key stands for: then it is not in the history of what was typed. */
export function runTyped(state: ConsoleState, line: string, where: Where): Step<ConsoleState> {
  const { state: next, id } = opened(state, line);
  const run: Effect = { type: 'run-line', id, line, where, marked: state.marked, cursor: state.nodeCursor };
  return { state: next, effects: where === 'key' ? [run] : [{ type: 'remember', line }, run] };
}

/** An action from a key, with the command that it equals: done at once when nothing is lost by it, else asked for. */
export function startAction(state: ConsoleState, line: string, action: ClusterAction): Step<ConsoleState> {
  const reason = readOnlyReason(state);
  if (reason !== null) return { state: withFlash({ ...state, overlay: null }, reason, 'warn'), effects: [] };
  const { state: next, id } = opened(state, line);
  const consequence = consequenceOf(state.picture, action);
  if (consequence.level > 0) return { state: confirmAction(next, { id, line, action, consequence, where: 'key' }), effects: [] };
  return { state: { ...next, overlay: null }, effects: [{ type: 'act', id, line, action, where: 'key' }] };
}

function opened(state: ConsoleState, line: string): { readonly state: ConsoleState; readonly id: number } {
  const entry: TranscriptEntry = { id: state.nextId, prompt: promptOf(state), line, result: null };
  const transcript = [...state.transcript, entry].slice(-MOST_ENTRIES);
  return { state: { ...state, transcript, transcriptTop: 0, nextId: state.nextId + 1 }, id: entry.id };
}

interface Asked {
  readonly id: number;
  readonly line: string;
  readonly action: ClusterAction;
  readonly consequence: Consequence;
  readonly where: Where;
}

export function confirmAction(state: ConsoleState, { id, line, action, consequence, where }: Asked): ConsoleState {
  const nodes = unnamedIn(line, action);
  return {
    ...state,
    overlay: {
      type: 'confirm',
      question: nodes === '' ? line : `${line} (${nodes})`,
      detail: consequence.text,
      expected: consequence.level === 2 ? state.picture.name : null,
      typed: '',
      since: state.now,
      yes: { type: 'act', id, line, action, where },
    },
  };
}

/** Yes was said. The cluster may have changed since the question: where it got worse, the new question is asked. */
export function confirmed(state: ConsoleState, detail: string, yes: Effect): Step<ConsoleState> {
  if (yes.type === 'act') {
    const now = consequenceOf(state.picture, yes.action);
    if (now.level > 0 && now.text !== detail) return { state: confirmAction(state, { ...yes, consequence: now }), effects: [] };
  }
  return { state: { ...state, overlay: null }, effects: [yes] };
}

/** No was said, or nothing. */
export function declined(state: ConsoleState, yes: Effect): ConsoleState {
  const closed = { ...state, overlay: null };
  if (yes.type !== 'act') return closed;
  const result = { lines: ['not done'], trailer: '', exit: 1 };
  return withFlash(withResult(closed, yes.id, result), `Not done: ${yes.line}`, 'info');
}

function withResult(state: ConsoleState, id: number, result: NonNullable<TranscriptEntry['result']>): ConsoleState {
  return { ...state, transcript: state.transcript.map((entry) => (entry.id === id ? { ...entry, result } : entry)) };
}

/** A command that goes on has told something: the transcript keeps the newest of it. */
export function tellMore(state: ConsoleState, id: number, lines: readonly string[]): ConsoleState {
  const told = (entry: TranscriptEntry): TranscriptEntry => ({
    ...entry,
    soFar: [...(entry.soFar ?? []), ...lines].slice(-MOST_TOLD),
  });
  const next = {
    ...state,
    transcript: state.transcript.map((entry) => (entry.id === id ? told(entry) : entry)),
    // Who has scrolled back goes on reading the same lines.
    transcriptTop: state.transcriptTop === 0 ? 0 : state.transcriptTop + lines.length,
  };
  const newest = lines.at(-1);
  return state.view === 'shell' || newest === undefined ? next : withFlash(next, newest, 'info');
}

/** In the shell the transcript shows it; elsewhere one line flashes and a longer answer opens over the view. */
export function finishCommand(state: ConsoleState, message: Message & { type: 'finished' }): Step<ConsoleState> {
  const event = changeOf(state, message);
  const shown = showResult(state, message);
  if (event === null) return { state: shown, effects: [] };
  return { state: withDone(shown, event), effects: [{ type: 'record', event }] };
}

function showResult(state: ConsoleState, message: Message & { type: 'finished' }): ConsoleState {
  const { result, where, line } = message;
  const cut = result.lines.length > MOST_LINES;
  const lines = cut ? [...result.lines.slice(0, MOST_LINES), `(${result.lines.length - MOST_LINES} more lines)`] : result.lines;
  const prose = result.prose === true;
  const shown = withResult(state, message.id, { lines, trailer: result.trailer ?? '', exit: result.exit, prose });
  const next = { ...shown, lastFailure: refusalOf(line, result, state.wall) ?? state.lastFailure };
  if (where === 'shell') return next;
  const soFar = shown.transcript.find(({ id }) => id === message.id)?.soFar ?? [];
  const told = [...soFar, ...lines];
  if (told.length === 0) return next;
  const severity = result.exit === 0 ? 'info' : result.exit === 3 ? 'warn' : 'error';
  const trailer = result.trailer === undefined ? '' : `   ${result.trailer}`;
  const flash = `${lines.join('  ')}${trailer}`;
  const fits = cellsOf(foreign(flash, state.size.columns)) <= state.size.columns - 2;
  // A key that did what it should must not put a panel in the way of the next one: one line will do, the shell has it whole.
  const isLong = told.length > 2 || soFar.length > 0 || !(fits || (where === 'key' && result.exit === 0));
  if ((isLong || (prose && result.exit === 0)) && next.overlay === null) {
    const remark = result.trailer === undefined ? [] : ['', `(${result.trailer})`];
    return { ...next, overlay: { type: 'output', title: line, lines: [...told, ...remark], prose, top: 0 } };
  }
  return withFlash(next, flash, severity);
}

/** What may have changed something stands in the events, as the command that does it. */
function changeOf(state: ConsoleState, { change, result }: Message & { type: 'finished' }): ClusterEvent | null {
  if (change === null) return null;
  const failed = result.exit !== 0 && result.exit !== 3;
  return {
    // Those of the cluster count upwards.
    seq: -state.nextId,
    time: state.wall,
    node: null,
    kind: 'command',
    severity: failed ? 'error' : 'info',
    text: failed ? `${change}: ${result.lines[0] ?? 'failed'}` : change,
    fault: faultSetBy(result),
  };
}

function withDone(state: ConsoleState, event: ClusterEvent): ConsoleState {
  const next = { ...state, nextId: state.nextId + 1 };
  if (state.live === null) return { ...next, events: withCommand(state.events, event) };
  return { ...next, live: { ...state.live, events: [...state.live.events, event] } };
}

export function withTheme(state: ConsoleState, theme: ThemeName): ConsoleState {
  return withFlash({ ...state, theme }, `Theme ${theme}; config set theme ${theme} keeps it.`, 'info');
}

/** Opens or closes the door to changes. */
export function withWritable(state: ConsoleState, on: boolean): ConsoleState {
  if (state.torture !== null) return withFlash(state, readOnlyReason(state) ?? '', 'warn');
  const text = on
    ? `This console may change things now; ${keyFor(state.keymap, 'write')} takes that back.`
    : 'This console only looks now.';
  return withFlash({ ...state, writable: on }, text, on ? 'warn' : 'info');
}

function faultSetBy({ json }: CommandResult): number | null {
  return typeof json === 'object' && json !== null && 'fault' in json && typeof json.fault === 'number' ? json.fault : null;
}

/** Ctrl-C: clear what is written, else stop what runs, else ask for a second press. */
export function interrupt(state: ConsoleState): Step<ConsoleState> {
  const { overlay } = state;
  if (overlay?.type === 'command' || overlay?.type === 'filter') return { state: { ...state, overlay: null }, effects: [] };
  if (overlay?.type === 'confirm') return { state: declined(state, overlay.yes), effects: [] };
  if (overlay !== null) return { state: { ...state, overlay: null }, effects: [] };
  if (state.view === 'shell' && (state.prompt.line.text !== '' || state.prompt.line.search !== null)) {
    return {
      state: {
        ...state,
        prompt: { ...EMPTY_PROMPT, line: clearLine(state.prompt.line) },
      },
      effects: [],
    };
  }
  if (state.transcript.some((entry) => entry.result === null)) {
    return { state: withFlash(state, 'Stopped waiting.', 'warn'), effects: [{ type: 'cancel' }] };
  }
  if (state.quitArmedUntil !== null) return { state, effects: [{ type: 'quit', detach: false }] };
  const nodes = state.picture.nodes.length;
  const stop =
    state.torture !== null
      ? ' and ends the run'
      : state.ownsNodes
        ? ` and stops ${nodes} nodes (${keyFor(state.keymap, 'detach')} leaves them running)`
        : '';
  const armed = { ...state, quitArmedUntil: state.now + QUIT_ARMED_MS };
  return {
    state: { ...withFlash(armed, `Ctrl-C again quits${stop}.`, 'warn'), quitArmedUntil: armed.quitArmedUntil },
    effects: [],
  };
}

/** `q`: asks only where quitting stops nodes, or a run that is not over. */
export function askToQuit(state: ConsoleState): Step<ConsoleState> {
  const { torture } = state;
  if (torture === null ? !state.ownsNodes : torture.end !== null) return { state, effects: [{ type: 'quit', detach: false }] };
  const detail = torture === null ? whatStops(state) : 'all is healed, the nodes stop; what was done is told';
  return {
    state: {
      ...state,
      overlay: {
        type: 'confirm',
        question: torture === null ? 'quit' : 'end the run',
        detail,
        expected: null,
        typed: '',
        since: state.now,
        yes: { type: 'quit', detach: false },
      },
    },
    effects: [],
  };
}

function whatStops({ picture, capabilities, lesson, keymap }: ConsoleState): string {
  const count = picture.nodes.length;
  if (!capabilities.has('detach')) return lesson === null ? 'the nodes stop' : 'the nodes stop; the lesson goes on where you are';
  return `the ${count === 1 ? 'node stops' : `${count} nodes stop`}, the data stays on disk; ${keyFor(keymap, 'detach')} would leave ${count === 1 ? 'it' : 'them'} running`;
}
