import { clusterTime, millis } from '../../src/base/brand.ts';
import type { Cancel, Clock } from '../../src/replica/ports.ts';

/** Time that passes when told to. */
export class FakeClock implements Clock {
  #now = 0;
  #wall = 1_700_000_000_000;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now() {
    return millis(this.#now);
  }

  wallTime() {
    return clusterTime(this.#wall);
  }

  after(delay: number, run: () => void): Cancel {
    const timer = { at: this.#now + delay, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Runs all that is due in the next `ms`, in the order of time and then of asking. */
  pass(ms: number): void {
    const end = this.#now + ms;
    this.#wall += ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
  }
}
