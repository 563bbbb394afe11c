/** What a load has measured so far: latencies, errors, and both over time. */
import { type ErrorKind, RpcError } from '../base/errors.ts';
import { Histogram } from './histogram.ts';

export const SLICES = 60;

/** One sixtieth of the measured time. */
export interface Slice {
  /** Operations that ended in it, as a rate per second. */
  readonly perSecond: number;
  readonly p99Ms: number;
}

export interface LoadResult {
  /** Those of the measured time that succeeded. */
  readonly operations: number;
  readonly seconds: number;
  /** Successes within the measured time, whenever they were due, a second. */
  readonly perSecond: number;
  /** Milliseconds from when an operation was due to its answer. */
  readonly latency: Histogram;
  /** Operations that were due and never sent, since all clients were busy: in `latency` with the time that they had waited. */
  readonly neverSent: number;
  /** How late the generator itself was: milliseconds from when an operation was due and a client was free. */
  readonly lateness: Histogram;
  readonly errors: ReadonlyMap<ErrorKind | 'OTHER', number>;
  readonly slices: readonly Slice[];
}

/** Times are of one clock, in milliseconds. What was due before `measureFrom` only warms up. */
export class Tally {
  readonly #measureFrom: number;
  readonly #endsAt: number;
  readonly #sliceMs: number;
  readonly #latency = new Histogram();
  readonly #lateness = new Histogram();
  readonly #errors = new Map<ErrorKind | 'OTHER', number>();
  readonly #slices = Array.from({ length: SLICES }, () => new Histogram());
  #operations = 0;
  #completed = 0;
  #neverSent = 0;
  #inTime = 0;

  constructor(measureFrom: number, endsAt: number) {
    this.#measureFrom = measureFrom;
    this.#endsAt = endsAt;
    this.#sliceMs = (endsAt - measureFrom) / SLICES;
  }

  /** Measured ones that succeeded. */
  get operations(): number {
    return this.#operations;
  }

  /** All that succeeded, warm-up included. */
  get completed(): number {
    return this.#completed;
  }

  sent(due: number, mayBeSentFrom: number, now: number): void {
    if (due >= this.#measureFrom) this.#lateness.record(now - mayBeSentFrom);
  }

  succeeded(due: number, now: number): void {
    this.#completed += 1;
    if (now >= this.#measureFrom && now < this.#endsAt) {
      this.#inTime += 1;
      this.#slices[Math.floor((now - this.#measureFrom) / this.#sliceMs)]?.record(now - due);
    }
    if (due < this.#measureFrom) return;
    this.#operations += 1;
    this.#latency.record(now - due);
  }

  failed(due: number, error: unknown): void {
    if (due < this.#measureFrom) return;
    const kind = error instanceof RpcError ? error.kind : 'OTHER';
    this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
  }

  /** Left out of the latencies they would be omitted just when it was slow. */
  wasNeverSent(due: number, now: number, times: number): void {
    if (due < this.#measureFrom) return;
    this.#neverSent += times;
    this.#latency.record(now - due, times);
  }

  /** `now` is before the end when the load was interrupted. */
  result(now: number): LoadResult {
    const perSecond = 1_000 / this.#sliceMs;
    const seconds = Math.max(0, Math.min(now, this.#endsAt) - this.#measureFrom) / 1_000;
    return {
      operations: this.#operations,
      seconds,
      perSecond: seconds > 0 ? this.#inTime / seconds : 0,
      latency: this.#latency,
      neverSent: this.#neverSent,
      lateness: this.#lateness,
      errors: this.#errors,
      slices: this.#slices.map((slice) => ({ perSecond: slice.count * perSecond, p99Ms: slice.percentile(0.99) })),
    };
  }
}
