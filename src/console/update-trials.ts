/** Tells in the events how each fault came out, once that can be said, and once more should it change. */
import type { ClusterEvent } from '../cluster/driver.ts';
import { withEvents } from './event-list.ts';
import type { Effect, Step } from './messages.ts';
import { outcomeOf, outcomeText } from './outcome.ts';
import type { ConsoleState } from './state.ts';
import { type Trial, WATCHED_MS } from './trials.ts';

/** A little later nothing new can be seen. */
const LATE_MS = 2_000;

export function withOutcomes(step: Step<ConsoleState>): Step<ConsoleState> {
  const { state } = step;
  if (state.replay) return step;
  const due = state.trials.list.filter((trial) => state.wall <= trial.fault.since + WATCHED_MS + LATE_MS);
  if (due.length === 0) return step;
  const events = state.live?.events ?? state.events.items;
  let next = state;
  const effects: Effect[] = [];
  for (const trial of due) {
    const outcome = outcomeOf(trial, events, state.wall);
    const { verdict } = outcome;
    if ((verdict !== 'kept' && verdict !== 'broken') || verdict === trial.told || trial.told === 'broken') continue;
    const event: ClusterEvent = {
      // Those of the cluster count upwards.
      seq: -next.nextId,
      time: state.wall,
      node: null,
      kind: 'note',
      severity: verdict === 'kept' ? 'info' : 'warn',
      text: outcomeText(trial, outcome),
      fault: trial.fault.id,
    };
    next = withTold(withNote(next, event), trial, verdict);
    effects.push({ type: 'record', event });
  }
  return next === state ? step : { state: next, effects: [...step.effects, ...effects] };
}

function withNote(state: ConsoleState, event: ClusterEvent): ConsoleState {
  const next = { ...state, nextId: state.nextId + 1 };
  if (state.live === null) return { ...next, events: withEvents(state.events, [event], 0) };
  return { ...next, live: { ...state.live, events: [...state.live.events, event] } };
}

function withTold(state: ConsoleState, told: Trial, verdict: 'kept' | 'broken'): ConsoleState {
  const list = state.trials.list.map((trial) => (trial === told ? { ...trial, told: verdict } : trial));
  return { ...state, trials: { ...state.trials, list } };
}
