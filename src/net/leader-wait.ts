/** Requests that wait until this node knows a leader: one timer for all of them. */
const LOOK_EVERY_MS = 10;

interface Waiter {
  readonly until: number;
  readonly done: (found: boolean) => void;
}

export class LeaderWait {
  readonly #isKnown: () => boolean;
  #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(isKnown: () => boolean) {
    this.#isKnown = isKnown;
  }

  /** True at the next look that finds a leader (never at once, so that a loop around it breathes); false at `until`. */
  wait(until: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiters.push({ until, done: resolve });
      this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
    });
  }

  #look(): void {
    const now = performance.now();
    const known = this.#isKnown();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (waiter.until <= now) waiter.done(false);
      else if (known) waiter.done(true);
      else this.#waiters.push(waiter);
    }
    if (this.#waiters.length > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
