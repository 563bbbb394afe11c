/**
 * Whom a leader asks to confirm that it still leads: as few as make a majority with it, those who answered the newest rounds
 * first. A read that travels alone so costs half the messages; should one of them keep it waiting, everybody is asked.
 */
import type { Millis, NodeId } from '../base/brand.ts';
import { millis } from '../base/brand.ts';
import type { Configuration } from './messages.ts';

const NEVER = millis(Number.POSITIVE_INFINITY);

/** What is to be known of a peer: the newest round it has confirmed. */
interface Asked {
  readonly readRound: number;
}

export class ReadPoll {
  readonly #patienceMs: number;
  /** The quickest first. */
  #order: NodeId[] = [];
  #patientUntil = NEVER;

  /** `patienceMs`: how long the few are waited for; 0 asks everybody at once. */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** When everybody is asked about what is not confirmed then. */
  get deadline(): Millis {
    return this.#patientUntil;
  }

  begun(now: Millis): void {
    if (this.#patientUntil === NEVER) this.#patientUntil = millis(now + this.#patienceMs);
  }

  /** Nothing waits to be confirmed any more. */
  settled(): void {
    this.#patientUntil = NEVER;
  }

  /** A peer confirmed a round: it passes those who have not confirmed as much. */
  answered(peers: ReadonlyMap<NodeId, Asked>): void {
    // Mostly the one that answered is the one that was asked, and stands first already.
    if (this.#isInOrder(peers)) return;
    const known = this.#order.filter((id) => peers.has(id));
    const added = [...peers.keys()].filter((id) => !known.includes(id));
    const round = (id: NodeId): number => peers.get(id)?.readRound ?? 0;
    this.#order = [...known, ...added].sort((a, b) => round(b) - round(a));
  }

  #isInOrder(peers: ReadonlyMap<NodeId, Asked>): boolean {
    let before = Number.POSITIVE_INFINITY;
    for (const id of this.#order) {
      const round = peers.get(id)?.readRound;
      if (round === undefined || round > before) return false;
      before = round;
    }
    return this.#order.length === peers.size;
  }

  /** Whether `peer` is to be asked about the newest round now. */
  asks(peer: NodeId, self: NodeId, { voters, outgoing }: Configuration, now: Millis): boolean {
    // Who is enough in a joint configuration, or for a leader that is no voter itself, is not worth finding out.
    if (now >= this.#patientUntil || outgoing.length > 0 || !voters.includes(self)) return true;
    let others = 0;
    let place = -1;
    for (const id of this.#order) {
      if (!voters.includes(id)) continue;
      if (id === peer) place = others;
      others += 1;
    }
    if (others < voters.length - 1) return true;
    return place >= 0 && place < voters.length >> 1;
  }
}
