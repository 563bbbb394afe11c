import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberTable } from '../../src/base/number-table.ts';

const number = fc.oneof(
  fc.nat(12),
  fc.nat(12).map((n) => n * 64),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER),
);
const step = fc.record({ number, value: fc.option(fc.nat(), { nil: undefined }) });

describe('a table by numbers', () => {
  it('holds what a Map holds, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [table, model] = [new NumberTable<number>(), new Map<number, number>()];
        for (const { number: each, value } of steps) {
          if (value === undefined) expect(table.delete(each)).toBe(model.delete(each));
          else {
            table.set(each, value);
            model.set(each, value);
          }
          expect(table.size).toBe(model.size);
          expect(table.numbers().sort((a, b) => a - b)).toEqual([...model.keys()].sort((a, b) => a - b));
          for (const step of steps) expect(table.get(step.number)).toBe(model.get(step.number));
        }
      }),
    );
  });
});
