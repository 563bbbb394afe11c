/** When the next turn of a member's loop comes: once what has arrived was read, when a deadline is reached, but not before it has rested. */
import { type Millis, millis } from '../base/brand.ts';
import type { Pace } from './pace.ts';
import type { Cancel, Clock } from './ports.ts';

const NEVER = millis(Number.POSITIVE_INFINITY);

export class Turns {
  readonly #clock: Pick<Clock, 'now' | 'after' | 'soon'>;
  readonly #pace: Pick<Pace, 'restUntil'>;
  readonly #turn: () => void;
  #scheduled = false;
  /** When the armed timer fires; it may be earlier than the deadline, which moves with every heartbeat. */
  #timerAt: Millis = NEVER;
  #cancelTimer: Cancel = () => {};
  #stopped = false;

  constructor(clock: Pick<Clock, 'now' | 'after' | 'soon'>, pace: Pick<Pace, 'restUntil'>, turn: () => void) {
    this.#clock = clock;
    this.#pace = pace;
    this.#turn = turn;
  }

  /** There is something to do. */
  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    const rest = this.#pace.restUntil - this.#clock.now();
    if (rest > 0) this.#clock.after(millis(rest), () => this.#clock.soon(this.#run));
    else this.#clock.soon(this.#run);
  }

  /** There will be something to do at `deadline`, whatever else happens. */
  arm(deadline: Millis): void {
    if (deadline >= this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = deadline;
    // The turn runs after the sockets were read once more: our own pause may be what made the timer late.
    this.#cancelTimer = this.#clock.after(millis(Math.max(0, deadline - this.#clock.now())), () => {
      this.#timerAt = NEVER;
      this.schedule();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    if (!this.#stopped) this.#turn();
  };
}
