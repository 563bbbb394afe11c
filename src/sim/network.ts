/** Connections between simulated nodes: in order and whole, as TCP's, until a fault stands in front of them. */
import { assert } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { Message } from '../raft/messages.ts';
import type { Transport } from '../replica/ports.ts';
import { decodeMessage, encodeMessage } from '../wire/raft-codec.ts';
import type { Span } from './disk.ts';
import type { EventQueue } from './event-queue.ts';

export interface NetworkParts {
  readonly queue: EventQueue;
  readonly random: Random;
  readonly latencyMs: Span;
  /** Which life of a node a connection ends at: what was sent to an earlier one is lost. */
  readonly lifeOf: (id: NodeId) => number;
  readonly deliver: (message: Message) => void;
}

/** Text costs more than all the rest of a message's way; a codec that depends on it would show by every eighth. */
const TEXT_EVERY = 8;

export class SimNetwork {
  readonly #parts: NetworkParts;
  /** When the last message on a link arrives: none overtakes it. */
  readonly #busyUntil = new Map<string, number>();
  /** Counts the connections between two nodes. */
  readonly #connections = new Map<string, number>();
  /** Links on which even what is on its way is lost. */
  readonly #severed = new Map<string, number>();
  /** Second copies, of which share and how late; null: none. */
  echo: { readonly probability: number; readonly delayMs: Span } | null = null;
  sent = 0;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** Every message is taken apart and put together as for a wire, so no two nodes share an object; many go through their text. */
  readonly transport: Transport = {
    send: (message) => {
      const { from, to } = message;
      const { method, params } = encodeMessage(message);
      const text = this.sent % TEXT_EVERY === 0 ? JSON.stringify(params) : null;
      const life = this.#parts.lifeOf(to);
      const connection = this.#connection(from, to);
      this.sent += 1;
      const arrive = (): void => {
        if (this.#parts.lifeOf(to) !== life || this.#connection(from, to) !== connection) return;
        if (this.#severed.has(`${from}>${to}`)) return;
        const decoded = decodeMessage(method, text === null ? params : JSON.parse(text), from, to);
        assert(decoded.ok, 'what a node sends, its peer can read', () => decoded);
        this.#parts.deliver(decoded.message);
      };
      this.#parts.queue.after(this.#travelMs(from, to), arrive);
      if (this.echo !== null && this.#parts.random.next() < this.echo.probability)
        this.#parts.queue.after(this.#drawn(this.echo.delayMs), arrive);
    },
  };

  /** One way, until the returned function is called; a link may be severed more than once. */
  sever(from: NodeId, to: NodeId): () => void {
    const link = `${from}>${to}`;
    this.#severed.set(link, (this.#severed.get(link) ?? 0) + 1);
    return () => {
      const left = (this.#severed.get(link) ?? 1) - 1;
      if (left > 0) this.#severed.set(link, left);
      else this.#severed.delete(link);
    };
  }

  /** Both directions of a connection end; what was on its way is lost. */
  reset(a: NodeId, b: NodeId): void {
    this.#connections.set(pair(a, b), this.#connection(a, b) + 1);
  }

  /** How long a packet takes when nothing stands in its way. */
  latency(): number {
    return this.#drawn(this.#parts.latencyMs);
  }

  #travelMs(from: NodeId, to: NodeId): number {
    const { now } = this.#parts.queue;
    const link = `${from}>${to}`;
    const arrives = Math.max(now + this.latency(), this.#busyUntil.get(link) ?? 0);
    this.#busyUntil.set(link, arrives);
    return arrives - now;
  }

  #drawn([from, to]: Span): number {
    return from + this.#parts.random.next() * (to - from);
  }

  #connection(a: NodeId, b: NodeId): number {
    return this.#connections.get(pair(a, b)) ?? 0;
  }
}

const pair = (a: NodeId, b: NodeId): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** A message in a few words. */
export function messageWords(message: Message): string {
  const route = `${message.from}>${message.to} t${message.term}`;
  switch (message.type) {
    case 'append-request': {
      const { previous, entries, commit, readRound } = message;
      return `${route} append after ${previous.index}/${previous.term} +${entries.length} commit ${commit} round ${readRound}`;
    }
    case 'append-reply':
      return `${route} ${message.matched === null ? 'mismatch' : `matched ${message.matched}`} hint ${message.hint.index} round ${message.readRound}`;
    case 'vote-request':
      return `${route} ${message.preVote ? 'pre-vote' : 'vote'}? last ${message.last.index}/${message.last.term}`;
    case 'vote-reply':
      return `${route} ${message.preVote ? 'pre-vote' : 'vote'} ${message.granted ? 'granted' : `refused: ${message.refusal}`}`;
    case 'timeout-now':
      return `${route} timeout-now`;
    case 'read-index-request':
      return `${route} read index? ${message.read}`;
    case 'read-index-reply':
      return `${route} read index ${message.index ?? 'none'} for ${message.read}`;
    case 'install-snapshot':
      return `${route} snapshot ${message.snapshot.last.index} from byte ${message.offset} of ${message.snapshot.sizeBytes}`;
    case 'install-snapshot-reply':
      return `${route} snapshot ${message.last.index} next byte ${message.next}`;
  }
}
