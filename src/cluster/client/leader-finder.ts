/** Keeps track of which node leads, for all calls of one client together. */
import { RpcError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { ConnectionPool, Endpoint } from './connection-pool.ts';
import { type Deadline, LATE } from './deadline.ts';
import { type Survey, surveyNodes } from './survey.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 80;
/** Hints can add addresses, but not without end. */
const MAX_ENDPOINTS = 4 * LIMITS.maxNodes;

export interface LeaderHint {
  readonly leader: string | null;
  readonly url: string | null;
}

export class LeaderFinder {
  readonly #pool: ConnectionPool;
  readonly #endpoints: Endpoint[];
  /** Where to send the next call: the leader as far as known, or a first guess. */
  #target: Endpoint | null;
  #survey: Promise<Survey> | null = null;
  #troubles: readonly string[] = [];

  constructor(pool: ConnectionPool, endpoints: readonly Endpoint[]) {
    this.#pool = pool;
    this.#endpoints = [...endpoints];
    // Many clients that start at once should not all knock at the first node's door.
    this.#target = this.#endpoints[Math.floor(Math.random() * this.#endpoints.length)] ?? null;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** Where the next call goes without asking around; null when that is not known. */
  get target(): Endpoint | null {
    return this.#target;
  }

  /** What kept the last survey from finding a leader, in words; empty when nothing did. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** The node to send a call to; asks around until one leads. Null at the deadline. Throws when all nodes refuse us. */
  async locate(deadline: Deadline): Promise<Endpoint | null> {
    for (let pauseMs = FIRST_PAUSE_MS; deadline.remainingMs > 0; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      if (this.#target !== null) return this.#target;
      const survey = await deadline.within(this.#ask());
      if (this.#target !== null) return this.#target;
      if (survey !== LATE && survey.refusal !== null) throw new RpcError(survey.refusal);
      // Jitter: clients that lost the same leader must not come back in step.
      await deadline.sleep(pauseMs * (0.5 + Math.random() / 2));
    }
    return this.#target;
  }

  /** `endpoint` turned out not to lead, or not to be there. */
  lost(endpoint: Endpoint): void {
    if (this.#target === endpoint) this.#target = null;
  }

  /**
   * A node named another as the leader: the next calls go there. The token goes wherever a hint leads, so a hint may not
   * lead from TLS to plain text, nor from this machine to another. Null for a hint that is not followed.
   */
  follow(hint: LeaderHint, from: Endpoint): Endpoint | null {
    const known =
      this.#endpoints.find((each) => hint.leader !== null && each.id === hint.leader) ??
      this.#endpoints.find((each) => hint.url !== null && sameUrl(each.url, hint.url)) ??
      this.#adopt(hint.url, from);
    if (known === null || known === from) return null;
    known.id ??= hint.leader;
    this.#target = known;
    return known;
  }

  /** Asks all nodes once who leads; true when it is another than `silent`, and then the next calls go there. */
  async hasRival(silent: Endpoint, deadline: Deadline): Promise<boolean> {
    const survey = await deadline.within(this.#ask(silent));
    return survey !== LATE && survey.leader !== null && survey.leader !== silent;
  }

  /** The endpoint of the node with this id; asks around when an id is not known yet. Null when nobody has it. */
  async byId(id: string, deadline: Deadline): Promise<Endpoint | null> {
    const find = (): Endpoint | null => this.#endpoints.find((each) => each.id === id) ?? null;
    if (find() === null && this.#endpoints.some((each) => each.id === null)) await deadline.within(this.#ask());
    return find();
  }

  #adopt(url: string | null, from: Endpoint): Endpoint | null {
    if (url === null || this.#endpoints.length >= MAX_ENDPOINTS || !mayLead(url, from.url)) return null;
    const endpoint: Endpoint = { url, id: null };
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  /** One survey at a time, shared by all who wait. */
  #ask(silent: Endpoint | null = null): Promise<Survey> {
    this.#survey ??= this.#askAll(silent).finally(() => {
      this.#survey = null;
    });
    return this.#survey;
  }

  async #askAll(silent: Endpoint | null): Promise<Survey> {
    const survey = await surveyNodes(this.#pool, this.#endpoints, silent);
    this.#troubles = survey.leader === null ? survey.troubles : [];
    if (survey.leader !== null) this.#target = survey.leader;
    return survey;
  }
}

function sameUrl(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).href === new URL(other).href;
}

function mayLead(url: string, from: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(from)) return false;
  const [to, origin] = [new URL(url), new URL(from)];
  if (to.protocol !== origin.protocol && to.protocol !== 'wss:') return false;
  return isLoopback(to.hostname) || !isLoopback(origin.hostname);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
