import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { FAULT_KINDS } from '../../src/sim/faults.ts';
import { drawSchedule } from '../../src/sim/nemesis.ts';
import { drawOptions } from '../../src/sim/options.ts';
import { type SimResult, simulate } from '../../src/sim/run.ts';

const SEEDS = 20;

describe('a simulated cluster', () => {
  it('keeps every promise through all kinds of faults, and works again when they are healed', () => {
    const results: SimResult[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const result = simulate({ options: drawOptions(seed) });
      expect(result.failure, `seed ${seed}`).toBeNull();
      results.push(result);
    }
    const sum = (part: (result: SimResult) => number): number => results.reduce((total, result) => total + part(result), 0);
    // Runs in which nothing happens would prove nothing.
    expect(sum(({ figures }) => figures.operations.ok)).toBeGreaterThan(SEEDS * 150);
    expect(sum(({ figures }) => figures.operations.unknown)).toBeGreaterThan(0);
    expect(sum(({ figures }) => figures.restarts)).toBeGreaterThan(SEEDS * 3);
    expect(sum(({ figures }) => figures.elections)).toBeGreaterThan(SEEDS * 3);
    expect(results.every(({ schedule }) => schedule.length >= 20)).toBe(true);
    const kinds = new Set(results.flatMap(({ figures }) => Object.keys(figures.faults)));
    expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
    expect(results.every(({ figures }) => figures.historyChecked)).toBe(true);
  }, 60_000);

  it.each([1, 2, 9])(
    'has any size: %i nodes',
    (nodes) => {
      for (let seed = 1; seed <= 2; seed += 1) {
        const { failure, figures } = simulate({ options: drawOptions(seed, { nodes, seconds: 4 }) });
        expect(failure, `seed ${seed}`).toBeNull();
        expect(figures.operations.ok).toBeGreaterThan(0);
      }
    },
    30_000,
  );

  it('goes the same way for the same seed, to the last microsecond', () => {
    const lines: string[] = [];
    const options = drawOptions(7, { seconds: 6 });
    const first = simulate({ options, onTrace: (line) => lines.push(JSON.stringify(line)) });
    let place = 0;
    const second = simulate({
      options,
      onTrace: (line) => {
        if (JSON.stringify(line) !== lines[place]) throw new Error(`step ${place} differs: ${lines[place]}`);
        place += 1;
      },
    });
    expect(second).toEqual(first);
    expect(place).toBe(first.figures.steps);
    expect(simulate({ options: drawOptions(8, { seconds: 6 }) }).hash).not.toBe(first.hash);
  }, 30_000);

  it('has fewer than a majority of rotten disks, whatever is drawn', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const options = { ...drawOptions(seed), faultKinds: ['bit-rot' as const] };
      const schedule = drawSchedule(options, seededRandom(seed));
      const rotten = new Set(schedule.flatMap((fault) => (fault.kind === 'bit-rot' ? [fault.node] : [])));
      expect(rotten.size).toBeLessThanOrEqual((options.nodes - 1) >> 1);
    }
  });
});
