import { describe, expect, it } from 'vitest';
import { logIndex, millis } from '../../src/base/brand.ts';
import { Pace } from '../../src/replica/pace.ts';

/** A member that knows of 100,000 committed entries, and what it did. */
class Paced {
  now = 1_000;
  waited: number | null = 0;
  readonly pace = new Pace(
    { now: () => millis(this.now), waited: () => (this.waited === null ? null : millis(this.waited)) },
    logIndex(100_000),
    logIndex(0),
  );

  /** How long it rests after a turn that took so many milliseconds, of which it waited for a processor. */
  turn(tookMs: number, waitedMs: number, { follows = true, applied = 0 } = {}): number {
    const startedAt = millis(this.now);
    this.now += tookMs;
    if (this.waited !== null) this.waited += waitedMs;
    this.pace.applied(logIndex(applied));
    this.pace.worked(startedAt, follows);
    return Math.max(0, this.pace.restUntil - this.now);
  }

  /** Past the first turn, after which it does not know how long it waited. */
  begun(): this {
    this.now += this.turn(0, 0);
    return this;
  }
}

describe('a member far from the end of the log', () => {
  it('rests after a turn in which it waited for a processor, for longer than it waited but not for ever', () => {
    const { pace, turn } = bound(new Paced().begun());
    expect([turn(10, 0), turn(10, 2), turn(10, 7.5), turn(10, 9)]).toEqual([0, 8, 30, 30]);
    expect(turn(100, 90)).toBe(50);
    expect(pace.isBehind).toBe(true);
  });

  it('rests for as long as it worked where nobody counts the waiting', () => {
    const paced = new Paced();
    paced.waited = null;
    expect([paced.turn(7, 0), paced.turn(9, 0)]).toEqual([7, 9]);
  });

  it('does not rest when it leads or is alone, nor with little left, nor for less than a timer can keep', () => {
    const { turn } = bound(new Paced().begun());
    expect(turn(10, 5, { follows: false })).toBe(0);
    expect(turn(10, 5, { applied: 96_000 })).toBe(0);
    expect(turn(10, 0.2)).toBe(10);
    expect(turn(10, 0.2)).toBe(0);
  });

  it('comes to be far from it when it hears of more', () => {
    const { pace, turn } = bound(new Paced().begun());
    turn(1, 0, { applied: 100_000 });
    pace.heard(logIndex(104_000));
    expect([pace.isBehind, pace.caughtUp]).toEqual([false, true]);
    pace.heard(logIndex(104_096));
    pace.heard(logIndex(5));
    expect([pace.isBehind, pace.caughtUp]).toEqual([true, true]);
    expect([turn(10, 10, { applied: 100_000 }), turn(10, 10, { applied: 100_000 })]).toEqual([10, 30]);
  });

  it('rests half as long each second in which it applies something and gets no closer', () => {
    const { paced, turn } = bound(new Paced().begun());
    const aSecondLater = (applied: number): number => {
      paced.now += 1_000;
      return turn(10, 10, { applied });
    };
    expect([turn(10, 10), aSecondLater(0), aSecondLater(3_000), aSecondLater(4_000)]).toEqual([30, 30, 15, 7.5]);
    // A thirtieth of what is left.
    expect([aSecondLater(7_300), aSecondLater(10_400)]).toEqual([7.5, 7.5]);
  });

  it('rests as long as ever when it is behind once more', () => {
    const { paced, pace, turn } = bound(new Paced().begun());
    turn(10, 10);
    paced.now += 1_000;
    expect(turn(10, 10, { applied: 1 })).toBe(15);
    turn(10, 10, { applied: 100_000 });
    pace.heard(logIndex(110_000));
    expect([turn(10, 10, { applied: 100_000 }), turn(10, 10, { applied: 100_001 })]).toEqual([10, 30]);
  });

  it('has caught up once little is left of what it began with, whatever has come since', () => {
    const { pace, turn } = bound(new Paced());
    pace.heard(logIndex(500_000));
    turn(1, 0, { applied: 95_000 });
    expect(pace.caughtUp).toBe(false);
    turn(1, 0, { applied: 96_000 });
    expect([pace.caughtUp, pace.isBehind]).toEqual([true, true]);
  });
});

const bound = (paced: Paced) => ({ paced, pace: paced.pace, turn: paced.turn.bind(paced) });
