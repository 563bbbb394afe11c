/** Commits per second, from the commit indexes that come by anyway. */
import type { ConsoleState } from './state.ts';

const WINDOW_MS = 2_000;

export function withRate(state: ConsoleState): ConsoleState {
  const commit = highestCommit(state);
  const { samples } = state.rate;
  const newest = samples.at(-1);
  if (newest !== undefined && newest.commit === commit && samples.length === 1) return state;
  const kept = samples.filter((sample) => state.now - sample.at <= WINDOW_MS);
  const all = newest !== undefined && state.now - newest.at < 50 ? kept : [...kept, { at: state.now, commit }];
  const first = all[0];
  const last = all.at(-1);
  if (first === undefined || last === undefined || last.commit <= first.commit) {
    return { ...state, rate: { perSecond: 0, samples: [{ at: state.now, commit }] } };
  }
  const perSecond = ((last.commit - first.commit) * 1_000) / Math.max(500, last.at - first.at);
  return { ...state, rate: { perSecond, samples: all } };
}

/** What the cluster has agreed on, as far as seen from here. */
export function highestCommit({ picture }: Pick<ConsoleState, 'picture'>): number {
  return Math.max(0, ...picture.nodes.map((node) => node.status?.commitIndex ?? 0));
}
