/**
 * Whether the event loop may do a small durable write itself. The pool of threads costs a put that travels alone two switches
 * between threads, about as much as the write; but a loop that waits for a slow disk keeps everybody waiting.
 *
 * It goes by the median, since on a busy machine a tenth of all times is the wait for a processor and says nothing of the
 * disk; and by the loop's own writes, since those of the pool wait for more than the disk.
 */

/** A loop that writes may be kept for so long by half of its writes. */
const LOOP_MS = 2;
/** The running median moves by so much with each write, and begins so far below the bound: a few tries tell a slow disk. */
const STEP_MS = 0.1;
const FIRST_MS = LOOP_MS - 3 * STEP_MS;
/** One write that kept the loop so long is enough. */
const STALL_MS = 250;
/** So many writes take the pool before the loop tries again: at the start, after it was slow, after a stall. */
const PENANCE = { start: 32, slow: 512, stall: 2_048 } as const;
/** A larger group is worth the pool, and the loop has others to serve meanwhile. */
const SMALL_BYTES = 2_048;

export class Pace {
  #medianMs = FIRST_MS;
  #penance: number = PENANCE.start;

  /** A durable write was given to the pool. */
  pooled(): void {
    if (this.#penance > 0) this.#penance -= 1;
  }

  /** The loop was kept for so long by a write of its own. Half of the times pull the median up and half of them down. */
  blocked(tookMs: number): void {
    this.#medianMs = Math.max(0, this.#medianMs + (tookMs > this.#medianMs ? STEP_MS : -STEP_MS));
    const penance = tookMs >= STALL_MS ? PENANCE.stall : this.#medianMs > LOOP_MS ? PENANCE.slow : 0;
    if (penance === 0) return;
    this.#penance = penance;
    this.#medianMs = FIRST_MS;
  }

  mayBlock(bytes: number): boolean {
    return bytes <= SMALL_BYTES && this.#penance === 0;
  }
}
