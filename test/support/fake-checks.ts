import type { ChecksPicture, PromiseCheck, TrafficCheck } from '../../src/cluster/driver.ts';
import { PROMISES, type PromiseId } from '../../src/raft/promises.ts';
import { FAKE_NOW } from './fake-picture.ts';

/** Everything was compared and holds; `broken` names what does not. */
export function fakeChecks(broken: Partial<Record<PromiseId, string>> = {}, traffic: Partial<TrafficCheck> = {}): ChecksPicture {
  const promises = PROMISES.map((promise, at): PromiseCheck => {
    const detail = broken[promise.id] ?? null;
    if (promise.id === 'leader-completeness') return { ...promise, state: 'not-yet', checked: 0, lastAt: null, detail: null };
    const state = detail === null ? 'holds' : 'broken';
    return { ...promise, state, checked: 1_284 + 7 * at, lastAt: FAKE_NOW - 1_000 * at, detail };
  });
  return {
    promises,
    coverage: { from: 1, to: 1_284, behind: 12, skipped: 0 },
    traffic: {
      verdict: 'linearizable',
      checked: 312,
      waiting: 4,
      leftOut: 0,
      unknown: 1,
      lastAt: FAKE_NOW,
      detail: null,
      culprit: null,
      ...traffic,
    },
  };
}

export const NO_TRAFFIC: TrafficCheck = {
  verdict: 'none',
  checked: 0,
  waiting: 0,
  leftOut: 0,
  unknown: 0,
  lastAt: null,
  detail: null,
  culprit: null,
};
