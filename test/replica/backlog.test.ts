import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, term } from '../../src/base/brand.ts';
import { Backlog } from '../../src/replica/backlog.ts';

describe('a backlog', () => {
  it('gives back what came, in its order, however it is taken', () => {
    const steps = fc.array(fc.oneof(fc.record({ push: fc.nat(4) }), fc.record({ shift: fc.nat(4) })));
    fc.assert(
      fc.property(steps, (all) => {
        const backlog = new Backlog();
        const model: number[] = [];
        let next = 1;
        for (const step of all) {
          if ('push' in step) {
            const indexes = Array.from({ length: step.push }, () => next++);
            model.push(...indexes);
            backlog.push(
              indexes.map((index) => ({ index: logIndex(index), term: term(1), time: clusterTime(0), kind: 'noop', data: '' })),
            );
          } else {
            for (let i = 0; i < step.shift; i += 1) expect(backlog.shift()?.index ?? null).toBe(model.shift() ?? null);
          }
          expect(backlog.length).toBe(model.length);
        }
        backlog.clear();
        expect([backlog.length, backlog.shift()]).toEqual([0, null]);
      }),
    );
  });
});
