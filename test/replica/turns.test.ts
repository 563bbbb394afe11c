import { describe, expect, it } from 'vitest';
import { millis } from '../../src/base/brand.ts';
import { Turns } from '../../src/replica/turns.ts';

/** A clock that moves by hand; what is to run soon does so when asked. */
class HandClock {
  time = 100;
  restUntil = millis(0);
  turns = 0;
  readonly soonRun: (() => void)[] = [];
  #timers: { readonly at: number; readonly run: () => void }[] = [];
  readonly turnsOf = new Turns(
    {
      now: () => millis(this.time),
      soon: (run) => void this.soonRun.push(run),
      after: (delay, run) => {
        const timer = { at: this.time + delay, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((each) => each !== timer);
        };
      },
    },
    this,
    () => (this.turns += 1),
  );

  get timers(): readonly number[] {
    return this.#timers.map(({ at }) => at);
  }

  /** The time when a timer rings, and everything that is to run soon after it. */
  pass(to: number): this {
    this.time = to;
    const due = this.#timers.filter(({ at }) => at <= to);
    this.#timers = this.#timers.filter(({ at }) => at > to);
    for (const { run } of due) run();
    return this.settle();
  }

  settle(): this {
    for (const run of this.soonRun.splice(0)) run();
    return this;
  }
}

describe('the turns of a member', () => {
  it('come once, however many ask', () => {
    const clock = new HandClock();
    clock.turnsOf.schedule();
    clock.turnsOf.schedule();
    expect([clock.turns, clock.settle().turns]).toEqual([0, 1]);
    clock.turnsOf.schedule();
    expect(clock.settle().turns).toBe(2);
  });

  it('wait until it has rested', () => {
    const clock = new HandClock();
    clock.restUntil = millis(107);
    clock.turnsOf.schedule();
    expect([clock.settle().turns, clock.timers]).toEqual([0, [107]]);
    clock.turnsOf.schedule();
    expect([clock.timers, clock.pass(107).turns]).toEqual([[107], 1]);
    clock.turnsOf.schedule();
    expect(clock.settle().turns).toBe(2);
  });

  it('come when a deadline is reached; a later one needs no timer, an earlier one takes its place', () => {
    const clock = new HandClock();
    clock.turnsOf.arm(millis(150));
    clock.turnsOf.arm(millis(160));
    expect(clock.timers).toEqual([150]);
    clock.turnsOf.arm(millis(140));
    expect([clock.timers, clock.pass(139).turns, clock.pass(140).turns, clock.timers]).toEqual([[140], 0, 1, []]);
    clock.turnsOf.arm(millis(120));
    expect(clock.timers).toEqual([140]);
  });

  it('come no more once it has stopped', () => {
    const clock = new HandClock();
    clock.turnsOf.arm(millis(150));
    clock.turnsOf.schedule();
    clock.turnsOf.stop();
    clock.turnsOf.schedule();
    expect([clock.settle().turns, clock.timers]).toEqual([0, []]);
  });
});
