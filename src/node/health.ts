import { monitorEventLoopDelay } from 'node:perf_hooks';

const WINDOW_MS = 10_000;
const RESOLUTION_MS = 20;

/** How late the event loop runs, over the last window of ten seconds. */
export class LoopMonitor {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #last = { p99Ms: 0, maxMs: 0 };

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#roll(), WINDOW_MS);
    this.#timer.unref();
  }

  /** The worse of the running and the last whole window, in milliseconds beyond the sampling interval. */
  delay(): { readonly p99Ms: number; readonly maxMs: number } {
    const running = this.#read();
    return { p99Ms: Math.max(running.p99Ms, this.#last.p99Ms), maxMs: Math.max(running.maxMs, this.#last.maxMs) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #roll(): void {
    this.#last = this.#read();
    this.#histogram.reset();
  }

  #read(): { readonly p99Ms: number; readonly maxMs: number } {
    if (this.#histogram.count === 0) return { p99Ms: 0, maxMs: 0 };
    return { p99Ms: late(this.#histogram.percentile(99)), maxMs: late(this.#histogram.max) };
  }
}

function late(nanoseconds: number): number {
  return Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 10) / 10);
}
