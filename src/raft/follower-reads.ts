/** Linearizable reads at a follower: what waits asks the leader for an index, all of one turn together (dissertation §6.4). */
import { type Millis, millis, type NodeId, type Term } from '../base/brand.ts';
import type { ReadIndexReply, ReadTicket } from './messages.ts';
import type { RaftState } from './state.ts';

interface Question {
  readonly askedAt: Millis;
  readonly tickets: readonly ReadTicket[];
}

export class FollowerReads {
  readonly #state: RaftState;
  #waiting: ReadTicket[] = [];
  /** By their numbers, the oldest first. */
  readonly #asked = new Map<number, Question>();
  /** Whom they were asked, and in which term. */
  #leader: NodeId | null = null;
  #term: Term | null = null;

  constructor(state: RaftState) {
    this.#state = state;
  }

  /** When the oldest question is given up. */
  get deadline(): Millis {
    const [oldest] = this.#asked.values();
    return millis(oldest === undefined ? Number.POSITIVE_INFINITY : oldest.askedAt + this.#state.electionMs);
  }

  add(ticket: ReadTicket): void {
    this.#waiting.push(ticket);
  }

  /** Gives up what another leader was asked, and asks for all that wait. */
  ask(): void {
    const { id: from, leaderHint: to, now, outbox, term } = this.#state;
    if (to !== this.#leader || term !== this.#term) {
      this.#failAsked();
      this.#leader = to;
      this.#term = term;
    }
    if (this.#waiting.length === 0) return;
    if (to === null) {
      this.leave();
      return;
    }
    const read = this.#state.nextRead();
    this.#asked.set(read, { askedAt: now, tickets: this.#waiting });
    this.#waiting = [];
    outbox.send({ type: 'read-index-request', from, to, term, read });
  }

  /**
   * The index was committed when the leader was asked, so a read is answered when it is applied here; that may take long for a
   * follower that is far behind, which therefore lets the leader answer.
   */
  answered({ from, index, read }: ReadIndexReply): void {
    const question = this.#asked.get(read);
    if (question === undefined || from !== this.#leader) return;
    this.#asked.delete(read);
    const { limits, log, outbox } = this.#state;
    if (index === null || index > log.lastIndex + limits.appendEntries) outbox.fail(question.tickets);
    else outbox.grant(question.tickets, index);
  }

  tick(): void {
    const { electionMs, now, outbox } = this.#state;
    for (const [read, { askedAt, tickets }] of this.#asked) {
      if (askedAt + electionMs > now) return;
      this.#asked.delete(read);
      outbox.fail(tickets);
    }
  }

  /** None of them is granted any more. */
  leave(): void {
    this.#failAsked();
    this.#state.outbox.fail(this.#waiting);
    this.#waiting = [];
  }

  #failAsked(): void {
    for (const { tickets } of this.#asked.values()) this.#state.outbox.fail(tickets);
    this.#asked.clear();
  }
}
