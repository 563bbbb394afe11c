/** When to campaign: randomised so that candidates seldom collide (Raft §5.2), and quick when the leader is known to be gone. */
import { type Millis, millis } from '../base/brand.ts';
import type { Random } from '../base/random.ts';

export class ElectionTimer {
  readonly #random: Random;
  readonly #electionMs: number;
  readonly #hurryMs: number;
  #startedAt: Millis;
  #timeoutMs: Millis = millis(0);
  #bounds: readonly [fromMs: number, toMs: number];
  /** Campaigns since the leader's connection closed; null when there is no hurry. */
  #hurried: number | null = null;

  /** Expires at once; whoever has peers restarts it. */
  constructor(random: Random, now: Millis, electionMs: number, hurryMs: number) {
    this.#random = random;
    this.#startedAt = now;
    this.#electionMs = electionMs;
    this.#bounds = [electionMs, 2 * electionMs];
    this.#hurryMs = Math.max(1, hurryMs);
  }

  get deadline(): Millis {
    return millis(this.#startedAt + this.#timeoutMs);
  }

  get timeoutMs(): Millis {
    return this.#timeoutMs;
  }

  elapsedMs(now: Millis): Millis {
    return millis(Math.max(0, now - this.#startedAt));
  }

  /** A leader was heard, or a vote was given away: wait a whole timeout, drawn anew. */
  restart(now: Millis): void {
    this.#hurried = null;
    this.#arm(now, this.#electionMs, 2 * this.#electionMs);
  }

  /**
   * The leader's connection closed. The delay is random, since everybody sees it close at the same moment; it begins when the vote is
   * bound no more, after `boundMs`.
   */
  hurry(now: Millis, boundMs = 0): void {
    this.#hurried = 0;
    this.#arm(now, boundMs, boundMs + this.#hurryMs);
  }

  /**
   * A campaign starts; this is the time it gets. In a hurry the first attempts are short: others may see the
   * connection close a moment later and refuse now, or two candidates may split the votes, and a dead leader's
   * silence keeps such a round open. Each attempt waits twice as long as the one before until the ordinary timeout is
   * reached, so however slow the links are, some attempt has time enough, as without the hurry.
   */
  nextAttempt(now: Millis): void {
    const shortest = this.#hurryMs * 2 ** (this.#hurried ?? 0);
    if (this.#hurried === null || shortest >= this.#electionMs) {
      this.restart(now);
      return;
    }
    this.#hurried += 1;
    this.#arm(now, shortest, 2 * shortest);
  }

  /** The attempt goes into its second round, from pre-vote to vote: it gets the same time again. */
  secondRound(now: Millis): void {
    this.#arm(now, ...this.#bounds);
  }

  #arm(now: Millis, fromMs: number, toMs: number): void {
    this.#startedAt = now;
    this.#bounds = [fromMs, toMs];
    this.#timeoutMs = millis(this.#random.integer(fromMs, Math.max(fromMs + 1, toMs)));
  }
}
