import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SequenceSet } from '../../src/cluster/native/watch/sequence-set.ts';

const number = fc.integer({ min: 0, max: 12 });

it('has what a set has, whatever the order', () => {
  fc.assert(
    fc.property(number, fc.array(number, { maxLength: 16 }), (only, numbers) => {
      const [sequence, set] = [new SequenceSet(only), new Set([only])];
      for (const each of numbers) {
        expect(sequence.add(each)).toBe(!set.has(each));
        set.add(each);
      }
      for (let each = -1; each < 14; each += 1) expect(sequence.has(each)).toBe(set.has(each));
    }),
    { numRuns: 1_000 },
  );
});

it('keeps only what is apart from the run', () => {
  const sequence = new SequenceSet(5);
  for (const each of [7, 8, 3]) sequence.add(each);
  expect(sequence.apart).toBe(3);
  for (const each of [6, 4]) sequence.add(each);
  expect(sequence.apart).toBe(0);
  expect(sequence.has(9) || sequence.has(2)).toBe(false);
});
