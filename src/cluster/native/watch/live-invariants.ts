/**
 * The promises of Raft, checked on a running cluster from what its nodes tell anyway: statuses five to ten times a second with the
 * newest terms and the hashes of the state, elections and votes as they happen, pages of committed entries at leisure, and
 * the answers that this program's own writes got.
 */
import { after, type LogIndex, type NodeId, type Term } from '../../../base/brand.ts';
import { InvariantChecker, type KnownLog, type ObservedEntry } from '../../../raft/invariants.ts';
import type { EntryId, RaftEvent } from '../../../raft/messages.ts';
import { type BrokenPromise, PROMISES, type PromiseId } from '../../../raft/promises.ts';
import type { LogRow, MemberStatus } from '../../../replica/status.ts';
import type { CheckCoverage, PromiseCheck } from '../../driver.ts';
import { CommittedReader, PageTurns } from './committed-reader.ts';
import { WriteCounter } from './write-count.ts';

/** Entries, states and acknowledgements that are remembered behind the newest commit. */
const KEPT_ENTRIES = 8_192;
const FORGET_STEP = 1_024;
const KEPT_TERMS = 1_024;

export interface LiveInvariantsOptions {
  readonly logRows: (node: NodeId, from: LogIndex, limit: number) => Promise<readonly LogRow[]>;
  /** A promise is broken that was not before. */
  readonly onBroken: (broken: PromiseCheck) => void;
}

interface Vote {
  readonly term: Term;
  readonly candidate: NodeId;
}

interface Verdict {
  checked: number;
  lastAt: number | null;
  detail: string | null;
}

