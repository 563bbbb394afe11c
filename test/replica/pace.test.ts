import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, millis, term } from '../../src/base/brand.ts';
import { Backlog } from '../../src/replica/backlog.ts';
import { Pace } from '../../src/replica/pace.ts';

function paced() {
  const told: string[] = [];
  const timers: { readonly delay: number; readonly run: () => void }[] = [];
  const after = (delay: number, run: () => void) => {
    timers.push({ delay, run });
    return () => {};
  };
  return { told, timers, pace: new Pace({ after }, logIndex(100_000), () => told.push('goes on')) };
}

describe('who applies a long log', () => {
  it('goes on at once', () => {
    const { pace, timers, told } = paced();
    pace.applied(logIndex(5));
    pace.goOn(7, false);
    expect([told, timers.length, pace.rests]).toEqual([['goes on'], 0, false]);
  });

  it('rests for as long as it worked, when it follows somebody', () => {
    const { pace, timers, told } = paced();
    pace.applied(logIndex(5));
    pace.goOn(7, true);
    expect([told, timers.map(({ delay }) => delay), pace.rests]).toEqual([[], [7], true]);
    timers[0]?.run();
    expect([told, pace.rests]).toEqual([['goes on'], false]);
  });

  it('rests no more once little is left of what it began with', () => {
    const { pace, timers, told } = paced();
    pace.applied(logIndex(95_000));
    expect(pace.caughtUp).toBe(false);
    pace.applied(logIndex(96_000));
    pace.goOn(7, true);
    expect([pace.caughtUp, told, timers.length, pace.rests]).toEqual([true, ['goes on'], 0, false]);
  });

  it('ends a slice after ten milliseconds, or so many entries', () => {
    const backlog = new Backlog();
    const noop = { term: term(1), time: clusterTime(0), kind: 'noop', data: '' } as const;
    backlog.push(Array.from({ length: 1_000 }, (_, i) => ({ ...noop, index: logIndex(i + 1) })));
    let now = 0;
    const clock = { now: () => millis(now) };
    const applied: number[] = [];
    expect(backlog.slice(500, clock, ({ index }) => applied.push(index))).toBe(0);
    expect([applied.length, applied.at(-1), backlog.length]).toEqual([500, 500, 500]);
    const slow = backlog.slice(500, clock, () => {
      now += 1;
    });
    expect(slow).toBeGreaterThan(10);
    expect(500 - backlog.length).toBeLessThanOrEqual(10 + 32);
  });
});
