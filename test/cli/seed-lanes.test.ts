import { describe, expect, it } from 'vitest';
import { type Lane, runSeed, runSeeds } from '../../src/cli/seed-lanes.ts';
import type { SimResult } from '../../src/sim/run.ts';

const good = runSeed(1, { seconds: 1, nodes: 1 });

interface Fakes {
  /** How many turns a seed takes. */
  readonly turnsOf?: (seed: number) => number;
  /** Seeds that fail. */
  readonly bad?: readonly number[];
}

function fakes(lanes: number, { turnsOf = () => 1, bad = [] }: Fakes = {}) {
  const started: number[] = [];
  const closed: number[] = [];
  const lane = (place: number): Lane => ({
    run: async (seed) => {
      started.push(seed);
      for (let turn = turnsOf(seed); turn > 0; turn -= 1) await Promise.resolve();
      const failure = bad.includes(seed) ? { invariant: 'i', message: 'm', step: 0, atMs: 0, last: [] } : null;
      return { ...good, options: { ...good.options, seed }, failure } satisfies SimResult;
    },
    close: () => closed.push(place),
  });
  return { started, closed, lanes: Array.from({ length: lanes }, (_, place) => lane(place)) };
}

const seedsOf = (results: readonly SimResult[]): readonly number[] => results.map(({ options }) => options.seed);
const quiet = { signal: new AbortController().signal, onDone: () => {} };

describe('seeds on several lanes', () => {
  it('come in order, each once, however long each takes', async () => {
    const world = fakes(3, { turnsOf: (seed) => ((seed * 7) % 11) * 5 });
    const done: number[] = [];
    const results = await runSeeds({ ...quiet, first: 40, count: 25, onDone: (count) => done.push(count) }, world.lanes);
    expect(seedsOf(results)).toEqual(Array.from({ length: 25 }, (_, i) => 40 + i));
    expect(done).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    expect(world.closed).toEqual([0, 1, 2]);
  });

  it('begin again at 0 after the highest', async () => {
    const results = await runSeeds({ ...quiet, first: 2 ** 32 - 1, count: 3 }, fakes(2).lanes);
    expect(seedsOf(results)).toEqual([4_294_967_295, 0, 1]);
  });

  it('end with the lowest that fails, although a higher one failed sooner', async () => {
    const world = fakes(4, { turnsOf: (seed) => (seed === 5 ? 400 : 1), bad: [5, 7] });
    const results = await runSeeds({ ...quiet, first: 1, count: 1_000 }, world.lanes);
    expect(seedsOf(results)).toEqual([1, 2, 3, 4, 5]);
    expect(results.map(({ failure }) => failure !== null)).toEqual([false, false, false, false, true]);
    expect(Math.max(...world.started)).toBeLessThan(12);
  });

  it('count up to the first that was not done when somebody has seen enough', async () => {
    const controller = new AbortController();
    const world = fakes(2, { turnsOf: (seed) => (seed === 6 ? 1_000_000 : 1) });
    const onDone = (count: number): void => {
      if (count === 20) controller.abort();
    };
    const results = await runSeeds({ first: 1, count: 1_000, signal: controller.signal, onDone }, world.lanes);
    expect(seedsOf(results)).toEqual([1, 2, 3, 4, 5]);
    expect(world.closed).toEqual([0, 1]);
  });

  it('fail when a lane breaks down, and leave none open', async () => {
    const world = fakes(2);
    const broken: Lane = { run: () => Promise.reject(new Error('out of memory')), close: () => world.closed.push(9) };
    await expect(runSeeds({ ...quiet, first: 1, count: 10 }, [...world.lanes, broken])).rejects.toThrow('out of memory');
    expect(world.closed).toEqual([0, 1, 9]);
  });
});
