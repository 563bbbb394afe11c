/** The exactly-once table (dissertation §6.3): which requests of which client were applied, and what was answered. */
import { LIMITS } from '../base/limits.ts';
import type { Reply, RequestId } from './commands.ts';

interface Session {
  /** Log index of its last use. */
  usedAt: number;
  /** Every sequence up to here is forgotten. */
  forgotten: number;
  readonly replies: Map<number, Reply>;
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

/** Decides by the log alone, so that all replicas remember and forget the same. */
export class Sessions {
  readonly #limits: { readonly [Name in keyof SessionLimits]: number };
  /** From the least to the most recently used: a Map keeps the order of insertion. */
  readonly #sessions = new Map<number, Session>();
  #replyUnits = 0;

  constructor(limits: { readonly [Name in keyof SessionLimits]: number } = LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session opened by the entry at `index`, which is its id. The least recently used one may have to go for it. */
  open(index: number): Reply {
    for (const [id, session] of this.#sessions) {
      if (this.#sessions.size < this.#limits.sessions) break;
      for (const sequence of [...session.replies.keys()]) this.#forget(session, sequence);
      this.#sessions.delete(id);
    }
    this.#sessions.set(index, { usedAt: index, forgotten: 0, replies: new Map() });
    return { type: 'session', session: index };
  }

  /**
   * Answers the request of the entry at `index`: from memory when it was applied before, else with what `apply` returns.
   * An unknown session or a forgotten sequence is answered 'session-expired' and applies nothing.
   */
  once(index: number, request: RequestId, apply: () => Reply): Reply {
    const session = this.#sessions.get(request.session);
    if (session === undefined) return EXPIRED;
    session.usedAt = index;
    this.#sessions.delete(request.session);
    this.#sessions.set(request.session, session);
    this.#acknowledge(session, request.acknowledged);
    if (request.sequence <= session.forgotten) return EXPIRED;
    const earlier = session.replies.get(request.sequence);
    if (earlier !== undefined) return earlier;
    const reply = apply();
    this.#remember(session, request.sequence, reply);
    return reply;
  }

  /** All sessions, from the least to the most recently used. */
  *records(): IterableIterator<SessionRecord> {
    for (const [id, { usedAt, forgotten, replies }] of this.#sessions) {
      yield { id, usedAt, forgotten, replies: [...replies].toSorted(([a], [b]) => a - b) };
    }
  }

  #acknowledge(session: Session, upTo: number): void {
    if (upTo <= session.forgotten) return;
    const { replies, forgotten } = session;
    session.forgotten = upTo;
    // Usually a step or two; after a jump it is quicker to look at what there is.
    if (upTo - forgotten <= replies.size) {
      for (let sequence = forgotten + 1; sequence <= upTo; sequence += 1) this.#forget(session, sequence);
    } else {
      for (const sequence of replies.keys()) if (sequence <= upTo) this.#forget(session, sequence);
    }
  }

  #remember(session: Session, sequence: number, reply: Reply): void {
    const units = unitsOf(reply);
    // That it was applied is remembered in any case; what it answered, only while there is room.
    const kept = this.#replyUnits + units <= this.#limits.sessionReplyUnits ? reply : EXPIRED;
    session.replies.set(sequence, kept);
    this.#replyUnits += unitsOf(kept);
    if (session.replies.size <= this.#limits.sessionReplies) return;
    // Forgetting is by "up to here", so the lowest sequence goes, whenever it came.
    const lowest = Math.min(...session.replies.keys());
    session.forgotten = Math.max(session.forgotten, lowest);
    this.#forget(session, lowest);
  }

  #forget(session: Session, sequence: number): void {
    const reply = session.replies.get(sequence);
    if (reply !== undefined) this.#replyUnits -= unitsOf(reply);
    session.replies.delete(sequence);
  }
}

function unitsOf(reply: Reply): number {
  return reply.type === 'cas' ? (reply.current?.length ?? 0) : 0;
}
