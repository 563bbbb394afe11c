/** What one node's disk has promised, over all its lives: the log after a crash may be none but what it could be. */
import { assert } from '../base/assert.ts';
import { type Term, term } from '../base/brand.ts';
import type { EntryId, HardState, PersistBatch } from '../raft/messages.ts';
import type { LogStore, Recovered } from '../replica/ports.ts';

/** The term of an entry that a snapshot stands for. */
const UNKNOWN = term(0);

/** What the disk was given: an entry, or the end of a snapshot after which the log began anew. */
type Given = EntryId & { readonly anew: boolean };
type Found = Pick<Recovered, 'entries' | 'offset'>;

const NOTHING: HardState = { term: term(0), votedFor: null, repairFrom: null };

export class DiskLedger {
  readonly #node: string;
  /** Terms of the entries that were acknowledged, from index 1; UNKNOWN for those that only a snapshot stands for. */
  #terms: Term[] = [];
  #hardState: HardState = NOTHING;
  #pending: PersistBatch[] = [];
  /**
   * All entries that the disk was given, in order, but for those that were lost: what was replaced stands in the files still,
   * and damage before its replacement brings it back.
   */
  readonly #history: Given[] = [];

  constructor(node: string) {
    this.#node = node;
  }

  /** Watches a store; nothing about it changes. */
  watch(store: LogStore): LogStore {
    return {
      append: (batch, done) => {
        this.#pending.push(batch);
        if (batch.reset !== undefined) this.#history.push({ ...batch.reset.last, anew: true });
        for (const { index, term: at } of batch.entries) this.#history.push({ index, term: at, anew: false });
        store.append(batch, (error) => {
          if (error === null) this.#acknowledge();
          done(error);
        });
      },
      get isFull() {
        return store.isFull;
      },
      compact: (upTo, done) => store.compact(upTo, done),
      syncTimes: () => store.syncTimes(),
      close: (done) => store.close(done),
    };
  }

  /** Throws InvariantViolation when an acknowledged batch is gone, or something else stands in its place; `rotten`: bits were turned. */
  checkRecovered(recovered: Recovered, rotten: boolean): void {
    const { entries, hardState, offset } = recovered;
    // An earlier start may have mended the log already, and ended before it was open.
    const isMended = hardState.repairFrom !== null && hardState.repairFrom !== this.#hardState.repairFrom;
    if (recovered.damage === null && !isMended) this.#checkWhole(recovered);
    else {
      assert(rotten, 'only rot damages a log', () => ({ node: this.#node, damage: recovered.damage }));
      this.#checkRepairing(recovered);
    }
    if (entries.length === 0 && offset.index > 0) this.#history.push({ ...offset, anew: true });
    this.#terms = [...begun(offset), ...Array.from(entries, (entry) => entry.term)];
    this.#hardState = hardState;
    this.#pending = [];
  }

  /** What is left was the log once, and nothing that the node said counts in the term that it begins with. */
  #checkRepairing(recovered: Recovered): void {
    const { term: now, votedFor, repairFrom } = recovered.hardState;
    const known = Math.max(this.#hardState.term, ...this.#terms);
    const isNewTerm = now > known && votedFor === null && repairFrom === now;
    assert(isNewTerm, 'a repair begins in a new term', () => ({ node: this.#node, known, now, votedFor, repairFrom }));
    const given = whenItWas(this.#history, recovered);
    assert(given !== null, 'what a damaged log still has was once its whole', () => ({
      node: this.#node,
      recovered: endOf(recovered),
    }));
    this.#history.length = given;
  }

  /** A snapshot that was received may have reached the disk before the log began anew after it. */
  #checkWhole(recovered: Recovered): void {
    const { hardState, snapshot } = recovered;
    const last = snapshot?.snapshot.last ?? null;
    const fits = (log: readonly Term[]): boolean =>
      isEqual(recovered, last === null || (log[last.index - 1] ?? -1) === last.term ? log : begun(last)) ||
      isEqual(recovered, log);
    let expected: readonly Term[] = this.#terms;
    let found = fits(expected);
    for (const batch of this.#pending) {
      if (found) break;
      expected = appended(expected, batch);
      found = fits(expected);
    }
    assert(found, 'what the disk acknowledged is there after a restart', () => ({
      node: this.#node,
      acknowledged: this.#terms.length,
      pending: this.#pending.length,
      recovered: endOf(recovered),
    }));
    const states = [this.#hardState, ...this.#pending.flatMap((batch) => batch.hardState ?? [])];
    const known = states.some((state) => isSame(state, hardState));
    assert(known, 'term and vote are there after a restart', () => ({ node: this.#node, hardState, states }));
  }

  #acknowledge(): void {
    const batch = this.#pending.shift();
    if (batch === undefined) return;
    this.#hardState = batch.hardState ?? this.#hardState;
    if (batch.reset !== undefined) this.#terms = begun(batch.reset.last);
    const first = batch.entries[0];
    if (first === undefined) return;
    this.#terms.length = Math.min(this.#terms.length, first.index - 1);
    for (const entry of batch.entries) this.#terms.push(entry.term);
  }
}

/** A log of which only the last entry is known. */
function begun({ index, term: last }: EntryId): Term[] {
  return index === 0 ? [] : [...Array.from({ length: index - 1 }, () => UNKNOWN), last];
}

const endOf = ({ entries, offset }: Found): number => offset.index + entries.length;

function appended(before: readonly Term[], { entries, reset }: PersistBatch): readonly Term[] {
  const terms = reset === undefined ? before : begun(reset.last);
  const first = entries[0];
  return first === undefined ? terms : [...terms.slice(0, first.index - 1), ...entries.map((entry) => entry.term)];
}

/** Whether what was found is this log, as far as either is known. */
function isEqual({ entries, offset }: Found, log: readonly Term[]): boolean {
  if (log.length !== offset.index + entries.length) return false;
  return [offset, ...entries].every(({ index, term: at }) => index === 0 || log[index - 1] === at || log[index - 1] === UNKNOWN);
}

/** After how many of the things that it was given the log was last this; null: never. */
function whenItWas(history: readonly Given[], found: Found): number | null {
  let log: Term[] = [];
  // What a snapshot stands for may never have been in the log.
  let last = found.entries.length === 0 ? 0 : null;
  for (const [at, given] of history.entries()) {
    if (given.anew) log = begun(given);
    else {
      log.length = Math.min(log.length, given.index - 1);
      log.push(given.term);
    }
    if (isEqual(found, log)) last = at + 1;
  }
  return last;
}

function isSame(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.votedFor === b.votedFor && a.repairFrom === b.repairFrom;
}
