import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { SkipList } from '../../src/kv/skip-list.ts';
import { anyKey, anyText, byBytes, fewKeys } from './text-arbitraries.ts';

type Step = { readonly set: string } | { readonly delete: string };

const someKey = fc.oneof(fewKeys, anyKey);
const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: someKey.map((set): Step => ({ set })) },
    { weight: 1, arbitrary: someKey.map((key): Step => ({ delete: key })) },
  ),
  { maxLength: 80 },
);

interface Payload {
  readonly number: number;
}

/** Applies steps to a list and to a plain Map, comparing every answer. */
function build(todo: readonly Step[], seed = 1): { list: SkipList<Payload>; model: Map<string, Payload> } {
  const list = new SkipList<Payload>(seededRandom(seed));
  const model = new Map<string, Payload>();
  for (const [number, step] of todo.entries()) {
    if ('set' in step) {
      expect(list.set(step.set, { number })).toEqual(model.get(step.set) ?? null);
      model.set(step.set, { number });
    } else {
      expect(list.delete(step.delete)).toEqual(model.get(step.delete) ?? null);
      model.delete(step.delete);
    }
    expect(list.size).toBe(model.size);
  }
  return { list, model };
}

function forwards(list: SkipList<Payload>): string[] {
  const keys = [];
  for (let place = list.first; place !== 0; place = list.next(place)) keys.push(list.keyAt(place));
  return keys;
}

function backwards(list: SkipList<Payload>): string[] {
  const keys = [];
  for (let place = list.last; place !== 0; place = list.previous(place)) keys.push(list.keyAt(place));
  return keys;
}

describe('the skip list', () => {
  it('answers as a map does and walks in byte order, both ways', () => {
    fc.assert(
      fc.property(steps, fc.integer(), (todo, seed) => {
        const { list, model } = build(todo, seed);
        const sorted = [...model.keys()].toSorted(byBytes);
        expect(forwards(list)).toEqual(sorted);
        expect(backwards(list)).toEqual(sorted.toReversed());
        for (const key of sorted) expect(list.find(key)).toEqual(model.get(key));
      }),
      { numRuns: 500 },
    );
  });

  it('seeks, ranks and selects as a sorted array does', () => {
    fc.assert(
      fc.property(steps, anyText, (todo, text) => {
        const { list, model } = build(todo);
        const sorted = [...model.keys()].toSorted(byBytes);
        const keyOf = (place: number): string | undefined => (place === 0 ? undefined : list.keyAt(place));
        for (const wanted of ['', text, ...sorted]) {
          const rank = sorted.filter((key) => byBytes(key, wanted) < 0).length;
          expect(list.rank(wanted)).toBe(rank);
          expect(keyOf(list.seek(wanted))).toBe(sorted[rank]);
          expect(keyOf(list.seekBefore(wanted))).toBe(sorted[rank - 1]);
        }
        for (const [rank, key] of sorted.entries()) expect(keyOf(list.placeOf(rank))).toBe(key);
        expect([list.placeOf(-1), list.placeOf(sorted.length)]).toEqual([0, 0]);
        if (!model.has(text)) expect(list.find(text)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('keeps ranks right through thousands of insertions and deletions', () => {
    const random = seededRandom(7);
    const list = new SkipList<Payload>(seededRandom(1));
    const model = new Set<string>();
    for (let number = 0; number < 20_000; number += 1) {
      const key = `k${random.integer(0, 3_000)}`;
      if (random.next() < 0.6) {
        list.set(key, { number });
        model.add(key);
      } else {
        list.delete(key);
        model.delete(key);
      }
    }
    const sorted = [...model].toSorted();
    expect(forwards(list)).toEqual(sorted);
    expect(backwards(list)).toEqual(sorted.toReversed());
    for (const [rank, key] of sorted.entries()) {
      expect(list.rank(key)).toBe(rank);
      expect(list.keyAt(list.placeOf(rank))).toBe(key);
    }
  });

  it('is empty again after everything was deleted, and can be filled anew', () => {
    const list = new SkipList<Payload>(seededRandom(1));
    const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
    for (let round = 0; round < 3; round += 1) {
      for (const key of keys) list.set(key, { number: round });
      for (const key of keys) expect(list.delete(key)).toEqual({ number: round });
      expect([list.size, list.first, list.last, list.height]).toEqual([0, 0, 0, 1]);
    }
  });

  it('counts edits when places may have become void, and only then', () => {
    const list = new SkipList<Payload>(seededRandom(1));
    list.set('a', { number: 1 });
    const { edits } = list;
    list.set('a', { number: 2 });
    list.delete('b');
    list.find('a');
    expect(list.edits).toBe(edits);
    list.set('b', { number: 3 });
    expect(list.edits).toBe(edits + 1);
    list.delete('b');
    expect(list.edits).toBe(edits + 2);
  });

  it('compares about as often as its height promises, and tells the probe', () => {
    let comparisons = 0;
    const list = new SkipList<Payload>(seededRandom(1), () => {
      comparisons += 1;
    });
    for (let number = 0; number < 10_000; number += 1) list.set(`k${String(number).padStart(5, '0')}`, { number });
    comparisons = 0;
    for (let number = 0; number < 10_000; number += 1) list.find(`k${String(number).padStart(5, '0')}`);
    // log4(10,000) levels of about (1 + 4) / 2 comparisons each are 17; a walk along the lowest level would be 5,000.
    expect(comparisons / 10_000).toBeLessThan(25);
    expect(list.height).toBeGreaterThan(4);
  });

  it('draws one height in four higher, the same for the same seed', () => {
    const heights = (): number[] => {
      const list = new SkipList<Payload>(seededRandom(5));
      for (let number = 0; number < 4_096; number += 1) list.set(`k${number}`, { number });
      const counts: number[] = [];
      for (let place = list.first; place !== 0; place = list.next(place)) {
        const height = list.heightAt(place);
        counts[height] = (counts[height] ?? 0) + 1;
      }
      return counts;
    };
    const counts = heights();
    expect(counts).toEqual(heights());
    expect(Math.abs((counts[1] ?? 0) - 3_072)).toBeLessThan(150);
    expect(Math.abs((counts[2] ?? 0) - 768)).toBeLessThan(120);
  });

  it('refuses to read where nothing stands', () => {
    const list = new SkipList<Payload>(seededRandom(1));
    expect(() => list.payloadAt(list.first)).toThrow('a place holds a key');
  });

  it('takes keys at its end without a search, between all other operations', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('append', 'set', 'delete'), fc.nat(99)), { maxLength: 120 }), (steps) => {
        const list = new SkipList<{ readonly n: number }>(seededRandom(3));
        const model = new Map<string, { readonly n: number }>();
        let end = 100;
        for (const [step, n] of steps) {
          if (step === 'append') end += 1;
          const key = `k${String(step === 'append' ? end : n).padStart(3, '0')}`;
          if (step === 'append') list.append(key, { n });
          else if (step === 'set') list.set(key, { n });
          else list.delete(key);
          if (step === 'delete') model.delete(key);
          else model.set(key, { n });
        }
        const sorted = [...model.keys()].sort();
        expect(sorted.map((key) => list.rank(key))).toEqual(sorted.map((_, i) => i));
        expect(sorted.map((_, i) => list.keyAt(list.placeOf(i)))).toEqual(sorted);
        expect(sorted.map((key) => list.find(key))).toEqual(sorted.map((key) => model.get(key)));
      }),
    );
    const list = new SkipList<{ readonly n: number }>(seededRandom(3));
    list.append('b', { n: 1 });
    expect(() => list.append('b', { n: 2 })).toThrow('appended keys ascend');
  });
});
