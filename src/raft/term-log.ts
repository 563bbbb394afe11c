import { after, type LogIndex, logIndex, type Term } from '../base/brand.ts';

/** The terms of one log's entries from some index on, as far as they are known. */
export class TermLog {
  /** The index before the first entry. */
  #base: LogIndex;
  #terms: Term[] = [];

  constructor(base: LogIndex) {
    this.#base = base;
  }

  get base(): LogIndex {
    return this.#base;
  }

  get last(): LogIndex {
    return after(this.#base, this.#terms.length);
  }

  /** Undefined where nothing is known. */
  at(index: number): Term | undefined {
    return this.#terms[index - this.#base - 1];
  }

  push(term: Term): void {
    this.#terms.push(term);
  }

  /** Forgets what is after `last`. */
  cutTo(last: number): void {
    this.#terms.length = Math.max(0, Math.min(this.#terms.length, last - this.#base));
  }

  /** Forgets what is not after `base`. */
  startAfter(base: number): void {
    if (base <= this.#base) return;
    this.#terms = this.#terms.slice(base - this.#base);
    this.#base = logIndex(base);
  }
}
