/** Everything the console knows. Immutable: `update.ts` makes the next one, `frame.ts` draws it. */
import type { NodeId } from '../base/brand.ts';
import type { ActiveFault, Capability, ChecksPicture, ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import type { LastFailure, ThemeName } from '../commands/command.ts';
import type { Candidate } from '../commands/completion.ts';
import { EMPTY_LINE, type LineState } from '../commands/line-editor.ts';
import type { LinkRule } from '../commands/link-rule.ts';
import type { KeyValue } from '../kv/commands.ts';
import type { ShownLesson } from '../lesson/shown.ts';
import type { LogRow } from '../replica/status.ts';
import type { TortureTold } from '../torture/progress.ts';
import type { KeyDetail } from './key-detail.ts';
import { BINDINGS, type Keymap } from './keymap.ts';
import type { Effect } from './messages.ts';
import { type Metrics, NO_METRICS } from './metrics.ts';
import { steadyRoundTrips } from './round-trips.ts';
import type { Moment } from './traveller.ts';
import { NO_TRIALS, type Trials } from './trials.ts';

export type ViewId = 'overview' | 'log' | 'links' | 'keys' | 'events' | 'metrics' | 'faults' | 'shell' | 'checks';
export type Severity = 'info' | 'warn' | 'error';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A line being written, and what could complete it. */
export interface Prompt {
  readonly line: LineState;
  readonly candidates: readonly Candidate[];
  /** What the line would do, or the hint for its next words. */
  readonly preview: { readonly text: string; readonly severity: Severity } | null;
}
export const EMPTY_PROMPT: Prompt = { line: EMPTY_LINE, candidates: [], preview: null };

/** What lies over the view and takes the keys. */
export type Overlay =
  | { readonly type: 'command'; readonly prompt: Prompt }
  | { readonly type: 'filter'; readonly target: 'keys' | 'events'; readonly line: LineState; readonly before: string }
  | { readonly type: 'menu'; readonly cursor: number }
  | {
      readonly type: 'confirm';
      readonly question: string;
      readonly detail: string;
      /** For what cannot be taken back: this must be typed. */
      readonly expected: string | null;
      readonly typed: string;
      readonly since: number;
      readonly yes: Effect;
    }
  | {
      readonly type: 'help';
      readonly palette: boolean;
      readonly filter: string;
      readonly filtering: boolean;
      readonly cursor: number;
    }
  | {
      readonly type: 'output';
      readonly title: string;
      readonly lines: readonly string[];
      /** Sentences are broken between words; anything else is cut at the edge. */
      readonly prose: boolean;
      readonly top: number;
    }
  | { readonly type: 'node'; readonly node: NodeId; readonly top: number }
  /** `version` counts from the newest one, 0. */
  | { readonly type: 'value'; readonly key: string; readonly version: number; readonly top: number }
  | { readonly type: 'event'; readonly seq: number };

export interface TranscriptEntry {
  readonly id: number;
  readonly prompt: string;
  readonly line: string;
  /** What it has told while it runs, the newest lines. */
  readonly soFar?: readonly string[];
  /** Null while it runs. */
  readonly result: {
    readonly lines: readonly string[];
    readonly trailer: string;
    readonly exit: number;
    readonly prose?: boolean;
  } | null;
}

/** A window of the ordered keys: `first` is the position of `rows[0]` among all with the prefix. */
export interface KeyList {
  readonly prefix: string;
  readonly rows: readonly KeyValue[];
  readonly first: number;
  readonly total: number;
  /** Position of the cursor among all keys with the prefix. */
  readonly cursor: number;
  /** Where the cursor is to go as soon as that is loaded; null when it is there. */
  readonly wish: number | null;
  readonly revision: number;
  /** The revision that is asked for, of a moment in the past; null reads the newest. */
  readonly at: number | null;
  /** Null until the first answer. */
  readonly loadedAt: number | null;
  /** The answer came from one node without asking a majority. */
  readonly stale: boolean;
  readonly loading: number | null;
  readonly problem: string | null;
}

export interface LogState {
  /** The entry under the cursor; null follows the newest. */
  readonly index: number | null;
  /** Rows fetched beyond what the statuses carry, by node. */
  readonly loaded: ReadonlyMap<NodeId, readonly LogRow[]>;
  /** The window that is being fetched, and the one that was. */
  readonly loading: string | null;
  readonly loadedFor: string | null;
}

export interface EventList {
  readonly items: readonly ClusterEvent[];
  readonly filter: string;
  /** Position from the end in the filtered list; null follows the newest. */
  readonly cursor: number | null;
  readonly dropped: number;
}

/** A change of one link that is being typed, or was sent and is not seen yet. */
export interface LinkEdit {
  readonly id: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly rule: LinkRule;
  /** The fault on the link when the first key was pressed. */
  readonly fault: ActiveFault | null;
  /** Null while more keys may follow. */
  readonly sentAt: number | null;
}

/** A lesson that is gone through in this console. */
export interface LessonState {
  readonly shown: ShownLesson;
  /** Digits of a number that is being predicted. */
  readonly typed: string;
  /** Only its title is drawn, so that the view has the room. */
  readonly folded: boolean;
}

export interface ConsoleState {
  readonly size: Size;
  /** The past moment that all views show; null shows the present. `picture` and `events` are then of that moment. */
  readonly moment: Moment | null;
  /** The present, while the past is shown. */
  readonly live: {
    readonly picture: ClusterPicture;
    readonly events: readonly ClusterEvent[];
    readonly checks: ChecksPicture | null;
  } | null;
  /** A recording is open, and there is no present. */
  readonly replay: boolean;
  /** False: nothing is changed from here until somebody says so. */
  readonly writable: boolean;
  readonly theme: ThemeName;
  readonly keymap: Keymap;
  readonly picture: ClusterPicture;
  readonly capabilities: ReadonlySet<Capability>;
  readonly ownsNodes: boolean;
  /** Monotonic milliseconds, and wall-clock milliseconds since 1970, of the newest message. */
  readonly now: number;
  readonly wall: number;
  /** Commits per second over the last seconds, and the samples it is made of. */
  readonly rate: { readonly perSecond: number; readonly samples: readonly { readonly at: number; readonly commit: number }[] };
  /** Round trips as they are shown, by `from>to`: small changes are not worth a repaint. */
  readonly roundTrips: ReadonlyMap<string, number>;
  /** When they were last brought up to date, monotonic milliseconds. */
  readonly settledAt: number;
  readonly metrics: Metrics;
  /** What was predicted of faults, and what is seen; of the present, also while the past is shown. */
  readonly trials: Trials;
  readonly view: ViewId;
  readonly previous: ViewId;
  readonly nodeCursor: NodeId | null;
  readonly linkCursor: NodeId | null;
  readonly linkEdit: LinkEdit | null;
  readonly marked: readonly NodeId[];
  readonly faultCursor: number;
  /** Null where nobody checks, or where nothing was recorded of it. */
  readonly checks: ChecksPicture | null;
  readonly log: LogState;
  readonly keys: KeyList;
  /** The key that is looked at in depth. */
  readonly detail: KeyDetail | null;
  readonly events: EventList;
  readonly prompt: Prompt;
  readonly history: readonly string[];
  readonly transcript: readonly TranscriptEntry[];
  /** Rows scrolled back from the end of the transcript. */
  readonly transcriptTop: number;
  readonly nextId: number;
  readonly lastFailure: LastFailure | null;
  readonly overlay: Overlay | null;
  /** What a story tells now. */
  readonly narration: string | null;
  readonly lesson: LessonState | null;
  /** The run that tortures this cluster; null without one. */
  readonly torture: TortureTold | null;
  readonly flash: { readonly text: string; readonly severity: Severity; readonly until: number } | null;
  /** Until when a second Ctrl-C quits; null when none was pressed. */
  readonly quitArmedUntil: number | null;
}

export const EMPTY_KEYS: KeyList = {
  prefix: '',
  rows: [],
  first: 0,
  total: 0,
  cursor: 0,
  wish: null,
  revision: 0,
  at: null,
  loadedAt: null,
  stale: false,
  loading: null,
  problem: null,
};

export interface InitialState {
  readonly size: Size;
  readonly picture: ClusterPicture;
  readonly capabilities: ReadonlySet<Capability>;
  readonly ownsNodes: boolean;
  readonly replay: boolean;
  readonly writable: boolean;
  /** A run that is to be shown will tell of itself. */
  readonly tortured?: boolean;
  readonly theme: ThemeName;
  readonly keymap?: Keymap;
  /** What a recording showed. */
  readonly metrics?: Metrics;
  readonly trials?: Trials;
  readonly history: readonly string[];
  readonly now: number;
  readonly wall: number;
}

export function initialState({ tortured = false, ...start }: InitialState): ConsoleState {
  return {
    ...start,
    keymap: start.keymap ?? BINDINGS,
    moment: null,
    live: null,
    metrics: start.metrics ?? NO_METRICS,
    trials: start.trials ?? NO_TRIALS,
    rate: { perSecond: 0, samples: [] },
    roundTrips: steadyRoundTrips(new Map(), start.picture),
    settledAt: start.now,
    view: tortured ? 'checks' : 'overview',
    previous: 'overview',
    nodeCursor: start.picture.nodes[0]?.id ?? null,
    linkCursor: start.picture.nodes[1]?.id ?? null,
    linkEdit: null,
    marked: [],
    faultCursor: 0,
    checks: null,
    log: { index: null, loaded: new Map(), loading: null, loadedFor: null },
    keys: EMPTY_KEYS,
    detail: null,
    events: { items: [], filter: '', cursor: null, dropped: 0 },
    prompt: EMPTY_PROMPT,
    transcript: [],
    transcriptTop: 0,
    nextId: 1,
    lastFailure: null,
    overlay: null,
    narration: null,
    lesson: null,
    torture: tortured ? { progress: null, end: null } : null,
    flash: null,
    quitArmedUntil: null,
  };
}

/** The nodes a fault key acts on: the marked ones, else the one under the cursor. */
export function chosenNodes(state: ConsoleState): readonly NodeId[] {
  if (state.marked.length > 0) return state.marked;
  return state.nodeCursor === null ? [] : [state.nodeCursor];
}
