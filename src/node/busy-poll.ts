/**
 * Adaptive busy polling: for a moment the event loop looks for what arrives and does not go to sleep, where that was worth it lately. To
 * wake a processor takes longer than all else of a read that travels alone; see docs/performance.md.
 */
import type { Awaited } from '../replica/ports.ts';

/** So long it is looked for, in milliseconds. */
const POLL_MS = 0.1;
/** So many more misses than hits end it for good, and one in so many occasions is then tried. */
const MOST_CREDIT = 4;
const TRY_EVERY = 16;

export interface Loop {
  /** In milliseconds. */
  readonly now: () => number;
  /** Runs once the loop has looked at what arrived, without waiting for any. */
  readonly next: (run: () => void) => void;
}

interface Experience {
  /** More than 0: worth it. */
  credit: number;
  /** Occasions that were let pass since the last trial. */
  passed: number;
}

export class BusyPoll {
  readonly #loop: Loop;
  readonly #experience: { readonly [what in Awaited]: Experience } = {
    answer: { credit: 0, passed: TRY_EVERY },
    request: { credit: 0, passed: TRY_EVERY },
  };
  /** What is looked for; null when nothing is. */
  #awaited: Awaited | null = null;
  #until = 0;
  #looks = false;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** This will probably arrive at once. */
  expect(what: Awaited): void {
    if (!this.#isWorth(this.#experience[what])) return;
    this.#awaited = what;
    this.#until = this.#loop.now() + POLL_MS;
    if (this.#looks) return;
    this.#looks = true;
    this.#loop.next(this.#look);
  }

  /** Something has. */
  arrived(): void {
    if (this.#awaited !== null) this.#learn(1);
  }

  #isWorth(experience: Experience): boolean {
    if (experience.credit > 0) return true;
    experience.passed += 1;
    if (experience.passed < TRY_EVERY) return false;
    experience.passed = 0;
    return true;
  }

  readonly #look = (): void => {
    if (this.#awaited !== null && this.#loop.now() < this.#until) {
      this.#loop.next(this.#look);
      return;
    }
    this.#looks = false;
    if (this.#awaited !== null) this.#learn(-1);
  };

  #learn(by: number): void {
    const experience = this.#experience[this.#awaited ?? 'request'];
    experience.credit = Math.min(MOST_CREDIT, Math.max(0, experience.credit + by));
    this.#awaited = null;
  }
}
