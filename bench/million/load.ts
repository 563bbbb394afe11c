/** Puts at a given rate or as fast as answers come, with the time of every answer. */
import type { RaftKvClient } from '../../src/cluster/client/client.ts';

export const VALUE_BYTES = 256;
const DEADLINE_MS = 20_000;
const TICK_MS = 5;
/** Beyond, a paced load has nothing to send with: what is due counts as waiting from when it was due. */
const MOST_IN_FLIGHT = 2_048;
const PAD = 'v'.repeat(VALUE_BYTES);

/** Sixteen bytes; spread over the whole order, so that a load is no walk along it. */
export const keyAt = (at: number, keys: number): string => `k${String((at * 7_919) % keys).padStart(15, '0')}`;
export const valueAt = (at: number): string => `${String(at)}${PAD}`.slice(0, VALUE_BYTES);

/** Milliseconds of all answers since the last look. */
export class Latencies {
  #times: number[] = [];
  errors = 0;

  add(ms: number): void {
    this.#times.push(ms);
  }

  /** Begins anew. */
  take(): { readonly count: number; readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } {
    const sorted = Float64Array.from(this.#times).sort();
    this.#times = [];
    const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
    return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
  }
}

/** The median second and the worst one. */
export function summary(seconds: readonly ReturnType<Latencies['take']>[] | undefined): Record<string, unknown> {
  const sorted = (seconds ?? []).filter(({ count }) => count > 0).toSorted((a, b) => a.p99Ms - b.p99Ms);
  const middle = sorted[sorted.length >> 1];
  return {
    seconds: sorted.length,
    perSecond: Math.round(sorted.reduce((sum, { count }) => sum + count, 0) / Math.max(1, sorted.length)),
    p50Ms: middle?.p50Ms,
    p99Ms: middle?.p99Ms,
    worstP99Ms: sorted.at(-1)?.p99Ms,
    maxMs: Math.max(0, ...sorted.map(({ maxMs }) => maxMs)),
  };
}

export const round = (value: number): number => Math.round(value * 10) / 10;

/** Puts the keys `from` to `to`, `inFlight` at a time; `onPut` hears how many are there and how long the last one took. */
export async function putAll(
  kv: RaftKvClient,
  range: { readonly from: number; readonly to: number; readonly keys: number; readonly inFlight: number },
  onPut: (done: number, ms: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let next = range.from;
  let done = range.from;
  const worker = async (): Promise<void> => {
    while (next < range.to && !signal.aborted) {
      const at = next;
      next += 1;
      const startedAt = performance.now();
      // A cluster that was just started may have much to apply before it answers; the same write again does no harm.
      while (!(await isPut(kv, at, range.keys)) && !signal.aborted);
      done += 1;
      onPut(done, performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: range.inFlight }, worker));
}

async function isPut(kv: RaftKvClient, at: number, keys: number): Promise<boolean> {
  try {
    await kv.put(keyAt(at, keys), valueAt(at), { deadlineMs: DEADLINE_MS });
    return true;
  } catch (error) {
    console.error(`put ${at}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

export interface PacedLoadOptions {
  readonly keys: number;
  /** Puts a second; Infinity: `inFlight` are always under way. */
  readonly rate: number;
  readonly inFlight: number;
}

/** Overwrites keys at `rate` a second until it is stopped; a put's time counts from when it was due. */
export class PacedLoad {
  readonly latencies = new Latencies();
  readonly #kv: RaftKvClient;
  readonly #keys: number;
  readonly #perSecond: number;
  readonly #mostInFlight: number;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #inFlight = 0;
  #stopped = false;
  #drained: (() => void) | null = null;

  constructor(kv: RaftKvClient, { keys, rate, inFlight }: PacedLoadOptions) {
    this.#kv = kv;
    this.#keys = keys;
    this.#perSecond = rate;
    this.#mostInFlight = Number.isFinite(rate) ? MOST_IN_FLIGHT : inFlight;
    this.#timer = setInterval(() => this.#send(), TICK_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  #send(): void {
    const due = ((performance.now() - this.#startedAt) / 1_000) * this.#perSecond;
    while (this.#sent < due && this.#inFlight < this.#mostInFlight && !this.#stopped) void this.#put();
  }

  async #put(): Promise<void> {
    const at = this.#sent;
    this.#sent += 1;
    this.#inFlight += 1;
    const dueAt = Number.isFinite(this.#perSecond) ? this.#startedAt + (at / this.#perSecond) * 1_000 : performance.now();
    try {
      await this.#kv.put(keyAt(at * 31, this.#keys), valueAt(at), { deadlineMs: DEADLINE_MS });
      this.latencies.add(performance.now() - dueAt);
    } catch {
      this.latencies.errors += 1;
    }
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#drained?.();
    if (!Number.isFinite(this.#perSecond)) this.#send();
  }
}
