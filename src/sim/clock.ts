/** The clocks of one simulated machine: they run at their own rate, leap and jump. */
import { type ClusterTime, clusterTime, type Millis, millis } from '../base/brand.ts';
import type { EventQueue } from './event-queue.ts';

/** Where wall clocks start, milliseconds since 1970. */
const EPOCH_MS = 1_700_000_000_000;

export class SimClock {
  readonly #queue: EventQueue;
  #rate = 1;
  /** At virtual time `#since` the monotonic clock showed `#base`. */
  #base: number;
  #since = 0;
  #wallOffsetMs = 0;

  /** `startMs`: how long this machine has been up when the simulation begins. */
  constructor(queue: EventQueue, startMs: number) {
    this.#queue = queue;
    this.#base = startMs;
  }

  now(): Millis {
    return millis(this.#base + (this.#queue.now - this.#since) * this.#rate);
  }

  wallTime(): ClusterTime {
    return clusterTime(Math.floor(EPOCH_MS + this.now() + this.#wallOffsetMs));
  }

  /** How much virtual time passes while this clock counts `localMs`. */
  virtual(localMs: number): number {
    return localMs / this.#rate;
  }

  /** Timers that are set already keep their time: they come early or late. */
  setRate(rate: number): void {
    this.#rebase(this.now());
    this.#rate = rate;
  }

  /** The monotonic clock leaps ahead, as when the whole machine was asleep. */
  leap(ms: number): void {
    this.#rebase(this.now() + ms);
  }

  /** The wall clock is set, forward or back. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  #rebase(base: number): void {
    this.#base = base;
    this.#since = this.#queue.now;
  }
}
