/** (state, message) -> next state and what to ask of the world. Pure: time comes in with the messages. */
import { unreachable } from '../base/assert.ts';
import { withEvents } from './event-list.ts';
import { expire, withFlash } from './flash.ts';
import { detailEffects, takeDetail } from './key-detail.ts';
import { keyName } from './key-input.ts';
import { actionFor } from './keymap.ts';
import type { Effect, Message, Step } from './messages.ts';
import { withSample } from './metrics.ts';
import { withRate } from './rate.ts';
import { LEAP_MS, SETTLE_MS, steadyRoundTrips } from './round-trips.ts';
import type { ConsoleState } from './state.ts';
import { withTrials } from './trials.ts';
import { runViewAction } from './update-actions.ts';
import { confirmAction, finishCommand, interrupt, tellMore, withTheme, withWritable } from './update-commands.ts';
import { keysEffects, takeKeysPage } from './update-keys.ts';
import { lessonKey, takeLesson } from './update-lesson.ts';
import { linkEditDue } from './update-links.ts';
import { logEffects } from './update-log.ts';
import { takeMoment, takeUnseen } from './update-moment.ts';
import { overlayKey } from './update-overlay.ts';
import { shellKey, takeCompletion, takePreview } from './update-prompt.ts';
import { withOutcomes } from './update-trials.ts';

export function update(state: ConsoleState, message: Message): Step<ConsoleState> {
  const step = apply(state, message);
  return withLoads(step);
}

function apply(state: ConsoleState, message: Message): Step<ConsoleState> {
  switch (message.type) {
    case 'data':
      return withOutcomes(still(takeData(state, message)));
    case 'clock':
      return withOutcomes(still(expire(state.live === null ? withRate(atTime(state, message)) : atTime(state, message))));
    case 'key':
      return takeKey(expire({ ...state, now: message.now, wall: message.wall }), message);
    case 'resize':
      return still({ ...state, size: message.size });
    case 'link-edit-due':
      return linkEditDue(state, message.id);
    case 'flash':
      return still(withFlash(state, message.text, message.severity));
    case 'narration':
      return still({ ...state, narration: message.text });
    case 'lesson':
      return still(takeLesson(state, message.shown));
    case 'torture':
      return still({ ...state, torture: message.told });
    case 'ask':
      return still(confirmAction(state, message));
    case 'told':
      return still(tellMore(state, message.id, message.lines));
    case 'finished':
      return finishCommand(state, message);
    case 'moment':
      return still(takeMoment(state, message));
    case 'theme':
      return still(withTheme(state, message.theme));
    case 'writable':
      return still(withWritable(state, message.on));
    case 'history':
      return still({ ...state, history: message.lines });
    case 'completed':
      return takeCompletion(state, message.line, message.completion);
    case 'previewed':
      return still(takePreview(state, message.line, message.text, message.severity));
    case 'key-detail':
      return still(takeDetail(state, message));
    case 'keys-page':
      return still(takeKeysPage(state, message.request, message.page));
    case 'log-page':
      return still(
        state.log.loading === message.window
          ? { ...state, log: { ...state.log, loaded: message.loaded, loading: null, loadedFor: message.window } }
          : state,
      );
    default:
      return unreachable(message);
  }
}

const atTime = (state: ConsoleState, { now, wall }: { readonly now: number; readonly wall: number }): ConsoleState => ({
  ...state,
  now,
  wall,
});

const still = (state: ConsoleState): Step<ConsoleState> => ({ state, effects: [] });

/** Whatever is on screen and not loaded yet is asked for, once. */
function withLoads({ state, effects }: Step<ConsoleState>): Step<ConsoleState> {
  const keys = keysEffects(state);
  const detail = detailEffects(keys.state);
  const log = logEffects(detail.state);
  const more: readonly Effect[] = [...keys.effects, ...detail.effects, ...log.effects];
  return more.length === 0 ? { state, effects } : { state: log.state, effects: [...effects, ...more] };
}

function takeData(state: ConsoleState, message: Message & { type: 'data' }): ConsoleState {
  if (state.live !== null) return expire(takeUnseen(state, message));
  const { picture } = message;
  const known = (id: string | null): boolean => picture.nodes.some((node) => node.id === id);
  const settles = message.now - state.settledAt >= SETTLE_MS;
  const next = {
    ...state,
    picture,
    checks: message.checks ?? state.checks,
    metrics: withSample(state.metrics, picture, message.wall),
    trials: withTrials(state.trials, picture, message.wall),
    ownsNodes: message.ownsNodes,
    now: message.now,
    wall: message.wall,
    nodeCursor: known(state.nodeCursor) ? state.nodeCursor : (picture.nodes[0]?.id ?? null),
    linkCursor: known(state.linkCursor) ? state.linkCursor : (picture.nodes[1]?.id ?? null),
    roundTrips: steadyRoundTrips(state.roundTrips, picture, settles ? undefined : LEAP_MS),
    settledAt: settles ? message.now : state.settledAt,
    marked: state.marked.every(known) ? state.marked : state.marked.filter(known),
    faultCursor: Math.max(0, Math.min(state.faultCursor, picture.faults.length - 1)),
    events: withEvents(state.events, message.events, message.dropped),
  };
  return expire(withRate(next));
}

function takeKey(state: ConsoleState, message: Message & { type: 'key' }): Step<ConsoleState> {
  // An error stays until someone has shown to be there.
  const seen = state.flash?.severity === 'error' ? { ...state, flash: null } : state;
  const name = keyName(message.key);
  if (name === 'ctrl-c') return interrupt(seen);
  if (name === 'ctrl-z') return { state: seen, effects: [{ type: 'suspend' }] };
  if (seen.overlay !== null) return overlayKey(seen, seen.overlay, message.key);
  const lesson = lessonKey(seen, name);
  if (lesson !== null) return lesson;
  if (seen.view === 'shell') return shellKey(seen, message.key);
  const action = name === null ? null : actionFor(seen.keymap, name, seen.view, seen.capabilities);
  return action === null ? still(seen) : runViewAction(seen, action);
}
