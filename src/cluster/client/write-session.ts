/** The exactly-once side of writes: which session, which sequence, and what the store may forget (dissertation §6.3). */
import { RpcError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { RequestId } from '../../kv/commands.ts';
import { type Deadline, LATE } from './deadline.ts';

/** Half of what the store remembers: a late duplicate of any open sequence still finds its reply there. */
const WINDOW = LIMITS.sessionReplies / 2;

/** One write's name. It stays the same over all retries. */
export interface Ticket {
  readonly request: RequestId;
  /** The write ended, one way or the other, and will not be sent again. */
  settle(): void;
}

class Session {
  readonly id: number;
  #last = 0;
  /** All sequences up to here are settled. */
  #acknowledged = 0;
  readonly #settled = new Set<number>();

  constructor(id: number) {
    this.id = id;
  }

  /** Sequences from the oldest open one to the newest, the settled ones between them included. */
  get span(): number {
    return this.#last - this.#acknowledged;
  }

  next(onSettled: () => void): Ticket {
    this.#last += 1;
    const sequence = this.#last;
    const settle = (): void => {
      this.#settle(sequence);
      onSettled();
    };
    return { request: { session: this.id, sequence, acknowledged: this.#acknowledged }, settle };
  }

  #settle(sequence: number): void {
    // Nearly always the oldest ends first.
    if (sequence === this.#acknowledged + 1) this.#acknowledged = sequence;
    else this.#settled.add(sequence);
    while (this.#settled.size > 0 && this.#settled.delete(this.#acknowledged + 1)) this.#acknowledged += 1;
  }
}

/** Hands out tickets; opens a session at the first write and again when the store has forgotten it. */
export class WriteSession {
  readonly #open: () => Promise<number>;
  readonly #onFull: () => void;
  #session: Session | null = null;
  #opening: Promise<Session> | null = null;
  /** Writes that wait for room in the window, in order. */
  readonly #waiting: (() => void)[] = [];

  /**
   * `open` asks the cluster for a new session and resolves to its id; it ends by itself within the usual deadline. `onFull`
   * is told when the window is full, and may settle what it holds open without need.
   */
  constructor(open: () => Promise<number>, onFull: () => void = () => {}) {
    this.#open = open;
    this.#onFull = onFull;
  }

  /** A name for the next write, where one can be had without waiting; else null. */
  next(): Ticket | null {
    const session = this.#session;
    if (session === null || session.span >= WINDOW) return null;
    return session.next(() => this.#wake());
  }

  /**
   * A name for the next write; null when time ran out before there was one. Rejects with the RpcError that kept a
   * session from opening, or with OVERLOADED when too many writes wait. In all these cases nothing was sent.
   */
  async ticket(deadline: Deadline): Promise<Ticket | null> {
    while (deadline.remainingMs > 0) {
      const session = this.#session ?? (await this.#opened(deadline));
      if (session !== null && session.span >= WINDOW) this.#onFull();
      if (session !== null && session.span < WINDOW) return session.next(() => this.#wake());
      if (session !== null) await this.#room(deadline);
    }
    return null;
  }

  /** The store does not know this session any more: the next ticket comes from a new one. */
  expired(id: number): void {
    if (this.#session?.id !== id) return;
    this.#session = null;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Writes that come before the session is open share the opening, so it has a deadline of its own. */
  async #opened(deadline: Deadline): Promise<Session | null> {
    this.#opening ??= this.#open()
      .then((id) => {
        this.#session = new Session(id);
        return this.#session;
      })
      .finally(() => {
        this.#opening = null;
      });
    try {
      const session = await deadline.within(this.#opening);
      return session === LATE ? null : session;
    } catch (error) {
      // Whoever has more time than the opening had tries again.
      if (error instanceof RpcError && error.kind === 'NO_QUORUM' && deadline.remainingMs > 0) return null;
      throw error;
    }
  }

  async #room(deadline: Deadline): Promise<void> {
    if (this.#waiting.length >= LIMITS.proposalQueue) {
      throw new RpcError('OVERLOADED', { detail: `Over ${LIMITS.proposalQueue} writes of this client wait for their turn.` });
    }
    let wake = (): void => undefined;
    const room = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.push(resolve);
    });
    if ((await deadline.within(room)) !== LATE) return;
    const place = this.#waiting.indexOf(wake);
    if (place >= 0) this.#waiting.splice(place, 1);
    // The turn came in the same moment as the end of patience: it goes to the next.
    else this.#wake();
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const room = WINDOW - (this.#session?.span ?? 0);
    for (const wake of this.#waiting.splice(0, Math.max(0, room))) wake();
  }
}
