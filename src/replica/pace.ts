/**
 * How a member goes about what is committed and not yet applied. After a start that is much for all members, and nobody is answered before the
 * leader has done with it: until then each of them has nothing else to do, and where they share processors, the others leave them to the leader.
 */
import { type LogIndex, millis } from '../base/brand.ts';
import type { Clock } from './ports.ts';

/** Entries left to apply: done in less time than anybody would notice. */
const FEW = 4_096;

export class Pace {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #known: LogIndex;
  readonly #schedule: () => void;
  #rests = false;
  #caughtUp = false;

  /** `known`: what it knew to be committed when it started. */
  constructor(clock: Pick<Clock, 'after'>, known: LogIndex, schedule: () => void) {
    this.#clock = clock;
    this.#known = known;
    this.#schedule = schedule;
  }

  /** What else happens meanwhile is no reason to go on. */
  get rests(): boolean {
    return this.#rests;
  }

  /** Little is left of what it began with. What else it may come to lag behind is no matter of its start. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Everything up to here is. */
  applied(index: LogIndex): void {
    this.#caughtUp ||= this.#known - index < FEW;
  }

  /** There is more to apply than the slice that took so long. Who follows somebody works half of the time. */
  goOn(tookMs: number, follows: boolean): void {
    this.#rests = follows && !this.#caughtUp;
    if (this.#rests) this.#clock.after(millis(tookMs), () => this.#wake());
    else this.#schedule();
  }

  #wake(): void {
    this.#rests = false;
    this.#schedule();
  }
}
