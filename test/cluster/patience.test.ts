import { describe, expect, it } from 'vitest';
import { Patience } from '../../src/cluster/native/patience.ts';

/** Rounds of `every` milliseconds from `from` on, with something seen in each, until it is over or `until` has come: when that was. */
function wait(patience: Patience, every: number, until: number, see: (now: number) => void): number {
  for (let now = every; now <= until; now += every) {
    see(now);
    patience.round(now);
    if (patience.isOver) return now;
  }
  return until;
}

describe('the patience with a start', () => {
  it('ends when no node has got on for so long', () => {
    expect(wait(new Patience(15_000, 0), 500, 60_000, () => {})).toBe(15_000);
    const same = new Patience(15_000, 0);
    expect(wait(same, 500, 60_000, () => same.seen('n1', '3 0 0'))).toBe(15_000);
  });

  it('begins anew with each sign that one gets on, but not for ever', () => {
    const patience = new Patience(15_000, 0);
    const end = wait(patience, 500, 600_000, (now) => patience.seen('n2', now <= 40_000 ? String(now) : 'stuck'));
    expect(end).toBe(55_000);
    const restless = new Patience(15_000, 0);
    expect(wait(restless, 500, 600_000, (now) => restless.seen('n1', String(now)))).toBe(120_000);
  });

  it('has no end while a node tells how far it has come', () => {
    const patience = new Patience(15_000, 0);
    expect(
      wait(patience, 500, 600_000, (now) => {
        if (now % 10_000 === 0) patience.told();
      }),
    ).toBe(600_000);
  });

  it('does not count the time in which this program itself was kept from running', () => {
    const patience = new Patience(15_000, 0);
    patience.round(500);
    patience.round(60_000);
    expect(patience.isOver).toBe(false);
    expect(patience.untoldMs).toBe(1_500);
  });
});
