import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, millis, term } from '../../src/base/brand.ts';
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

  it('is taken in slices that end after ten milliseconds, or so many entries', () => {
    const backlog = new Backlog();
    const noop = { term: term(1), time: clusterTime(0), kind: 'noop', data: '' } as const;
    backlog.push(Array.from({ length: 1_000 }, (_, i) => ({ ...noop, index: logIndex(i + 1) })));
    let now = 0;
    const clock = { now: () => millis(now) };
    const applied: number[] = [];
    backlog.slice(500, clock, ({ index }) => applied.push(index));
    expect([applied.length, applied.at(-1), backlog.length]).toEqual([500, 500, 500]);
    backlog.slice(500, clock, () => {
      now += 1;
    });
    expect(now).toBeGreaterThan(10);
    expect(500 - backlog.length).toBeLessThanOrEqual(10 + 32);
  });
});
