import type { Done } from '../replica/ports.ts';
import { diskError } from './storage-error.ts';

/** Calls back after a while. */
export type Pause = (again: () => void) => void;

/**
 * Waits out a full disk. Only a write may be repeated so, over the same bytes at the same place: it promised nothing yet. A
 * failed sync alone never is, since the kernel then holds for clean what the disk never got (ATC'20).
 */
export class Room {
  readonly #pause: Pause | null;
  #isFull = false;
  #givesUp = false;

  /** Without a pause, a full disk is an error like any other. */
  constructor(pause: Pause | null) {
    this.#pause = pause;
  }

  /** Something waits for room now. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Repeats `step` until the disk has room for it. */
  attempt(step: (next: Done) => void, done: Done): void {
    step((error) => {
      this.#isFull = error !== null && this.#pause !== null && diskError(error, '').kind === 'full';
      if (!this.#isFull || this.#givesUp) done(error);
      else this.#pause?.(() => this.attempt(step, done));
    });
  }

  /** What waits fails at its next attempt, if there is no room even then. */
  giveUp(): void {
    this.#givesUp = true;
  }
}
