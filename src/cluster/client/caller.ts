/** One call of a client, from the first attempt to the answer or the honest error. */
import { type ErrorKind, RpcError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { messageOf } from '../native/cluster-error.ts';
import type { Connection } from './connection.ts';
import type { ConnectionPool, Endpoint } from './connection-pool.ts';
import { type Deadline, LATE } from './deadline.ts';
import type { LeaderFinder } from './leader-finder.ts';
import { refusalOf } from './survey.ts';
import { Turns } from './turns.ts';

export interface Call {
  readonly method: string;
  readonly params: object;
  readonly deadline: Deadline;
  /** True when an attempt without an answer may have changed the store. */
  readonly changes: boolean;
  /** Who can answer: the leader, any node, or the one with this id. */
  readonly to: 'leader' | 'anyone' | 'each-in-turn' | { readonly node: string };
  /** The node may ask the leader on the way. */
  readonly forward?: boolean;
  /** It was sent before, and what came of that is not known. */
  readonly again?: boolean;
  /** True for a method that knows neither `forward` nor `deadlineMs`. */
  readonly bare?: boolean;
  /** True to fail at once when the node cannot be reached. */
  readonly once?: boolean;
}

/** The store forgot the session before this write was ever sent: under a new session it is a new write. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
}

/** After this long without an answer the other nodes are asked whether somebody else leads by now. */
const PATIENCE_MS = 500;
/** And from then on this often: an election among the others is over soon. */
const LOOK_AROUND_MS = 100;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 150;

/** What to do about an error a node answered with. */
const REACTION = {
  PARSE_ERROR: 'give-up',
  INVALID_REQUEST: 'give-up',
  METHOD_NOT_FOUND: 'give-up',
  INVALID_PARAMS: 'give-up',
  TOO_LARGE: 'give-up',
  UNAUTHENTICATED: 'give-up',
  FORBIDDEN: 'give-up',
  COMPACTED: 'give-up',
  STORAGE_FULL: 'wait',
  SESSION_EXPIRED: 'give-up',
  NOT_LEADER: 'follow-hint',
  NO_QUORUM: 'ask-around',
  SHUTTING_DOWN: 'ask-around',
  OVERLOADED: 'wait',
  UNKNOWN_OUTCOME: 'unknown',
  INTERNAL: 'unknown',
} as const satisfies Record<ErrorKind, string>;

type Outcome =
  | { readonly type: 'answer'; readonly value: unknown }
  | { readonly type: 'error'; readonly error: RpcError }
  /** Nothing was sent. */
  | { readonly type: 'unreachable'; readonly error: RpcError }
  /** Sent, and no answer so far. */
  | { readonly type: 'silent' };

export class Caller {
  readonly #pool: ConnectionPool;
  readonly #finder: LeaderFinder;
  readonly #turns = new Turns();

  constructor(pool: ConnectionPool, finder: LeaderFinder) {
    this.#pool = pool;
    this.#finder = finder;
  }

  /**
   * Sends a call until a node answers it. Rejects with an RpcError: a definite kind only when no attempt can have
   * changed anything, UNKNOWN_OUTCOME otherwise; or with SessionGone.
   */
  async run(call: Call): Promise<unknown> {
    // Nearly every call is answered at the first attempt.
    let known: Attempts | null = null;
    const attempts = (): Attempts => {
      known ??= new Attempts(this.#finder, call, this.#turns);
      return known;
    };
    while (call.deadline.remainingMs > 0 && !this.#pool.closed) {
      const target = call.to === 'leader' ? this.#finder.target : null;
      const endpoint = target ?? (await this.#choose(call, attempts()));
      if (endpoint === null) break;
      const open = this.#pool.current(endpoint);
      const outcome = await (open === null ? this.#connect(endpoint, call) : this.#ask(endpoint, open, call));
      if (outcome.type === 'answer') return outcome.value;
      if (call.to === 'each-in-turn') this.#turns.avoid(endpoint);
      await attempts().failed(endpoint, outcome);
    }
    throw attempts().outOfTime(this.#pool.closed);
  }

  async #choose(call: Call, attempts: Attempts): Promise<Endpoint | null> {
    if (call.to === 'leader') return this.#finder.locate(call.deadline);
    if (call.to === 'each-in-turn') return attempts.nextInTurn((endpoint) => this.#turns.avoids(endpoint));
    if (call.to === 'anyone') return attempts.anyone((endpoint) => this.#pool.current(endpoint) !== null);
    const endpoint = await this.#finder.byId(call.to.node, call.deadline);
    if (endpoint === null && call.deadline.remainingMs > 0) {
      throw new RpcError('INVALID_PARAMS', { detail: `There is no node '${call.to.node}' among those in reach.` });
    }
    return endpoint;
  }

  async #connect(endpoint: Endpoint, call: Call): Promise<Outcome> {
    try {
      const connection = await call.deadline.within(this.#pool.connect(endpoint), PATIENCE_MS);
      return connection === LATE ? unreachable(endpoint, 'no connection in time') : this.#ask(endpoint, connection, call);
    } catch (error) {
      return unreachable(endpoint, messageOf(error), refusalOf(error));
    }
  }

  async #ask(endpoint: Endpoint, connection: Connection, call: Call): Promise<Outcome> {
    const { deadline } = call;
    const remainingMs = Math.min(Math.ceil(deadline.remainingMs), LIMITS.maxRequestDeadlineMs);
    if (remainingMs === 0) return unreachable(endpoint, 'no time left');
    const params = call.bare ? call.params : { ...call.params, forward: call.forward ?? false, deadlineMs: remainingMs };
    const request = connection.request(call.method, params, remainingMs);
    try {
      for (let patienceMs = PATIENCE_MS; ; patienceMs = LOOK_AROUND_MS) {
        const answer = await deadline.within(request, patienceMs);
        if (answer !== LATE) return { type: 'answer', value: answer };
        if (deadline.remainingMs === 0) return { type: 'silent' };
        // The question changes nothing, and another node may be quicker.
        if (call.to === 'each-in-turn') return { type: 'silent' };
        // A slow leader is waited for, so that its load is not doubled; only a new leader ends the wait.
        if (call.to === 'leader' && (await this.#finder.hasRival(endpoint, deadline))) return { type: 'silent' };
      }
    } catch (error) {
      if (error instanceof RpcError) return { type: 'error', error };
      return { type: 'error', error: new RpcError('UNKNOWN_OUTCOME', { detail: messageOf(error) }) };
    }
  }
}

function unreachable(endpoint: Endpoint, why: string, refusal: ErrorKind | null = null): Outcome {
  const detail = `${endpoint.id ?? endpoint.url}: ${why}`;
  return { type: 'unreachable', error: new RpcError(refusal ?? 'NO_QUORUM', { detail }) };
}

/** What the attempts of one call have brought so far. */
class Attempts {
  readonly #turns: Turns;
  readonly #finder: LeaderFinder;
  readonly #call: Call;
  /** Nodes tried since the last pause: none is tried twice without one, so no circle of hints spins. */
  readonly #tried = new Set<Endpoint>();
  readonly #refusedBy = new Set<Endpoint>();
  #maybeApplied = false;
  #last: RpcError | null = null;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(finder: LeaderFinder, call: Call, turns: Turns) {
    this.#turns = turns;
    this.#finder = finder;
    this.#call = call;
    this.#maybeApplied = call.again === true;
  }

  /** Throws when another attempt makes no sense; else returns when it is time for one. */
  async failed(endpoint: Endpoint, outcome: Exclude<Outcome, { readonly type: 'answer' }>): Promise<void> {
    this.#tried.add(endpoint);
    if (outcome.type === 'silent') {
      this.#maybeApplied = true;
      return;
    }
    this.#last = outcome.error;
    if (outcome.type === 'unreachable') {
      if (refusalOf(outcome.error) !== null) this.#refusedBy.add(endpoint);
      // One that refuses us may be a stranger on a port of old; if all do, it is our token.
      const hopeless = this.#refusedBy.size >= this.#finder.endpoints.length;
      if (hopeless || this.#call.once) throw this.#final(outcome.error);
      return this.#askAround(endpoint);
    }
    const { error } = outcome;
    switch (this.#reaction(error.kind)) {
      case 'give-up':
        throw this.#final(error);
      case 'follow-hint':
        return this.#followHint(endpoint, error);
      case 'ask-around':
        this.#finder.lost(endpoint);
        return this.#pause();
      case 'wait':
        return this.#pause(error.data.retryAfterMs);
      case 'unknown':
        this.#maybeApplied = true;
        return this.#askAround(endpoint);
    }
  }

  /** The next node for a call that any of them can answer, with a preference for an open connection. */
  async anyone(isOpen: (endpoint: Endpoint) => boolean): Promise<Endpoint | null> {
    const fresh = (): readonly Endpoint[] => this.#finder.endpoints.filter((endpoint) => !this.#tried.has(endpoint));
    if (fresh().length === 0) await this.#pause();
    const left = fresh();
    return left.find((each) => each === this.#finder.target) ?? left.find(isOpen) ?? left[0] ?? null;
  }

  /** The next node of all in turn, one that lately failed only when there is no other. */
  async nextInTurn(avoids: (endpoint: Endpoint) => boolean): Promise<Endpoint | null> {
    const all = this.#finder.endpoints;
    if (all.every((endpoint) => this.#tried.has(endpoint))) await this.#pause();
    const left = all.filter((endpoint) => !this.#tried.has(endpoint));
    const good = left.filter((endpoint) => !avoids(endpoint));
    return this.#turns.pick(good.length > 0 ? good : left);
  }

  outOfTime(closed: boolean): RpcError {
    const why = this.#call.deadline.cancelled ? 'it was cancelled' : closed ? 'the client was closed' : 'time ran out';
    // That no answer came is what is said anyway.
    const last = this.#last?.kind === 'UNKNOWN_OUTCOME' ? undefined : this.#last?.message;
    const trouble = last ?? this.#finder.troubles.join('; ');
    const detail = trouble === '' ? '' : ` Last trouble: ${trouble}`;
    if (this.#call.changes && this.#maybeApplied) {
      return new RpcError('UNKNOWN_OUTCOME', { detail: `No answer before ${why}; the write may have been applied.${detail}` });
    }
    const kind = this.#last !== null && REACTION[this.#last.kind] !== 'unknown' ? this.#last.kind : 'NO_QUORUM';
    return new RpcError(kind, { ...this.#last?.data, detail: `Nothing was changed when ${why}.${detail}` });
  }

  #final(error: RpcError): Error {
    if (!this.#call.changes) return error;
    if (error.kind === 'SESSION_EXPIRED') return this.#maybeApplied ? error : new SessionGone();
    if (!this.#maybeApplied) return error;
    return new RpcError('UNKNOWN_OUTCOME', {
      detail: `An earlier attempt may have been applied; the last one said: ${error.message}`,
    });
  }

  /** A node that was asked for itself, not as the leader, has nowhere to send us. */
  #reaction(kind: ErrorKind): (typeof REACTION)[ErrorKind] {
    return kind === 'NOT_LEADER' && this.#call.to !== 'leader' ? 'give-up' : REACTION[kind];
  }

  async #followHint(endpoint: Endpoint, error: RpcError): Promise<void> {
    const { leader = null, url = null } = error.data;
    this.#finder.lost(endpoint);
    const hinted = this.#finder.follow({ leader, url }, endpoint);
    if (hinted === null || !this.#tried.has(hinted)) return;
    this.#finder.lost(hinted);
    await this.#pause();
  }

  /** The first time at once: a closed connection usually means that a new leader is about to be there. */
  async #askAround(endpoint: Endpoint): Promise<void> {
    this.#finder.lost(endpoint);
    // Whoever asks anyone goes to the next one, and pauses when all were asked.
    if (this.#call.to === 'anyone' || this.#call.to === 'each-in-turn') return;
    if (this.#tried.size > 1 || this.#call.to !== 'leader') await this.#pause();
  }

  async #pause(atLeastMs = 0): Promise<void> {
    this.#tried.clear();
    // Jitter: many clients that were refused together must not come back together.
    await this.#call.deadline.sleep(Math.max(atLeastMs, this.#pauseMs) * (0.5 + Math.random() / 2));
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}
