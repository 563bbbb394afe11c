/** What one node's disk has promised, over all its lives: the log after a crash may be none but what it could be. */
import { assert } from '../base/assert.ts';
import { type Term, term } from '../base/brand.ts';
import type { Entry, HardState, PersistBatch } from '../raft/messages.ts';
import type { LogStore, Recovered } from '../replica/ports.ts';

const NOTHING: HardState = { term: term(0), votedFor: null, repairFrom: null };

export class DiskLedger {
  readonly #node: string;
  /** Terms of the entries that were acknowledged, from index 1. */
  #terms: Term[] = [];
  #hardState: HardState = NOTHING;
  #pending: PersistBatch[] = [];
  /**
   * All entries that the disk was given, in order, but for those that were lost: what was replaced stands in the files still,
   * and damage before its replacement brings it back.
   */
  readonly #history: Entry[] = [];

  constructor(node: string) {
    this.#node = node;
  }

  /** Watches a store; nothing about it changes. */
  watch(store: LogStore): LogStore {
    return {
      append: (batch, done) => {
        this.#pending.push(batch);
        this.#history.push(...batch.entries);
        store.append(batch, (error) => {
          if (error === null) this.#acknowledge();
          done(error);
        });
      },
      get isFull() {
        return store.isFull;
      },
      syncTimes: () => store.syncTimes(),
      close: (done) => store.close(done),
    };
  }

  /** Throws InvariantViolation when an acknowledged batch is gone, or something else stands in its place; `rotten`: bits were turned. */
  checkRecovered(recovered: Recovered, rotten: boolean): void {
    const { entries, hardState } = recovered;
    const terms = entries.map((entry) => entry.term);
    // An earlier start may have mended the log already, and ended before it was open.
    const isMended = hardState.repairFrom !== null && hardState.repairFrom !== this.#hardState.repairFrom;
    if (recovered.damage === null && !isMended) this.#checkWhole(terms, hardState);
    else {
      assert(rotten, 'only rot damages a log', () => ({ node: this.#node, damage: recovered.damage }));
      this.#checkRepairing(terms, hardState);
    }
    this.#terms = terms;
    this.#hardState = hardState;
    this.#pending = [];
  }

  /** What is left was the log once, and nothing that the node said counts in the term that it begins with. */
  #checkRepairing(terms: readonly Term[], { term: now, votedFor, repairFrom }: HardState): void {
    const known = Math.max(this.#hardState.term, ...this.#terms);
    const isNewTerm = now > known && votedFor === null && repairFrom === now;
    assert(isNewTerm, 'a repair begins in a new term', () => ({ node: this.#node, known, now, votedFor, repairFrom }));
    const given = whenItWas(this.#history, terms);
    assert(given !== null, 'what a damaged log still has was once its whole', () => ({
      node: this.#node,
      recovered: terms.length,
    }));
    this.#history.length = given;
  }

  #checkWhole(terms: readonly Term[], hardState: HardState): void {
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
    const known = states.some((state) => isSame(state, hardState));
    assert(known, 'term and vote are there after a restart', () => ({ node: this.#node, hardState, states }));
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

/** After how many of the entries that it was given the log was last this; null: never. */
function whenItWas(history: readonly Entry[], terms: readonly Term[]): number | null {
  const log: Term[] = [];
  let found = terms.length === 0 ? 0 : null;
  for (const [at, { index, term: given }] of history.entries()) {
    log.length = Math.min(log.length, index - 1);
    log.push(given);
    if (isEqual(log, terms)) found = at + 1;
  }
  return found;
}

function isSame(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.votedFor === b.votedFor && a.repairFrom === b.repairFrom;
}
