/** How many operations were acknowledged, in all and lately. */

const BUCKET_MS = 50;
const KEPT_BUCKETS = 400;

export class Meter {
  acked = 0;
  unknown = 0;
  failed = 0;
  /** By the number of the bucket since the clock began. */
  readonly #buckets = new Map<number, number>();

  ack(now: number): void {
    this.acked += 1;
    const bucket = Math.floor(now / BUCKET_MS);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    for (const [old] of this.#buckets) {
      if (old > bucket - KEPT_BUCKETS) break;
      this.#buckets.delete(old);
    }
  }

  /** Acknowledged per second within the last `windowMs`, whole buckets of 50 ms. */
  rate(now: number, windowMs: number): number {
    const last = Math.floor(now / BUCKET_MS);
    const count = Math.max(1, Math.round(windowMs / BUCKET_MS));
    let sum = 0;
    for (let bucket = last - count; bucket < last; bucket += 1) sum += this.#buckets.get(bucket) ?? 0;
    return (sum * 1_000) / (count * BUCKET_MS);
  }
}
