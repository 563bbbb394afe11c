import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlaceCache } from '../../src/kv/place-cache.ts';

describe('the cache of places', () => {
  it('never names a place where another key stands, and knows most keys that were just added', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 2_000 })), { maxLength: 600 }), (moves) => {
        const keys = new Map<number, string>();
        const cache = new PlaceCache((place) => keys.get(place) ?? '');
        let known = 0;
        for (const [place, key] of moves) {
          keys.set(place + 1, `key${key}`);
          cache.add(`key${key}`, place + 1, keys.size);
          if (cache.find(`key${key}`) === place + 1) known += 1;
          const found = cache.find(`key${place}`);
          if (found !== 0) expect(keys.get(found)).toBe(`key${place}`);
        }
        expect(known).toBe(moves.length);
      }),
    );
  });

  it('forgets nothing but a few while it grows, and knows where a key stands now when its former place comes over', () => {
    const places = new Map<number, string>();
    const cache = new PlaceCache((place) => places.get(place) ?? '');
    const stand = (key: string, place: number): void => {
      places.set(place, key);
      cache.add(key, place, places.size);
    };
    for (let i = 1; i <= 5_000; i += 1) {
      stand(`k${i}`, i);
      if (i === 2_800) for (let moved = 2_000; moved < 2_400; moved += 1) stand(`k${moved}`, 10_000 + moved);
      const known = Array.from({ length: i }, (_, at) => cache.find(`k${at + 1}`)).filter((place) => place !== 0);
      if (i % 250 === 0) expect(known.length / i).toBeGreaterThan(0.99);
    }
    for (let moved = 2_000; moved < 2_400; moved += 1) expect([0, 10_000 + moved]).toContain(cache.find(`k${moved}`));
  });

  it('knows what was gathered once that is settled, in any number', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), (first, second) => {
        const cache = new PlaceCache((place) => `k${place}`);
        const known = (from: number, to: number): number =>
          Array.from({ length: to - from }, (_, i) => from + i + 1).filter((place) => cache.find(`k${place}`) === place).length;
        for (let place = 1; place <= first; place += 1) cache.gather(`k${place}`, place, place);
        cache.settle(first);
        expect(known(0, first)).toBeGreaterThanOrEqual(0.97 * first - 10);
        for (let place = first + 1; place <= first + second; place += 1) cache.add(`k${place}`, place, place);
        cache.settle(first + second);
        expect(known(first, first + second)).toBeGreaterThanOrEqual(0.97 * second - 2);
      }),
      { numRuns: 30 },
    );
  });

  it('grows with the map, to about twice as many entries as keys', () => {
    const cache = new PlaceCache((place) => `k${place}`);
    for (let place = 1; place <= 10_000; place += 1) cache.add(`k${place}`, place, place);
    for (let place = 1; place <= 10_000; place += 1) cache.add(`k${place}`, place, 10_000);
    expect(cache.bytes).toBeLessThan(10_000 * 8 * 4);
    const known = Array.from({ length: 10_000 }, (_, i) => cache.find(`k${i + 1}`)).filter((place, i) => place === i + 1);
    expect(known.length).toBeGreaterThan(9_500);
  });
});
