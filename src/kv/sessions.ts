/** The exactly-once table (dissertation §6.3): which requests of which client were applied, and what was answered. */
import { LIMITS } from '../base/limits.ts';
import { type Linked, LinkedList } from '../base/linked-list.ts';
import { NumberTable } from '../base/number-table.ts';
import type { Reply, RequestId } from './commands.ts';
import { StateSum } from './state-hash.ts';
import { replyPart, sessionPart } from './state-parts.ts';

interface Session extends Linked<Session> {
  readonly id: number;
  /** Log index of its last use. */
  usedAt: number;
  /** Every sequence up to here is forgotten. */
  forgotten: number;
  readonly replies: NumberTable<Reply>;
}

export type SessionLimits = Pick<typeof LIMITS, 'sessions' | 'sessionReplies' | 'sessionReplyUnits'>;

/** What one session looks like from outside: for hashes and snapshots. */
export interface SessionRecord {
  readonly id: number;
  readonly usedAt: number;
  readonly forgotten: number;
  /** Ascending by sequence. */
  readonly replies: readonly (readonly [sequence: number, reply: Reply])[];
}

const EXPIRED: Reply = { type: 'session-expired' };

/** The table as it was at one moment, while it changes: what a request touches is copied before, once per session and cut. */
export interface SessionCut extends Disposable {
  readonly size: number;
  /** All sessions of that moment, from the least to the most recently used. */
  records(): IterableIterator<SessionRecord>;
}

interface OpenCut {
  readonly ids: readonly number[];
  /** The highest of them: a higher one was opened since. */
  readonly newest: number;
  readonly touched: Map<number, SessionRecord>;
}

/** Decides by the log alone, so that all replicas remember and forget the same. */
export class Sessions {
  readonly #limits: { readonly [Name in keyof SessionLimits]: number };
  readonly #sessions = new Map<number, Session>();
  /** From the least to the most recently used. */
  readonly #byUse = new LinkedList<Session>();
  readonly #sum: StateSum;
  readonly #cuts = new Set<OpenCut>();
  #replyUnits = 0;

  /** `sum` is kept equal to the parts of all sessions and replies, and whatever else its owner adds. */
  constructor(limits: { readonly [Name in keyof SessionLimits]: number } = LIMITS, sum: StateSum = new StateSum()) {
    this.#limits = limits;
    this.#sum = sum;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session opened by the entry at `index`, which is its id. The least recently used one may have to go for it. */
  open(index: number): Reply {
    for (let least = this.#byUse.first; least !== null; least = this.#byUse.first) {
      if (this.#sessions.size < this.#limits.sessions) break;
      this.#drop(least);
    }
    this.#sum.add(sessionPart(index, index, 0));
    this.#add(index, index, 0);
    return { type: 'session', session: index };
  }

  /**
   * Answers the request of the entry at `index`: from memory when it was applied before, else with what `apply` returns.
   * An unknown session or a forgotten sequence is answered 'session-expired' and applies nothing.
   */
  once(index: number, request: RequestId, apply: () => Reply): Reply {
    const session = this.#sessions.get(request.session);
    if (session === undefined) return EXPIRED;
    this.#keepForCuts(session);
    this.#sum.remove(sessionPart(session.id, session.usedAt, session.forgotten));
    session.usedAt = index;
    this.#byUse.moveToEnd(session);
    this.#acknowledge(session, request.acknowledged);
    const reply = this.#answer(session, request.sequence, apply);
    this.#sum.add(sessionPart(session.id, session.usedAt, session.forgotten));
    return reply;
  }

  /** All sessions, from the least to the most recently used. */
  *records(): IterableIterator<SessionRecord> {
    for (const session of this.#byUse) yield recordOf(session);
  }

  /** Costs one number a session now, and a copy of each session that changes while the cut is open. */
  cut(): SessionCut {
    const ids = [...this.#byUse].map(({ id }) => id);
    const cut: OpenCut = { ids, newest: ids.reduce((most, id) => Math.max(most, id), 0), touched: new Map() };
    this.#cuts.add(cut);
    return {
      size: cut.ids.length,
      records: () => this.#recordsOf(cut),
      [Symbol.dispose]: () => void this.#cuts.delete(cut),
    };
  }

  /** Puts a session back that a snapshot held; they come from the least to the most recently used. */
  restore({ id, usedAt, forgotten }: Omit<SessionRecord, 'replies'>): void {
    this.#sum.add(sessionPart(id, usedAt, forgotten));
    this.#add(id, usedAt, forgotten);
  }

  /** One more answer of a session that was put back. */
  restoreReply(id: number, sequence: number, reply: Reply): void {
    this.#sessions.get(id)?.replies.set(sequence, reply);
    this.#sum.add(replyPart(id, sequence, reply));
    this.#replyUnits += unitsOf(reply);
  }

  #add(id: number, usedAt: number, forgotten: number): void {
    const session: Session = { id, usedAt, forgotten, replies: new NumberTable(), before: null, behind: null };
    this.#sessions.set(id, session);
    this.#byUse.add(session);
  }

  #drop(session: Session): void {
    this.#keepForCuts(session);
    for (const sequence of session.replies.numbers()) this.#forget(session, sequence);
    this.#sum.remove(sessionPart(session.id, session.usedAt, session.forgotten));
    this.#sessions.delete(session.id);
    this.#byUse.remove(session);
  }

  *#recordsOf({ ids, touched }: OpenCut): IterableIterator<SessionRecord> {
    for (const id of ids) {
      const session = this.#sessions.get(id);
      const record = touched.get(id) ?? (session === undefined ? null : recordOf(session));
      if (record !== null) yield record;
    }
  }

  #keepForCuts(session: Session): void {
    const { id } = session;
    for (const { newest, touched } of this.#cuts) {
      if (!touched.has(id) && id <= newest) touched.set(id, recordOf(session));
    }
  }

