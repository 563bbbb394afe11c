/** Latencies in buckets whose width grows with their value: constant memory, and no percentile off by more than 1.6 %. */
const STEPS_PER_DOUBLING = 64;
const LEAST_MS = 0.001;

export class Histogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #max = 0;

  /** `ms` may be any finite number; what is below a microsecond counts as one. */
  record(ms: number, times: number = 1): void {
    const bucket = bucketOf(ms);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + times);
    this.#count += times;
    this.#sum += ms * times;
    this.#max = Math.max(this.#max, ms);
  }

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** The value that `fraction` of all are at or below, in milliseconds, rounded up to the end of its bucket; 0 when empty. */
  percentile(fraction: number): number {
    const rank = Math.max(1, Math.ceil(fraction * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#ordered()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#max, upperBound(bucket));
    }
    return this.#max;
  }

  /** Counts between equal steps on a logarithmic scale, for a plot: `cells` of them from the least to the greatest. */
  shape(cells: number): readonly { readonly upTo: number; readonly count: number }[] {
    const ordered = this.#ordered();
    const first = ordered[0]?.[0];
    const last = ordered.at(-1)?.[0];
    if (first === undefined || last === undefined) return [];
    const width = Math.max(1, Math.ceil((last - first + 1) / cells));
    const counts = new Array<number>(Math.ceil((last - first + 1) / width)).fill(0);
    for (const [bucket, count] of ordered) {
      const cell = Math.floor((bucket - first) / width);
      counts[cell] = (counts[cell] ?? 0) + count;
    }
    return counts.map((count, i) => ({ upTo: upperBound(first + (i + 1) * width - 1), count }));
  }

  #ordered(): readonly (readonly [number, number])[] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }
}

function bucketOf(ms: number): number {
  return Math.ceil(Math.log2(Math.max(ms, LEAST_MS) / LEAST_MS) * STEPS_PER_DOUBLING);
}

function upperBound(bucket: number): number {
  return LEAST_MS * 2 ** (bucket / STEPS_PER_DOUBLING);
}
