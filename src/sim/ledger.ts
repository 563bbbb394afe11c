/** What one node's disk has promised, over all its lives: the log after a crash may be none but what it could be. */
import { assert } from '../base/assert.ts';
import { type Term, term } from '../base/brand.ts';
import type { HardState, PersistBatch } from '../raft/messages.ts';
import type { LogStore, Recovered } from '../replica/ports.ts';

const NOTHING: HardState = { term: term(0), votedFor: null };

export class DiskLedger {
  readonly #node: string;
  /** Terms of the entries that were acknowledged, from index 1. */
  #terms: Term[] = [];
  #hardState: HardState = NOTHING;
  #pending: PersistBatch[] = [];

  constructor(node: string) {
    this.#node = node;
  }

  /** Watches a store; nothing about it changes. */
  watch(store: LogStore): LogStore {
    return {
      append: (batch, done) => {
        this.#pending.push(batch);
        store.append(batch, (error) => {
          if (error === null) this.#acknowledge();
          done(error);
        });
      },
      syncTimes: () => store.syncTimes(),
      close: (done) => store.close(done),
    };
  }

  /** Throws InvariantViolation when an acknowledged batch is gone, or something else stands in its place. */
  checkRecovered({ entries, hardState }: Recovered): void {
    const terms = entries.map((entry) => entry.term);
    let expected: readonly Term[] = this.#terms;
    let found = isEqual(terms, expected);
    for (const batch of this.#pending) {
      if (found) break;
      expected = appended(expected, batch);
      found = isEqual(terms, expected);
    }
    assert(found, 'what the disk acknowledged is there after a restart', () => ({
      node: this.#node,
      acknowledged: this.#terms.length,
      pending: this.#pending.length,
      recovered: terms.length,
    }));
    const states = [this.#hardState, ...this.#pending.flatMap((batch) => batch.hardState ?? [])];
    const known = states.some((state) => state.term === hardState.term && state.votedFor === hardState.votedFor);
    assert(known, 'term and vote are there after a restart', () => ({ node: this.#node, hardState, states }));
    this.#terms = terms;
    this.#hardState = hardState;
    this.#pending = [];
  }

  #acknowledge(): void {
    const batch = this.#pending.shift();
    if (batch === undefined) return;
    this.#hardState = batch.hardState ?? this.#hardState;
    const first = batch.entries[0];
    if (first === undefined) return;
    this.#terms.length = Math.min(this.#terms.length, first.index - 1);
    for (const entry of batch.entries) this.#terms.push(entry.term);
  }
}

function appended(terms: readonly Term[], { entries }: PersistBatch): readonly Term[] {
  const first = entries[0];
  return first === undefined ? terms : [...terms.slice(0, first.index - 1), ...entries.map((entry) => entry.term)];
}

function isEqual(a: readonly Term[], b: readonly Term[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}
