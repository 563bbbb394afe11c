/** How long a start is waited for: as long as its nodes get on, however slow the machine is. */

/** One round of questions takes half as long at most. More has passed only when this program itself was kept from running. */
const LONGEST_ROUND_MS = 1_000;
/** Elections that come to nothing are signs of life as well, and would be for ever. */
const MOST_PATIENCES_FOR_LIFE = 8;

export class Patience {
  readonly #patienceMs: number;
  /** Since the last progress, and since it all began or a node last told how far it is. */
  #waitedMs = 0;
  #untoldMs = 0;
  #roundAt: number;
  readonly #signs = new Map<string, string>();

  /** `now`: milliseconds of a clock that never leaps. */
  constructor(patienceMs: number, now: number) {
    this.#patienceMs = patienceMs;
    this.#roundAt = now;
  }

  get isOver(): boolean {
    return this.#waitedMs >= this.#patienceMs || this.#untoldMs >= MOST_PATIENCES_FOR_LIFE * this.#patienceMs;
  }

  /** Since there was a sign that a node gets on, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** How long all was waited for without a node telling how far it is, in milliseconds. */
  get untoldMs(): number {
    return this.#untoldMs;
  }

  /** A round of questions has ended. A machine that slept, or had no time for this program, had none for the nodes either. */
  round(now: number): void {
    const took = Math.min(LONGEST_ROUND_MS, now - this.#roundAt);
    this.#roundAt = now;
    this.#waitedMs += took;
    this.#untoldMs += took;
  }

  /** A node tells how far it has come, and that is further than before. */
  told(): void {
    this.#waitedMs = 0;
    this.#untoldMs = 0;
  }

  /** What is seen of a node that changes only while it gets on. */
  seen(node: string, sign: string): void {
    if (this.#signs.get(node) === sign) return;
    this.#signs.set(node, sign);
    this.#waitedMs = 0;
  }
}
