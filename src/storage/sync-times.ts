const WINDOW = 1_024;

/** How long the last syncs took, for people: a ring of fixed size. */
export class SyncTimes {
  readonly #ring = new Float64Array(WINDOW);
  #count = 0;

  add(milliseconds: number): void {
    this.#ring[this.#count % WINDOW] = milliseconds;
    this.#count += 1;
  }

  /** Over the last 1,024 syncs; `count` is of all since the start. */
  summary(): { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number; readonly count: number } {
    const recent = this.#ring.slice(0, Math.min(this.#count, WINDOW)).sort();
    const at = (share: number): number => recent[Math.min(recent.length - 1, Math.floor(recent.length * share))] ?? 0;
    return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), count: this.#count };
  }
}
