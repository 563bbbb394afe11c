/**
 * How a member goes about a long way to the end of the log, after a start or when it comes back. Seldom does anybody wait for it. So after
 * each turn in which it had to wait for a processor it rests, and leaves that to those whom clients wait for; where there are enough
 * processors, it goes on at once.
 */
import { type LogIndex, type Millis, millis } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Clock } from './ports.ts';

/** Entries left to apply: done in less time than anybody would notice. */
const FEW = 4_096;
/** A rest is so many times as long as the waiting was, and at most so many times as long as the turn. */
const REST_PER_WAIT = 4;
const MOST_REST = 3;
/** Where nobody counts the waiting. */
const BLIND_REST = 1;
/** Shorter ones no timer can keep; a longer one would keep heartbeats waiting. */
const LEAST_REST_MS = 1;
const MOST_REST_MS = LIMITS.heartbeatMs;
/** Whoever is not closer to the end of the log by this part after so long rests half as long from then on: it would never arrive. */
const LOOK_MS = 1_000;
const CLOSER = 1 / 30;

export class Pace {
  readonly #clock: Pick<Clock, 'now' | 'waited'>;
  /** What is known to be committed, and what was at the start. */
  #known: LogIndex;
  readonly #knownAtStart: LogIndex;
  #applied: LogIndex;
  #caughtUp = false;
  #restUntil = millis(Number.NEGATIVE_INFINITY);
  #waitedBefore: Millis | null = null;
  #share = 1;
  #looked: { readonly at: Millis; readonly applied: LogIndex; readonly left: number } | null = null;

  /** `known`: what it knew to be committed when it started. */
  constructor(clock: Pick<Clock, 'now' | 'waited'>, known: LogIndex, applied: LogIndex) {
    this.#clock = clock;
    this.#known = known;
    this.#knownAtStart = known;
    this.#applied = applied;
  }

  /** Little is left of what it began with. What else it may come to lag behind is no matter of its start. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** There is more left to apply than anybody would do unnoticed. */
  get isBehind(): boolean {
    return this.#left >= FEW;
  }

  /** Nothing is done before. */
  get restUntil(): Millis {
    return this.#restUntil;
  }

  /** Somebody says that everything up to `index` is committed: believed for no more than when to rest. */
  heard(index: LogIndex): void {
    if (index > this.#known) this.#known = index;
  }

  /** Everything up to here is. */
  applied(index: LogIndex): void {
    this.#applied = index;
    this.#caughtUp ||= this.#knownAtStart - index < FEW;
  }

  /** A turn is over that began at `startedAt`. Whoever leads, or hears of no leader, does not rest. */
  worked(startedAt: Millis, follows: boolean): void {
    if (!follows || !this.isBehind) {
      this.#waitedBefore = null;
      this.#looked = null;
      this.#share = 1;
      return;
    }
    const now = this.#clock.now();
    this.#look(now);
    const rest = this.#share * this.#restAfter(now - startedAt);
    if (rest >= LEAST_REST_MS) this.#restUntil = millis(now + Math.min(MOST_REST_MS, rest));
  }

  get #left(): number {
    return this.#known - this.#applied;
  }

  /** What it waited for counts from the turn before on: messages are read between turns. */
  #restAfter(tookMs: number): number {
    const waited = this.#clock.waited?.() ?? null;
    const before = this.#waitedBefore;
    this.#waitedBefore = waited;
    if (waited === null || before === null) return BLIND_REST * tookMs;
    return Math.min(MOST_REST * tookMs, REST_PER_WAIT * (waited - before));
  }

  /** While it is sent a snapshot it applies nothing, and will hardly get there sooner by resting less. */
  #look(at: Millis): void {
    const [applied, left, before] = [this.#applied, this.#left, this.#looked];
    if (before !== null && at - before.at < LOOK_MS) return;
    this.#looked = { at, applied, left };
    if (before !== null && applied > before.applied && left > before.left * (1 - CLOSER)) this.#share /= 2;
  }
}
