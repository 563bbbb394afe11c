/** The load itself: many clients, as fast as answers come or at a given rate. */
import type { CallOptions, ReadFrom, ReadOptions } from '../cluster/driver.ts';
import { closedLoop, openLoop } from './bench-pace.ts';
import { type LoadResult, Tally } from './bench-tally.ts';

export type Mix = 'put' | 'get' | 'lease' | 'stale' | 'range' | 'mixed';
export const MIXES: readonly Mix[] = ['put', 'get', 'lease', 'stale', 'range', 'mixed'];

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
  readonly readFrom?: ReadFrom;
  readonly signal: AbortSignal;
}

/** Told how the load goes. */
export interface LoadWatcher {
  progress?(elapsedMs: number, operations: number): void;
  /** The measured time begins or ends; `completed` operations have succeeded so far. The load goes on meanwhile. */
  measured?(phase: 'begin' | 'end', completed: number): Promise<void>;
}

const PREFIX = 'bench:';
const RANGE_ROWS = 100;
const DEADLINE_MS = 10_000;
const FILLERS = 64;

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
  await Promise.all(Array.from({ length: FILLERS }, worker));
}

export async function runLoad(kvs: readonly LoadTarget[], options: LoadOptions, watcher: LoadWatcher = {}): Promise<LoadResult> {
  const { clients, rate, seconds, signal, warmUpSeconds } = options;
  const startsAt = performance.now();
  const measureFrom = startsAt + warmUpSeconds * 1_000;
  const endsAt = measureFrom + seconds * 1_000;
  const tally = new Tally(measureFrom, endsAt);
  const pace = rate === null ? closedLoop(endsAt) : openLoop(rate, startsAt, endsAt);
  const run = operations(options);
  const client = async (kv: LoadTarget): Promise<void> => {
    while (!signal.aborted) {
      const freeAt = performance.now();
      const due = pace.next(freeAt);
      if (due === null) return;
      // What is due already is not waited for: a promise would be a part of what is measured.
      if (due > freeAt) await until(due, signal);
      if (signal.aborted) return;
      tally.sent(due, Math.max(due, freeAt), performance.now());
      // Measured from when it was due: a stall counts for all that had to wait, as it does for users.
      try {
        await run(kv);
        tally.succeeded(due, performance.now());
      } catch (error) {
        tally.failed(due, error);
      }
      watcher.progress?.(performance.now() - startsAt, tally.operations);
    }
  };
  const watching = watchMeasured(watcher, measureFrom, endsAt, signal, () => tally.completed);
  await Promise.all([watching, ...Array.from({ length: clients }, (_, i) => client(kvs[i % kvs.length] ?? noClient()))]);
  const now = performance.now();
  if (!signal.aborted) for (const { due, times } of pace.leftOver()) tally.wasNeverSent(due, now, times);
  return tally.result(now);
}

async function watchMeasured(
  watcher: LoadWatcher,
  measureFrom: number,
  endsAt: number,
  signal: AbortSignal,
  completed: () => number,
): Promise<void> {
  await until(measureFrom, signal);
  await watcher.measured?.('begin', completed());
  await until(endsAt, signal);
  await watcher.measured?.('end', completed());
}

function operations(options: LoadOptions): Operation {
  const { mix, keys, readFrom = 'leader', valueBytes, signal } = options;
  const value = 'x'.repeat(valueBytes);
  const calls = { deadlineMs: DEADLINE_MS, signal };
  const anyKey = (): string => keyOf(Math.floor(Math.random() * keys));
  const put: Operation = (kv) => kv.put(anyKey(), value, calls);
  const reads = { ...calls, readFrom };
  const get: Operation = (kv) => kv.get(anyKey(), reads);
  switch (mix) {
    case 'put':
      return put;
    case 'get':
      return get;
    case 'lease':
      return (kv) => kv.get(anyKey(), { ...calls, consistency: 'lease' });
    case 'stale':
      return (kv) => kv.get(anyKey(), { ...calls, consistency: 'stale', ...(readFrom === 'any' ? { readFrom } : {}) });
    case 'range':
      return (kv) => kv.range({ start: anyKey(), limit: RANGE_ROWS }, reads);
    case 'mixed':
      return (kv) => (Math.random() < 0.5 ? put(kv) : get(kv));
  }
}

function keyOf(number: number): string {
  return `${PREFIX}${String(number).padStart(10, '0')}`;
}

function until(due: number, signal: AbortSignal): Promise<void> {
  const delay = due - performance.now();
  if (delay <= 0 || signal.aborted) return Promise.resolve();
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

function noClient(): never {
  throw new RangeError('a load needs a client');
}
