/** The load itself: many clients, as fast as answers come or at a given rate. */
import { type ErrorKind, RpcError } from '../base/errors.ts';
import type { CallOptions, ReadOptions } from '../cluster/driver.ts';
import { Histogram } from './histogram.ts';

export type Mix = 'put' | 'get' | 'stale' | 'range' | 'mixed';
export const MIXES: readonly Mix[] = ['put', 'get', 'stale', 'range', 'mixed'];

/** What a load asks of a store. */
export interface LoadTarget {
  put(key: string, value: string, options?: CallOptions): Promise<unknown>;
  get(key: string, options?: ReadOptions): Promise<unknown>;
  range(query: { readonly start: string; readonly limit: number }, options?: ReadOptions): Promise<unknown>;
}

export interface LoadOptions {
  readonly clients: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly mix: Mix;
  /** Operations a second; null: the next one starts when the last one ends. */
  readonly rate: number | null;
  readonly valueBytes: number;
  readonly keys: number;
  readonly signal: AbortSignal;
}

export interface LoadResult {
  readonly operations: number;
  readonly seconds: number;
  readonly latency: Histogram;
  readonly errors: ReadonlyMap<ErrorKind | 'OTHER', number>;
  /** Operations that ended in each tenth of the time, as a rate per second. */
  readonly slices: readonly number[];
}

const PREFIX = 'bench:';
const RANGE_ROWS = 100;
const SLICES = 40;
const DEADLINE_MS = 10_000;

type Operation = (kv: LoadTarget) => Promise<unknown>;

/** Reads need something to read. */
export async function fill(kv: LoadTarget, options: LoadOptions, onProgress: (done: number) => void): Promise<void> {
  const value = 'x'.repeat(options.valueBytes);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < options.keys && !options.signal.aborted) {
      next += 1;
      await kv.put(keyOf(next - 1), value, { deadlineMs: DEADLINE_MS, signal: options.signal });
      onProgress(next);
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

export async function runLoad(
  kvs: readonly LoadTarget[],
  options: LoadOptions,
  onProgress: (elapsedMs: number, done: number) => void,
): Promise<LoadResult> {
  const tally = new Tally(options);
  const next = operations(options);
  let issued = 0;
  const worker = async (kv: LoadTarget): Promise<void> => {
    for (;;) {
      const due = options.rate === null ? performance.now() : tally.startedAt + (issued * 1_000) / options.rate;
      issued += 1;
      if (due >= tally.endsAt || options.signal.aborted) return;
      await until(due, options.signal);
      if (options.signal.aborted) return;
      // Measured from when it was due: a stall counts for all that had to wait, as it does for users.
      await tally.measure(due, () => next(kv));
      onProgress(performance.now() - tally.startedAt, tally.operations);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, i) => worker(kvs[i % kvs.length] ?? fail())));
  return tally.result();
}

class Tally {
  readonly startedAt = performance.now();
  readonly endsAt: number;
  readonly #measureFrom: number;
  readonly #sliceMs: number;
  readonly #latency = new Histogram();
  readonly #errors = new Map<ErrorKind | 'OTHER', number>();
  readonly #slices = new Array<number>(SLICES).fill(0);
  #lastEnd = 0;

  constructor({ seconds, warmUpSeconds }: LoadOptions) {
    this.#measureFrom = this.startedAt + warmUpSeconds * 1_000;
    this.endsAt = this.#measureFrom + seconds * 1_000;
    this.#sliceMs = (seconds * 1_000) / SLICES;
  }

  get operations(): number {
    return this.#latency.count;
  }

  async measure(due: number, run: () => Promise<unknown>): Promise<void> {
    let error: unknown = null;
    try {
      await run();
    } catch (caught) {
      error = caught;
    }
    const now = performance.now();
    if (due < this.#measureFrom) return;
    this.#lastEnd = Math.max(this.#lastEnd, now);
    if (error !== null) {
      const kind = error instanceof RpcError ? error.kind : 'OTHER';
      this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
      return;
    }
    this.#latency.record(now - due);
    const slice = Math.min(SLICES - 1, Math.floor((now - this.#measureFrom) / this.#sliceMs));
    this.#slices[slice] = (this.#slices[slice] ?? 0) + 1;
  }

  result(): LoadResult {
    const seconds = Math.max(0, this.#lastEnd - this.#measureFrom) / 1_000;
    const slices = this.#slices.map((count) => (count / this.#sliceMs) * 1_000);
    return { operations: this.#latency.count, seconds, latency: this.#latency, errors: this.#errors, slices };
  }
}

function operations(options: LoadOptions): Operation {
  const { mix, keys, valueBytes, signal } = options;
  const value = 'x'.repeat(valueBytes);
  const calls = { deadlineMs: DEADLINE_MS, signal };
  const anyKey = (): string => keyOf(Math.floor(Math.random() * keys));
  const put: Operation = (kv) => kv.put(anyKey(), value, calls);
  const get: Operation = (kv) => kv.get(anyKey(), calls);
  switch (mix) {
    case 'put':
      return put;
    case 'get':
      return get;
    case 'stale':
      return (kv) => kv.get(anyKey(), { ...calls, consistency: 'stale' });
    case 'range':
      return (kv) => kv.range({ start: anyKey(), limit: RANGE_ROWS }, calls);
    case 'mixed':
      return (kv) => (Math.random() < 0.5 ? put(kv) : get(kv));
  }
}

function keyOf(number: number): string {
  return `${PREFIX}${String(number).padStart(9, '0')}`;
}

function until(due: number, signal: AbortSignal): Promise<void> {
  const delay = due - performance.now();
  if (delay <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delay);
    signal.addEventListener('abort', end);
  });
}

function fail(): never {
  throw new RangeError('a load needs a client');
}
