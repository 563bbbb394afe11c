/**
 * A leader's lease (dissertation §6.4.1): from the moment at which it asked a majority that then answered, it may serve reads by itself for
 * `leaseMs`, since each who answered withholds its vote for one election timeout. That holds while no voter's clock runs more than
 * electionMs / leaseMs times as fast as the leader's.
 */
import { type Millis, millis } from '../base/brand.ts';

export class Lease {
  readonly #leaseMs: number;
  #until: Millis = millis(0);
  #isGivenUp = false;

  /** `leaseMs`: 0 for a leader that never has one. */
  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** A majority has answered what was sent at `askedAt` or later. */
  confirmed(askedAt: Millis): void {
    const until = millis(askedAt + this.#leaseMs);
    if (until > this.#until) this.#until = until;
  }

  /** Somebody was told to campaign at once, so votes are withheld no more; the message may still arrive at any time. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  holds(now: Millis): boolean {
    return !this.#isGivenUp && now < this.#until;
  }
}

/** The other side of a lease: the vote that is withheld because a leader that was answered may still serve reads by itself. */
export class VoteBinding {
  readonly #electionMs: number;
  #until: Millis;

  /** `electionMs`: 0 where there are no leases. A node that `mayHaveAnswered` before it went down begins bound. */
  constructor(electionMs: number, mayHaveAnswered: boolean, now: Millis) {
    this.#electionMs = electionMs;
    this.#until = mayHaveAnswered ? millis(now + electionMs) : now;
  }

  /** A leader was heard, and is about to be answered. */
  renew(now: Millis): void {
    this.#until = millis(now + this.#electionMs);
  }

  /** For how long the vote is bound; 0 when it is not. */
  leftMs(now: Millis): number {
    return Math.max(0, this.#until - now);
  }
}
