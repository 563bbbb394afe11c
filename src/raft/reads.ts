/** Linearizable reads without a log entry: ReadIndex (Raft §8; dissertation §6.4). */
import { type LogIndex, type Millis, millis, type NodeId } from '../base/brand.ts';
import type { ReadTicket } from './messages.ts';

/** Who waits: a read of this node, or a follower with its question. */
export type Reader = ReadTicket | { readonly from: NodeId; readonly read: number };

interface Round {
  readonly round: number;
  readonly index: LogIndex;
  readonly startedAt: Millis;
  readonly readers: readonly Reader[];
}

/**
 * Reads that arrive together share a round. A round's number is fresh in its term and travels on appends; an answer
 * that carries it was given after the read arrived, by someone who then knew of no newer leader.
 */
export class Reads {
  #waiting: Reader[] = [];
  #waitingSince: Millis | null = null;
  #rounds: Round[] = [];
  #round = 0;

  /** The newest round; 0 before the first. */
  get round(): number {
    return this.#round;
  }

  /** A round is not confirmed yet. */
  get isWaiting(): boolean {
    return this.#rounds.length > 0;
  }

  /** When the longest waiting read has waited for `patienceMs`. */
  deadline(patienceMs: number): Millis {
    const oldest = this.#rounds[0]?.startedAt ?? this.#waitingSince;
    return millis(oldest === null ? Number.POSITIVE_INFINITY : oldest + patienceMs);
  }

  add(reader: Reader, now: Millis): void {
    this.#waiting.push(reader);
    this.#waitingSince ??= now;
  }

  /** Everything that waits becomes one round, and `always` even nothing: true when there is one to confirm. */
  startRound(commitIndex: LogIndex, now: Millis, always = false): boolean {
    if (this.#waiting.length === 0 && !always) return false;
    this.#round += 1;
    this.#rounds.push({ round: this.#round, index: commitIndex, startedAt: now, readers: this.#waiting });
    this.#waiting = [];
    this.#waitingSince = null;
    return true;
  }

  /** A quorum has confirmed `round`, and so every one before it: when the newest of them began; null when there was none to confirm. */
  confirm(round: number, grant: (readers: readonly Reader[], index: LogIndex) => void): Millis | null {
    let startedAt: Millis | null = null;
    for (let oldest = this.#rounds[0]; oldest !== undefined && oldest.round <= round; oldest = this.#rounds[0]) {
      this.#rounds.shift();
      startedAt = oldest.startedAt;
      if (oldest.readers.length > 0) grant(oldest.readers, oldest.index);
    }
    return startedAt;
  }

  /** Takes out the reads that have waited since `start` or longer. */
  expire(start: number): readonly Reader[] {
    const failed: Reader[] = [];
    while (this.#rounds[0] !== undefined && this.#rounds[0].startedAt <= start)
      failed.push(...(this.#rounds.shift()?.readers ?? []));
    if (this.#waitingSince !== null && this.#waitingSince <= start) failed.push(...this.#takeWaiting());
    return failed;
  }

  /** Leadership is over: none of them can be granted any more. */
  abandon(): readonly Reader[] {
    const failed = [...this.#rounds.flatMap(({ readers }) => readers), ...this.#takeWaiting()];
    this.#rounds = [];
    return failed;
  }

  #takeWaiting(): readonly Reader[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingSince = null;
    return waiting;
  }
}
