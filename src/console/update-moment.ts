/** Looking at the past: every view shows one moment, while the present goes on unseen. */
import { newestIndex } from '../commands/log-cells.ts';
import { timeText } from '../commands/wording.ts';
import { withEvents, withoutDoubles } from './event-list.ts';
import { withFlash } from './flash.ts';
import { type Action, keyFor } from './keymap.ts';
import type { Message, Step } from './messages.ts';
import { withSample } from './metrics.ts';
import { steadyRoundTrips } from './round-trips.ts';
import type { ConsoleState } from './state.ts';
import type { Move } from './traveller.ts';
import { withTrials } from './trials.ts';

const MOVES: Partial<Record<Action, Move>> = {
  'event-back': 'event-back',
  'event-on': 'event-on',
  'election-back': 'election-back',
  'election-on': 'election-on',
  'time-back': 'time-back',
  'time-on': 'time-on',
};

/** Null for a key that does not travel. */
export function travelAction(state: ConsoleState, action: Action): Step<ConsoleState> | null {
  if (action === 'freeze') {
    if (state.moment !== null && !state.replay) return backToNow(state);
    return { state, effects: [{ type: 'travel', move: state.replay ? 'end' : 'here' }] };
  }
  if (action === 'save-recording') return { state, effects: [{ type: 'save-recording', file: null }] };
  const move = MOVES[action];
  return move === undefined ? null : { state, effects: [{ type: 'travel', move }] };
}

export function takeMoment(state: ConsoleState, { moment, move, begins = null }: Message & { type: 'moment' }): ConsoleState {
  if (moment === null) {
    const back = move.endsWith('back');
    const since = back && begins !== null ? `: the recording begins at ${timeText(begins, false)}` : '';
    const what = move.startsWith('election') ? 'No election' : 'Nothing';
    return withFlash(state, `${what} ${back ? 'earlier' : 'later'} is recorded${since}.`, 'info');
  }
  const { picture, events, checks } = moment;
  const known = (id: string | null): boolean => picture.nodes.some((node) => node.id === id);
  const live = state.live ?? { picture: state.picture, events: state.events.items, checks: state.checks };
  const index = state.log.index !== null && state.log.index <= newestIndex(picture) ? state.log.index : null;
  return {
    ...state,
    live,
    moment,
    picture,
    checks,
    roundTrips: steadyRoundTrips(new Map(), picture),
    events: { ...state.events, items: events, cursor: null },
    nodeCursor: known(state.nodeCursor) ? state.nodeCursor : (picture.nodes[0]?.id ?? null),
    linkCursor: known(state.linkCursor) ? state.linkCursor : (picture.nodes[1]?.id ?? null),
    log: { index, loaded: new Map(), loading: null, loadedFor: null },
    faultCursor: Math.max(0, Math.min(state.faultCursor, picture.faults.length - 1)),
    flash: null,
  };
}

export function backToNow(state: ConsoleState): Step<ConsoleState> {
  const { live } = state;
  if (live === null) return { state, effects: [] };
  const next: ConsoleState = {
    ...state,
    moment: null,
    live: null,
    picture: live.picture,
    checks: live.checks,
    roundTrips: steadyRoundTrips(new Map(), live.picture),
    events: { ...state.events, items: withoutDoubles(live.events), cursor: null },
    log: { index: null, loaded: new Map(), loading: null, loadedFor: null },
  };
  return { state: next, effects: [{ type: 'present' }] };
}

/** What came in the meantime is kept for when one returns. */
export function takeUnseen(state: ConsoleState, message: Message & { type: 'data' }): ConsoleState {
  if (state.live === null) return state;
  const { items } = withEvents(
    { items: state.live.events, filter: '', cursor: null, dropped: 0 },
    message.events,
    message.dropped,
  );
  return {
    ...state,
    metrics: withSample(state.metrics, message.picture, message.wall),
    trials: withTrials(state.trials, message.picture, message.wall),
    now: message.now,
    wall: message.wall,
    ownsNodes: message.ownsNodes,
    live: { picture: message.picture, events: items, checks: message.checks ?? state.live.checks },
    events: { ...state.events, dropped: state.events.dropped + message.dropped },
  };
}

/** Why nothing may be changed from here; null when it may. */
export function readOnlyReason(
  state: Pick<ConsoleState, 'moment' | 'replay' | 'writable' | 'torture' | 'keymap'>,
): string | null {
  if (state.torture !== null) return 'A torture run is judged: this console only looks.';
  if (state.replay) return 'This is a recording: nothing in it can be changed.';
  if (state.moment !== null) return 'This is the past: Esc returns to now, where things can be changed.';
  return state.writable ? null : `This console only looks. ${keyFor(state.keymap, 'write')} lets it change things.`;
}