export class LiveInvariants {
  readonly #options: LiveInvariantsOptions;
  readonly #checker = new InvariantChecker((broken) => this.#broken(broken));
  readonly #writes = new WriteCounter(({ from, to, writes }) => {
    const grown = to.revision - from.revision;
    const holds = grown >= 0 && grown <= writes;
    this.#checker.noted('exactly-once', holds, 'the revision grows by one for each write, not for its retries', () => ({
      from,
      to,
      writes,
    }));
  });
  readonly #verdicts = new Map<PromiseId, Verdict>(
    PROMISES.map(({ id }) => [id, { checked: 0, lastAt: null, detail: null }] as const),
  );
  readonly #readers = new Map<NodeId, CommittedReader>();
  readonly #turns = new PageTurns();
  /** How pages were compared: after which term, and as committed in which. */
  readonly #pages = new WeakMap<readonly LogRow[], { readonly previous: Term | null; readonly term: Term }>();
  /** The newest vote of each node that a candidate has told of. */
  readonly #votes = new Map<NodeId, Vote>();
  /** Nodes that were lost: with the next word they may have started anew. With the vote that was known then. */
  readonly #lost = new Map<NodeId, Vote | null>();
  #forgotten = 0;
  #newestCommit = 0;
  #newestTerm = 0;
  #readFrom: number | null = null;

  constructor(options: LiveInvariantsOptions) {
    this.#options = options;
  }

  promises(): readonly PromiseCheck[] {
    return PROMISES.map((promise) => {
      const { checked, lastAt, detail } = this.#verdicts.get(promise.id) ?? { checked: 0, lastAt: null, detail: null };
      return { ...promise, state: detail !== null ? 'broken' : checked === 0 ? 'not-yet' : 'holds', checked, lastAt, detail };
    });
  }

  coverage(): CheckCoverage {
    const readers = [...this.#readers.values()];
    return {
      from: this.#readFrom ?? 0,
      to: Math.max(0, ...readers.map(({ upTo }) => upTo ?? 0)),
      behind: Math.max(0, ...readers.map(({ behind }) => behind)),
      skipped: Math.max(0, ...readers.map(({ skipped }) => skipped)),
    };
  }

  status(status: MemberStatus): void {
    const { id, commitIndex, appliedIndex, revision } = status;
    const vote = this.#lost.get(id) ?? null;
    if (this.#lost.delete(id)) this.#checker.restarted(id);
    if (vote !== null) this.#checkKept(vote, status);
    this.#checker.observe({ status, ...tailOf(status) });
    for (const { index, hash } of status.checkpoints) this.#checker.applied(id, index, hash);
    this.#writes.applied(appliedIndex, revision);
    this.#reader(id).update(status);
    this.#newestCommit = Math.max(this.#newestCommit, commitIndex);
    this.#newestTerm = Math.max(this.#newestTerm, status.term);
    this.#forget();
    this.#count();
  }

  /** What `node` told of itself. Votes count once the candidate has them: then they have left the voter for good. */
  event(node: NodeId, event: RaftEvent): void {
    if (event.type === 'role' && event.role === 'leader') this.#checker.leads(node, event.term);
    else if (event.type === 'vote-received' && event.granted && !event.preVote) {
      this.#voted(event.from, { term: event.term, candidate: node });
      this.#voted(node, { term: event.term, candidate: node });
    } else return;
    this.#count();
  }

  /** The connection to a node ended. */
  lost(node: NodeId): void {
    this.#lost.set(node, this.#votes.get(node) ?? null);
    this.#readers.get(node)?.pause();
  }

  /** A write was answered. */
  acknowledged(at: EntryId): void {
    this.#checker.acknowledged(at);
    this.#count();
  }

  stop(): void {
    for (const reader of this.#readers.values()) reader.stop();
  }

  #voted(voter: NodeId, vote: Vote): void {
    this.#checker.voted(voter, vote.term, vote.candidate);
    if (vote.term > (this.#votes.get(voter)?.term ?? 0)) this.#votes.set(voter, vote);
  }

  /**
   * A vote is on the disk before anybody hears of it: no crash takes it back. Votes alone are compared over a new connection:
   * a status tells of terms that may not be durable yet, and while a connection lasts it may be older than what others tell.
   */
  #checkKept({ term, candidate }: Vote, { id, term: now, votedFor }: MemberStatus): void {
    const kept = now > term || (now === term && votedFor === candidate);
    this.#checker.noted('one-vote', kept, 'a vote that was told is kept', () => ({ id, term, candidate, now, votedFor }));
  }

  #reader(id: NodeId): CommittedReader {
    const known = this.#readers.get(id);
    if (known !== undefined) return known;
    const reader = new CommittedReader({
      read: (from, limit) => this.#options.logRows(id, from, limit),
      onRows: (status, previous, rows) => this.#read(status, previous, rows),
      turn: () => this.#turns.take(performance.now()),
    });
    this.#readers.set(id, reader);
    return reader;
  }

  /** Nodes tell the same page as the same object (net/same-answers.ts): whoever is in no older term adds nothing to what was compared. */
  #read(status: MemberStatus, previous: Term | null, rows: readonly LogRow[]): void {
    const known = this.#pages.get(rows);
    if (known !== undefined && known.previous === previous && known.term <= status.term) {
      for (const promise of ['log-matching', 'state-machine-safety'] as const) this.#checker.repeated(promise, rows.length);
    } else {
      this.#pages.set(rows, { previous, term: status.term });
      this.#readFrom ??= rows[0]?.index ?? null;
      const entries = rows.map(({ index, term, kind, text }) => ({ index, term, kind, data: text }));
      this.#checker.readCommitted(status, previous, entries);
      this.#writes.rows(rows);
    }
    this.#count();
  }

  #forget(): void {
    const upTo = this.#newestCommit - KEPT_ENTRIES;
    if (upTo < this.#forgotten + FORGET_STEP) return;
    this.#forgotten = upTo;
    this.#checker.forget(upTo, this.#newestTerm - KEPT_TERMS);
  }

  #count(): void {
    const now = Date.now();
    for (const [id, verdict] of this.#verdicts) {
      const checked = this.#checker.checked(id);
      if (checked === verdict.checked) continue;
      verdict.checked = checked;
      verdict.lastAt = now;
    }
  }

  #broken({ promise, message }: BrokenPromise): void {
    const verdict = this.#verdicts.get(promise);
    if (verdict === undefined || verdict.detail !== null) return;
    verdict.detail = message;
    this.#count();
    const told = this.promises().find(({ id }) => id === promise);
    if (told !== undefined) this.#options.onBroken(told);
  }
}

/** The end of the log, as the status itself tells it. */
function tailOf({ tail, lastIndex }: MemberStatus): {
  readonly entries: (from: LogIndex, limit: number) => readonly ObservedEntry[];
  readonly known: KnownLog;
} {
  const { first, terms } = tail;
  return {
    known: { first, last: lastIndex, exact: true },
    entries: (from, limit) => {
      const start = Math.max(0, from - first);
      return terms
        .slice(start, start + limit)
        .map((term, place) => ({ index: after(first, start + place), term, kind: null, data: null }));
    },
  };
}
