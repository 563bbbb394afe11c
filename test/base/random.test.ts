import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';

describe('seededRandom', () => {
  it('draws the same for the same seed, and differently for another', () => {
    const draws = (seed: number) =>
      Array.from(
        { length: 20 },
        (
          (random) => () =>
            random.integer(0, 1_000)
        )(seededRandom(seed)),
      );
    expect(draws(42)).toEqual(draws(42));
    expect(draws(42)).not.toEqual(draws(43));
  });

  it('gives forks that do not depend on what was drawn before', () => {
    const first = seededRandom(1);
    const second = seededRandom(1);
    second.next();
    expect(first.fork('network').next()).toBe(second.fork('network').next());
    expect(first.fork('network').next()).not.toBe(first.fork('disk').next());
  });

  it('stays in its bounds and reaches all of them', () => {
    const random = seededRandom(5);
    const seen = new Set(Array.from({ length: 500 }, () => random.integer(3, 7)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  });
});
