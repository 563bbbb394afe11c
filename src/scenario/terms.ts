import type { Term } from '../base/brand.ts';

/** Terms by the order in which a story meets them: how many elections came to nothing differs from run to run. */
export class Terms {
  readonly #met: Term[] = [];

  meet(terms: Iterable<Term>): void {
    for (const term of [...new Set(terms)].sort((a, b) => a - b)) if (!this.#met.includes(term)) this.#met.push(term);
  }

  /** `t1`, `t2` and so on. */
  name(term: Term): string {
    this.meet([term]);
    return `t${this.#met.indexOf(term) + 1}`;
  }
}
