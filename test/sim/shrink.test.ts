import { describe, expect, it } from 'vitest';
import { drawOptions } from '../../src/sim/options.ts';
import { type SimSetting, simulate } from '../../src/sim/run.ts';
import { shrink } from '../../src/sim/shrink.ts';

/** A client without sessions: a retry whose first attempt arrived is a second write. */
const FORGETFUL = { plants: { request: () => null } };
const MOST_SEEDS = 20;

describe('shrinking', () => {
  it('finds faults of which none can be left out', () => {
    for (let seed = 1; seed <= MOST_SEEDS; seed += 1) {
      // Without strays of the clients' own, so that only the faults can bring a retry about.
      const options = { ...drawOptions(seed, { seconds: 6 }), strayShare: 0, ailment: null, lastCrash: false };
      const setting: SimSetting = { options, ...FORGETFUL };
      const failed = simulate(setting);
      if (failed.failure === null) continue;
      const { schedule, result } = shrink(setting, failed, 200);
      expect(schedule.length).toBeLessThan(failed.schedule.length);
      for (const [i, fault] of schedule.entries()) {
        const without = simulate({ ...setting, schedule: schedule.toSpliced(i, 1) });
        expect(without.failure?.invariant, fault.kind).not.toBe(failed.failure.invariant);
      }
      expect(result.failure?.invariant).toBe(failed.failure.invariant);
      expect(simulate({ ...setting, schedule }).failure).toEqual(result.failure);
      // Without the bug, the same faults are harmless.
      expect(simulate({ options, schedule }).failure).toBeNull();
      return;
    }
    expect.unreachable('the bug was not found');
  }, 60_000);
});
