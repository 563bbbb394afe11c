import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { ConfigurationCache } from '../../src/check/configuration-cache.ts';
import { compareByCodePoints } from '../../src/check/key-span.ts';
import { PlacedSet } from '../../src/check/placed-set.ts';
import { FreeRevisions } from '../../src/check/revision-gaps.ts';

/** A walk of a search: places and takes back, mostly at the front. */
function walk(seed: number, visit: (placed: PlacedSet, model: ReadonlySet<number>) => void): void {
  const random = seededRandom(seed);
  const unending = Array.from({ length: 150 }, () => random.next() < 0.2);
  const placed = new PlacedSet(unending);
  const order: number[] = [];
  for (let step = 0; step < 400; step += 1) {
    const missing = [...unending.keys()].filter((at) => !order.includes(at));
    const next = missing[random.integer(0, 6)];
    if (random.next() < 0.6 && next !== undefined) {
      placed.add(next);
      order.push(next);
    } else {
      const last = order.pop();
      if (last !== undefined) placed.remove(last);
    }
    visit(placed, new Set(order));
  }
}

describe('the set of what is placed', () => {
  it('writes equal words for equal sets, and only for them, within its size', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const written = new Map<string, string>();
        const hashes = new Map<string, number>();
        walk(seed, (placed, model) => {
          const target = new Int32Array(64).fill(7);
          const end = placed.write(target, 0);
          expect(end).toBe(placed.size);
          const words = target.subarray(0, end).join();
          const name = [...model].sort((a, b) => a - b).join();
          expect(written.get(words) ?? name).toBe(name);
          expect(hashes.get(name) ?? placed.hash).toBe(placed.hash);
          written.set(words, name);
          hashes.set(name, placed.hash);
        });
        expect(new Set(written.values()).size).toBe(written.size);
      }),
      { numRuns: 5 },
    );
  });
});

describe('the cache of configurations', () => {
  it('knows each again, and none that it has not seen', () => {
    for (const seed of [1, 2, 3]) {
      const cache = new ConfigurationCache();
      const known = new Set<string>();
      const nameOf = (model: ReadonlySet<number>, state: number): string =>
        `${state}: ${[...model].sort((x, y) => x - y).join()}`;
      walk(seed, (placed, model) => {
        const state = model.size % 3;
        expect(cache.add(placed, state)).toBe(!known.has(nameOf(model, state)));
        known.add(nameOf(model, state));
      });
      expect(known.size).toBeGreaterThan(100);
      walk(seed, (placed, model) => expect(cache.add(placed, model.size % 3)).toBe(false));
    }
  });

  it('tells apart what has the same hash', () => {
    const cache = new ConfigurationCache();
    const forged = (word: number) => ({
      hash: 42,
      size: 1,
      write: (target: Int32Array, at: number) => {
        target[at] = word;
        return at + 1;
      },
    });
    for (let word = 0; word < 2_000; word += 1) expect(cache.add(forged(word), 0)).toBe(true);
    for (let word = 0; word < 2_000; word += 1) expect(cache.add(forged(word), 0)).toBe(false);
    expect(cache.add(forged(5), 1)).toBe(true);
  });
});

describe('free revisions', () => {
  it('are the lowest that nobody has, each once', () => {
    const free = new FreeRevisions([1, 2, 4, 5, 8]);
    expect(free.firstIn(0, 2)).toBeNull();
    expect(free.firstIn(0, 9)).toBe(3);
    free.take(3);
    expect(free.firstIn(0, 9)).toBe(6);
    expect(free.firstIn(6, 9)).toBe(7);
    expect(free.firstIn(7, 8)).toBeNull();
    expect(free.firstIn(8, 9)).toBe(9);
  });
});

describe('the order of keys', () => {
  it('is that of their bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareByCodePoints(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});
