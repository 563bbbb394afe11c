/** Looks for a short schedule that still breaks the same promise: halves first, then single faults, as long as any can be left out. */
import type { Fault } from './faults.ts';
import { type SimResult, type SimSetting, simulate } from './run.ts';

export interface Shrunk {
  readonly schedule: readonly Fault[];
  /** The failure under the short schedule. */
  readonly result: SimResult;
  readonly runs: number;
}

/** `failed` has a failure. At most `mostRuns` further runs; what was found by then is the answer. */
export function shrink(setting: SimSetting, failed: SimResult, mostRuns = 150): Shrunk {
  let best = failed;
  let schedule = failed.schedule;
  let runs = 0;
  const stillFails = (candidate: readonly Fault[]): boolean => {
    runs += 1;
    const result = simulate({ ...setting, schedule: candidate });
    if (result.failure?.invariant !== failed.failure?.invariant) return false;
    best = result;
    schedule = candidate;
    return true;
  };
  // Once more from the beginning after every round that helped: what was needed may not be without its neighbours.
  for (let before = Number.POSITIVE_INFINITY; schedule.length < before && runs < mostRuns; ) {
    before = schedule.length;
    for (let size = Math.ceil(before / 2); size >= 1 && runs < mostRuns; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < schedule.length && runs < mostRuns; ) {
        // What follows moves up when the piece was not needed.
        if (!stillFails([...schedule.slice(0, from), ...schedule.slice(from + size)])) from += size;
      }
    }
  }
  return { schedule, result: best, runs };
}