  #answer(session: Session, sequence: number, apply: () => Reply): Reply {
    if (sequence <= session.forgotten) return EXPIRED;
    const earlier = session.replies.get(sequence);
    if (earlier !== undefined) return earlier;
    const reply = apply();
    this.#remember(session, sequence, reply);
    return reply;
  }

  #acknowledge(session: Session, upTo: number): void {
    if (upTo <= session.forgotten) return;
    const { replies, forgotten } = session;
    session.forgotten = upTo;
    // Usually a step or two; after a jump it is quicker to look at what there is.
    if (upTo - forgotten <= replies.size) {
      for (let sequence = forgotten + 1; sequence <= upTo; sequence += 1) this.#forget(session, sequence);
    } else {
      for (const sequence of replies.numbers()) if (sequence <= upTo) this.#forget(session, sequence);
    }
  }

  #remember(session: Session, sequence: number, reply: Reply): void {
    const units = unitsOf(reply);
    // That it was applied is remembered in any case; what it answered, only while there is room.
    const kept = this.#replyUnits + units <= this.#limits.sessionReplyUnits ? reply : EXPIRED;
    session.replies.set(sequence, kept);
    this.#sum.add(replyPart(session.id, sequence, kept));
    this.#replyUnits += unitsOf(kept);
    if (session.replies.size <= this.#limits.sessionReplies) return;
    // Forgetting is by "up to here", so the lowest sequence goes, whenever it came.
    const lowest = Math.min(...session.replies.numbers());
    session.forgotten = Math.max(session.forgotten, lowest);
    this.#forget(session, lowest);
  }

  #forget(session: Session, sequence: number): void {
    const reply = session.replies.get(sequence);
    if (reply === undefined) return;
    this.#replyUnits -= unitsOf(reply);
    this.#sum.remove(replyPart(session.id, sequence, reply));
    session.replies.delete(sequence);
  }
}

function recordOf({ id, usedAt, forgotten, replies }: Session): SessionRecord {
  const sequences = replies.numbers().sort((a, b) => a - b);
  return { id, usedAt, forgotten, replies: sequences.map((sequence) => [sequence, replies.get(sequence) as Reply]) };
}

function unitsOf(reply: Reply): number {
  return reply.type === 'cas' ? (reply.current?.length ?? 0) : 0;
}
