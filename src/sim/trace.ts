/** Everything that happened, as one number; the last of it in words. */
import { StateHash } from '../kv/state-hash.ts';

export interface TraceLine {
  readonly step: number;
  /** Virtual milliseconds since the beginning. */
  readonly atMs: number;
  /** A node, a client, or the simulation itself. */
  readonly who: string;
  readonly what: string;
}

const KEPT_LINES = 60;

export class Trace {
  readonly #hash = new StateHash();
  readonly #last: TraceLine[] = [];
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

  note(who: string, what: string): void {
    const line = { step: this.#steps, atMs: this.#now(), who, what };
    this.#steps += 1;
    this.#hash.number(Math.floor(line.atMs * 1_000));
    this.#hash.text(who);
    this.#hash.text(what);
    this.#last[line.step % KEPT_LINES] = line;
    this.#sink?.(line);
  }

  /** Fourteen hexadecimal digits, the same for the same history. */
  hash(): string {
    return this.#hash.value().toString(16).padStart(14, '0');
  }

  /** The newest lines, oldest first; at most sixty. */
  last(count: number): readonly TraceLine[] {
    const kept = Math.min(count, this.#last.length);
    return Array.from({ length: kept }, (_, i) => this.#last[(this.#steps - kept + i) % KEPT_LINES]).filter(
      (line) => line !== undefined,
    );
  }
}
