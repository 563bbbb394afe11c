/** Tells in the events how each fault came out, once that can be said, and once more should it change. */
import type { ClusterEvent } from '../cluster/driver.ts';
import { withEvents } from './event-list.ts';
import type { Effect, Step } from './messages.ts';
import { type Outcome, outcomeOf, outcomeText } from './outcome.ts';
import type { ConsoleState } from './state.ts';
import { type Trial, type Trials, WATCHED_MS } from './trials.ts';

/** A little later nothing new can be seen. */
const LATE_MS = 2_000;

/** The outcomes that can be told now, and could not before. */
export function freshOutcomes(
  { list }: Trials,
  events: readonly ClusterEvent[],
  wall: number,
): readonly { readonly trial: Trial; readonly outcome: Outcome; readonly verdict: 'kept' | 'broken' }[] {
  return list
    .filter((trial) => isWatched(trial, wall))
    .flatMap((trial) => {
      const outcome = outcomeOf(trial, events, wall);
      const { verdict } = outcome;
      if ((verdict !== 'kept' && verdict !== 'broken') || verdict === trial.told || trial.told === 'broken') return [];
      return [{ trial, outcome, verdict }];
    });
}

/** Whether something may still be told of it. */
export function isWatched({ fault }: Trial, wall: number): boolean {
  return wall <= fault.since + WATCHED_MS + LATE_MS;
}

export function withOutcomes(step: Step<ConsoleState>): Step<ConsoleState> {
  const { state } = step;
  if (state.replay) return step;
  const events = state.live?.events ?? state.events.items;
  let next = state;
  const effects: Effect[] = [];
  for (const { trial, outcome, verdict } of freshOutcomes(state.trials, events, state.wall)) {
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
    next = withNote(next, event);
    next = { ...next, trials: withTold(next.trials, trial, verdict) };
    effects.push({ type: 'record', event });
  }
  return next === state ? step : { state: next, effects: [...step.effects, ...effects] };
}

function withNote(state: ConsoleState, event: ClusterEvent): ConsoleState {
  const next = { ...state, nextId: state.nextId + 1 };
  if (state.live === null) return { ...next, events: withEvents(state.events, [event], 0) };
  return { ...next, live: { ...state.live, events: [...state.live.events, event] } };
}

export function withTold(trials: Trials, told: Trial, verdict: 'kept' | 'broken'): Trials {
  return { ...trials, list: trials.list.map((trial) => (trial === told ? { ...trial, told: verdict } : trial)) };
}
