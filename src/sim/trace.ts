/** Everything that happened, as one number; the last of it in words. */
import { StateHash } from '../kv/state-hash.ts';
import type { Message } from '../raft/messages.ts';
import { messageWords } from './network.ts';

export interface TraceLine {
  readonly step: number;
  /** Virtual milliseconds since the beginning. */
  readonly atMs: number;
  /** A node, a client, or the simulation itself. */
  readonly who: string;
  readonly what: string;
}

/** What is kept of a line until somebody asks for its words. */
interface Noted extends Omit<TraceLine, 'what'> {
  readonly what: string | Message;
}

const KEPT_LINES = 60;

export class Trace {
  readonly #hash = new StateHash();
  readonly #last: Noted[] = [];
  readonly #now: () => number;
  readonly #sink: ((line: TraceLine) => void) | null;
  #steps = 0;

  constructor(now: () => number, sink: ((line: TraceLine) => void) | null) {
    this.#now = now;
    this.#sink = sink;
  }

  get steps(): number {
    return this.#steps;
  }

  /** `what`: words, or a message that arrived. */
  note(who: string, what: string | Message): void {
    const line = { step: this.#steps, atMs: this.#now(), who, what };
    this.#steps += 1;
    this.#hash.number(Math.floor(line.atMs * 1_000));
    this.#hash.text(who);
    if (typeof what === 'string') this.#hash.text(what);
    else this.#message(what);
    this.#last[line.step % KEPT_LINES] = line;
    this.#sink?.(told(line));
  }

  /** Fourteen hexadecimal digits, the same for the same history. */
  hash(): string {
    return this.#hash.value().toString(16).padStart(14, '0');
  }

  /** The newest lines, oldest first; at most sixty. */
  last(count: number): readonly TraceLine[] {
    const kept = Math.min(count, this.#last.length);
    return Array.from({ length: kept }, (_, i) => this.#last[(this.#steps - kept + i) % KEPT_LINES])
      .filter((line) => line !== undefined)
      .map(told);
  }

  /** The two kinds that nearly all messages are of count by their numbers: to put them into words costs more than to carry them out. */
  #message(message: Message): void {
    const hash = this.#hash;
    if (message.type === 'append-request') {
      const { from, term, previous, entries, commit, readRound } = message;
      hash.text(from);
      for (const number of [term, previous.index, previous.term, entries.length, commit, readRound]) hash.number(number);
    } else if (message.type === 'append-reply') {
      const { from, term, matched, hint, readRound } = message;
      hash.text(from);
      for (const number of [term, matched === null ? 0 : matched + 1, hint.index, hint.term, readRound]) hash.number(number);
    } else hash.text(messageWords(message));
  }
}

function told({ step, atMs, who, what }: Noted): TraceLine {
  return { step, atMs, who, what: typeof what === 'string' ? what : messageWords(what) };
}
