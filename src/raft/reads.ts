/** Linearizable reads without a log entry: ReadIndex (Raft §8; dissertation §6.4). */
import { type LogIndex, type Millis, millis } from '../base/brand.ts';
import type { ReadTicket } from './messages.ts';

interface Round {
  readonly round: number;
  readonly index: LogIndex;
  readonly startedAt: Millis;
  readonly tickets: readonly ReadTicket[];
}

/**
 * Reads that arrive together share a round. A round's number is fresh in its term and travels on appends; an answer
 * that carries it was given after the read arrived, by someone who then knew of no newer leader.
 */
export class Reads {
  #waiting: ReadTicket[] = [];
  #waitingSince: Millis | null = null;
  #rounds: Round[] = [];
  #round = 0;

  /** The newest round; 0 before the first. */
  get round(): number {
    return this.#round;
  }

  /** When the longest waiting read has waited for `patienceMs`. */
  deadline(patienceMs: number): Millis {
    const oldest = this.#rounds[0]?.startedAt ?? this.#waitingSince;
    return millis(oldest === null ? Number.POSITIVE_INFINITY : oldest + patienceMs);
  }

  add(ticket: ReadTicket, now: Millis): void {
    this.#waiting.push(ticket);
    this.#waitingSince ??= now;
  }

  /** Everything that waits becomes one round: true when there is one to confirm. */
  startRound(commitIndex: LogIndex, now: Millis): boolean {
    if (this.#waiting.length === 0) return false;
    this.#round += 1;
    this.#rounds.push({ round: this.#round, index: commitIndex, startedAt: now, tickets: this.#waiting });
    this.#waiting = [];
    this.#waitingSince = null;
    return true;
  }

  /** A quorum has confirmed `round`, and so every one before it. */
  confirm(round: number, grant: (tickets: readonly ReadTicket[], index: LogIndex) => void): void {
    for (let oldest = this.#rounds[0]; oldest !== undefined && oldest.round <= round; oldest = this.#rounds[0]) {
      this.#rounds.shift();
      grant(oldest.tickets, oldest.index);
    }
  }

  /** Takes out the reads that have waited since `start` or longer. */
  expire(start: number): readonly ReadTicket[] {
    const failed: ReadTicket[] = [];
    while (this.#rounds[0] !== undefined && this.#rounds[0].startedAt <= start)
      failed.push(...(this.#rounds.shift()?.tickets ?? []));
    if (this.#waitingSince !== null && this.#waitingSince <= start) failed.push(...this.#takeWaiting());
    return failed;
  }

  /** Leadership is over: none of them can be granted any more. */
  abandon(): readonly ReadTicket[] {
    const failed = [...this.#rounds.flatMap(({ tickets }) => tickets), ...this.#takeWaiting()];
    this.#rounds = [];
    return failed;
  }

  #takeWaiting(): readonly ReadTicket[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingSince = null;
    return waiting;
  }
}
