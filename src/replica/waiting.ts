import type { LogIndex, Millis } from '../base/brand.ts';
import type { ErrorKind } from '../base/errors.ts';
import type { Reply } from '../kv/commands.ts';
import type { EntryId, ReadPath, ReadTicket } from '../raft/messages.ts';

export type ProposalOutcome =
  | { readonly ok: true; readonly reply: Reply; readonly at: EntryId }
  | { readonly ok: false; readonly error: ErrorKind };
export type ReadOutcome = { readonly ok: true } | { readonly ok: false; readonly error: ErrorKind };

interface WaitingProposal {
  readonly at: EntryId;
  readonly deadline: Millis;
  readonly done: (outcome: ProposalOutcome) => void;
}
interface WaitingRead {
  readonly deadline: Millis;
  readonly done: (outcome: ReadOutcome) => void;
}
interface GrantedRead extends WaitingRead {
  readonly index: LogIndex;
}

export interface QueuedProposal {
  readonly data: string;
  readonly deadline: Millis;
  readonly done: (outcome: ProposalOutcome) => void;
}

export interface QueuedRead {
  readonly path: ReadPath;
  readonly deadline: Millis;
  readonly done: (outcome: ReadOutcome) => void;
}

/** The replies a replica owes: to proposals by their place in the log, to reads by ticket and then by applied index. */
export class Waiting {
  readonly #proposals = new Map<LogIndex, WaitingProposal>();
  readonly #reads = new Map<ReadTicket, WaitingRead>();
  #granted: GrantedRead[] = [];

  get proposals(): number {
    return this.#proposals.size;
  }

  get reads(): number {
    return this.#reads.size + this.#granted.length;
  }

  get empty(): boolean {
    return this.proposals === 0 && this.reads === 0;
  }

  addProposal(at: EntryId, deadline: Millis, done: (outcome: ProposalOutcome) => void): void {
    // One of an older term, pushed out of this log; until a rival is committed in its place it may still win from another log.
    this.#settle(at.index, { ok: false, error: 'UNKNOWN_OUTCOME' });
    this.#proposals.set(at.index, { at, deadline, done });
  }

  addRead(ticket: ReadTicket, deadline: Millis, done: (outcome: ReadOutcome) => void): void {
    this.#reads.set(ticket, { deadline, done });
  }

  /** The entry at `at` was applied (`reply` is null for one of Raft's own): its proposer gets the reply, or learns that another took its place. */
  applied(at: EntryId, reply: Reply | null): void {
    const waiting = this.#proposals.get(at.index);
    if (waiting === undefined) return;
    this.#proposals.delete(at.index);
    const mine = reply !== null && waiting.at.term === at.term;
    waiting.done(mine ? { ok: true, reply, at } : { ok: false, error: 'NOT_LEADER' });
  }

  /** A snapshot stands for everything up to `index`: what became of the proposals there is not known here. */
  skippedTo(index: LogIndex): void {
    for (const at of [...this.#proposals.keys()]) if (at <= index) this.#settle(at, { ok: false, error: 'UNKNOWN_OUTCOME' });
  }

  /** A newer leader replaced the entry: it definitely did not happen. */
  truncated(at: EntryId): void {
    if (this.#proposals.get(at.index)?.at.term === at.term) this.#settle(at.index, { ok: false, error: 'NOT_LEADER' });
  }

  granted(ticket: ReadTicket, index: LogIndex): void {
    const read = this.#reads.get(ticket);
    if (read === undefined) return;
    this.#reads.delete(ticket);
    this.#granted.push({ ...read, index });
  }

  readFailed(ticket: ReadTicket): void {
    const read = this.#reads.get(ticket);
    if (read === undefined) return;
    this.#reads.delete(ticket);
    read.done({ ok: false, error: 'NO_QUORUM' });
  }

  /** Answers every granted read whose index is applied. */
  answerReads(appliedIndex: LogIndex): void {
    if (this.#granted.length === 0) return;
    const later: GrantedRead[] = [];
    const ready = this.#granted;
    this.#granted = later;
    for (const read of ready) {
      if (read.index <= appliedIndex) read.done({ ok: true });
      else later.push(read);
    }
  }

  /** Whoever waited past the deadline: a proposal may still happen, a read definitely did not. */
  expire(now: Millis): void {
    for (const [index, waiting] of this.#proposals) {
      if (waiting.deadline <= now) this.#settle(index, { ok: false, error: 'UNKNOWN_OUTCOME' });
    }
    for (const [ticket, read] of this.#reads) {
      if (read.deadline <= now) this.readFailed(ticket);
    }
    const late = this.#granted.filter((read) => read.deadline <= now);
    this.#granted = this.#granted.filter((read) => read.deadline > now);
    for (const read of late) read.done({ ok: false, error: 'NO_QUORUM' });
  }

  /** Gives up on all: the outcome of a proposal is unknown from here. */
  abandon(error: { readonly proposals: ErrorKind; readonly reads: ErrorKind }): void {
    for (const index of [...this.#proposals.keys()]) this.#settle(index, { ok: false, error: error.proposals });
    const reads = [...this.#reads.values(), ...this.#granted];
    this.#reads.clear();
    this.#granted = [];
    for (const read of reads) read.done({ ok: false, error: error.reads });
  }

  #settle(index: LogIndex, outcome: ProposalOutcome): void {
    const waiting = this.#proposals.get(index);
    if (waiting === undefined) return;
    this.#proposals.delete(index);
    waiting.done(outcome);
  }
}
