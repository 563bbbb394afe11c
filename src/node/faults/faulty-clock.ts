/** A clock that runs at a wrong rate and whose wall clock is off. */
import { type ClusterTime, clusterTime, type Millis, millis } from '../../base/brand.ts';
import type { ClockEffect } from '../../fault/plan.ts';
import type { Awaited, Cancel, Clock } from '../../replica/ports.ts';

interface Timer {
  /** By this clock. */
  readonly due: number;
  readonly run: () => void;
  cancel: Cancel;
}

export class FaultyClock implements Clock {
  readonly #inner: Clock;
  readonly #timers = new Set<Timer>();
  #rate = 1;
  #offsetMs = 0;
  /** At the inner clock's `#since` this one showed `#base`: it never goes back, whatever the rate does. */
  #base: number;
  #since: number;

  constructor(inner: Clock) {
    this.#inner = inner;
    this.#base = inner.now();
    this.#since = this.#base;
  }

  now(): Millis {
    return millis(this.#base + (this.#inner.now() - this.#since) * this.#rate);
  }

  wallTime(): ClusterTime {
    return clusterTime(this.#inner.wallTime() + this.#offsetMs);
  }

  after(delay: Millis, run: () => void): Cancel {
    const timer: Timer = { due: this.now() + delay, run, cancel: () => {} };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  soon(run: () => void): void {
    this.#inner.soon(run);
  }

  expect(what: Awaited): void {
    this.#inner.expect?.(what);
  }

  /** Timers that are set already follow the new rate. */
  set({ rate, offsetMs }: ClockEffect): void {
    this.#offsetMs = offsetMs;
    if (rate === this.#rate) return;
    this.#base = this.now();
    this.#since = this.#inner.now();
    this.#rate = rate;
    for (const timer of this.#timers) {
      timer.cancel();
      this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    const delay = Math.max(0, timer.due - this.now()) / this.#rate;
    timer.cancel = this.#inner.after(millis(delay), () => {
      this.#timers.delete(timer);
      timer.run();
    });
  }
}
