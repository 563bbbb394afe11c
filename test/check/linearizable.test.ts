import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { checkHistory } from '../../src/check/check.ts';
import { groupsOf } from '../../src/check/groups.ts';
import type { Operation } from '../../src/check/history.ts';
import { Search } from '../../src/check/linearizable.ts';
import { isLinearizable } from './brute-force.ts';
import { del, LIES, type LifeOptions, life, mutate, put, range } from './histories.ts';

/** By the search alone: the quick rules must not help it out. */
function searched(history: readonly Operation[]): boolean {
  return groupsOf(history).every((group) => new Search(group).run(1_000_000) === 'linearizable');
}

const SMALL: LifeOptions = { operations: 7, processes: 3, keys: 2, unknown: 0.3, ranges: true, unique: false, revisions: false };

const lives = fc.record({
  seed: fc.integer(),
  operations: fc.integer({ min: 1, max: 7 }),
  processes: fc.integer({ min: 1, max: 5 }),
  keys: fc.integer({ min: 1, max: 3 }),
  unknown: fc.constantFrom(0, 0.3, 0.6),
  ranges: fc.boolean(),
  unique: fc.boolean(),
  lies: fc.integer({ min: 0, max: 3 }),
});

describe('the search', () => {
  it('agrees with the trying of every order, on thousands of small histories', () => {
    let rejected = 0;
    fc.assert(
      fc.property(lives, ({ seed, lies, ...options }) => {
        const random = seededRandom(seed);
        let history = life(random, { ...options, revisions: false });
        for (let lie = 0; lie < lies; lie += 1) history = mutate(history, random);
        const truth = isLinearizable(history);
        rejected += truth ? 0 : 1;
        expect(searched(history)).toBe(truth);
        expect(checkHistory(history).verdict).toBe(truth ? 'linearizable' : 'not-linearizable');
      }),
      { numRuns: 4_000 },
    );
    // A property that never meets a bad history would prove nothing.
    expect(rejected).toBeGreaterThan(500);
  }, 60_000);

  it.each(Object.keys(LIES))(
    'sees through %s, wherever the trying of every order does',
    (kind) => {
      const seen = { rejected: 0, accepted: 0 };
      for (let seed = 1; seed <= 1_200; seed += 1) {
        const random = seededRandom(seed);
        const options = { ...SMALL, operations: random.integer(4, 9), keys: random.integer(1, 3), unique: seed % 2 === 0 };
        const lie = LIES[kind]?.(life(random, options), random) ?? null;
        if (lie === null) continue;
        const truth = isLinearizable(lie);
        expect(checkHistory(lie).verdict, `seed ${seed}`).toBe(truth ? 'linearizable' : 'not-linearizable');
        expect(searched(lie), `seed ${seed}`).toBe(truth);
        seen[truth ? 'accepted' : 'rejected'] += 1;
      }
      // Some lies cannot be told from the truth; hundreds can.
      expect(seen.rejected).toBeGreaterThan(100);
    },
    60_000,
  );

  it('accepts what clients of one honest copy saw', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 0.05, 0.3), fc.boolean(), (seed, unknown, ranges) => {
        const options = {
          ...SMALL,
          operations: 300,
          processes: 6,
          keys: 3,
          unknown,
          ranges,
          unique: seed % 2 === 0,
          revisions: true,
        };
        expect(checkHistory(life(seededRandom(seed), options))).toMatchObject({ verdict: 'linearizable', violations: [] });
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('does not try every subset of the deletes that nobody has seen yet', () => {
    const keys = Array.from({ length: 12 }, (_, at) => `k${String(at).padStart(2, '0')}`);
    const rows = (from: number) => ({ kvs: keys.slice(from).map((key) => ({ key, value: key })), more: false });
    const history = [
      ...keys.map((key, at) => put('c1', [at * 2, at * 2 + 1], key, key)),
      ...keys.map((key, at) => del(`d${at}`, [50, null], key, null)),
      ...Array.from({ length: 40 }, (_, at) => range('c1', [100 + at * 2, 101 + at * 2], {}, rows(0))),
      ...keys.map((_, at) => range('c1', [200 + at * 2, 201 + at * 2], {}, rows(at + 1))),
    ];
    expect(checkHistory(history, { budget: 100 })).toMatchObject({ verdict: 'linearizable' });
    const back = range('c1', [300, 301], {}, rows(11));
    expect(checkHistory([...history, back], { budget: 1_000 })).toMatchObject({ verdict: 'not-linearizable' });
  });
});
