import { describe, expect, it } from 'vitest';
import { drawOptions } from '../../src/sim/options.ts';
import { type SimResult, simulate } from '../../src/sim/run.ts';
import { shrink } from '../../src/sim/shrink.ts';
import { PLANTED, type PlantedBug } from './planted-bugs.ts';

const MOST_SEEDS = 100;

function hunt({ plants }: PlantedBug): SimResult | null {
  for (let seed = 1; seed <= MOST_SEEDS; seed += 1) {
    const result = simulate({ options: drawOptions(seed), plants });
    if (result.failure !== null) return result;
  }
  return null;
}

describe('the referee', () => {
  it.each(PLANTED)(
    'finds $name',
    (bug) => {
      const found = hunt(bug);
      expect(found?.failure?.invariant ?? 'nothing was found').toMatch(bug.broken);
      expect(found?.failure?.last.length).toBeGreaterThan(0);
    },
    60_000,
  );

  it('shows the few faults that it takes', () => {
    const bug = PLANTED.find(({ name }) => name.startsWith('a log that acknowledges'));
    const found = bug === undefined ? null : hunt(bug);
    if (bug === undefined || found === null) return expect.unreachable('the bug was not found');
    const setting = { options: found.options, plants: bug.plants };
    const { schedule, result } = shrink(setting, found, 60);
    expect(schedule.length).toBeLessThan(found.schedule.length / 2);
    expect(result.failure?.invariant).toBe(found.failure?.invariant);
    expect(simulate({ ...setting, schedule }).failure).toEqual(result.failure);
    // Without the bug, the same faults are harmless.
    expect(simulate({ options: found.options, schedule }).failure).toBeNull();
  }, 60_000);
});
