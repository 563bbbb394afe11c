/** When a member goes on applying what is committed: at once, or after a rest in which others may work. */
import { millis } from '../base/brand.ts';
import type { Clock } from './ports.ts';

export class Pace {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #schedule: () => void;
  #rests = false;

  constructor(clock: Pick<Clock, 'after'>, schedule: () => void) {
    this.#clock = clock;
    this.#schedule = schedule;
  }

  /** What else happens meanwhile is no reason to go on. */
  get rests(): boolean {
    return this.#rests;
  }

  /**
   * There is more to apply than the slice that took so long. After a start that is much for all members: where they share processors, who
   * `yields` takes half of one and leaves the other half to the leader, before which nobody is answered.
   */
  goOn(tookMs: number, yields: boolean): void {
    this.#rests = yields;
    if (yields) this.#clock.after(millis(tookMs), () => this.#wake());
    else this.#schedule();
  }

  #wake(): void {
    this.#rests = false;
    this.#schedule();
  }
}
