/**
 * The newest changes, one to a revision, with what each of them replaced: enough to read the store as it was at any of these
 * revisions, to list what became of a key, and to tell watchers what happened since. Bounded by the changes themselves, so the
 * same log gives the same history; a snapshot carries none, so a store that was built from one remembers what came after it.
 */
import { assert } from '../base/assert.ts';
import { type Revision, revision } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import { type Change, type Origin, unitsOf } from './change.ts';
import type { KeyValue } from './commands.ts';
import { PackedChanges } from './packed-changes.ts';

export type { Change, Origin } from './change.ts';

/** A version of a key, or its deletion. The origin is null when the change itself is forgotten and only what it wrote is known. */
export type Version =
  | { readonly type: 'put'; readonly revision: Revision; readonly kv: KeyValue; readonly origin: Origin | null }
  | { readonly type: 'delete'; readonly revision: Revision; readonly key: string; readonly origin: Origin };

export interface HistoryLimits {
  /** Revisions that can be gone back. */
  readonly changes: number;
  /** UTF-16 units of the keys and values that were written and replaced. */
  readonly units: number;
  /** So many of the newest, or twice as many, are not packed; not given: LIMITS.looseChanges. */
  readonly loose?: number;
}
/** Limits for so many revisions of values that are as large as those the usual limits are made for. */
export function remembering(changes: number): HistoryLimits {
  const { historyChanges, historyUnits } = LIMITS;
  return { changes, units: Math.round((Math.max(changes, historyChanges) / historyChanges) * historyUnits) };
}

const HISTORY_LIMITS: HistoryLimits = { changes: LIMITS.historyChanges, units: LIMITS.historyUnits };

export type ReadonlyHistory = Omit<History, 'add' | 'deletionOf' | 'shared'>;

export class History {
  readonly #limits: HistoryLimits;
  /** The older ones; those after them are in `#loose`. */
  readonly #packed = new PackedChanges();
  readonly #loose: Change[] = [];
  /** The changes after this revision are remembered. */
  #base: Revision;
  #newest: Revision;
  #units = 0;
  /** Keys whose newest change is a deletion that is remembered. */
  readonly #deletions = new Map<string, Revision>();

  /** `from` is the revision of a store whose earlier changes nobody remembers. */
  constructor(from: Revision, limits: HistoryLimits = HISTORY_LIMITS) {
    this.#limits = limits;
    this.#base = from;
    this.#newest = from;
  }

  /** The oldest revision at which the store can be read; the changes after it are all here. */
  get compactedBelow(): Revision {
    return this.#base;
  }

  get newest(): Revision {
    return this.#newest;
  }

  /** UTF-16 units of what is kept. */
  get units(): number {
    return this.#units;
  }

  /** The change that made `at`; null when it is forgotten or has not happened. */
  changeOf(at: number): Change | null {
    const place = at - this.#base - 1;
    if (place < 0 || at > this.#newest) return null;
    return place < this.#packed.length
      ? this.#packed.get(place, revision(at))
      : (this.#loose[place - this.#packed.length] ?? null);
  }

  /** The key of that change. */
  keyOf(at: number): string | null {
    const place = at - this.#base - 1;
    if (place >= 0 && place < this.#packed.length) return this.#packed.keyAt(place);
    const change = this.changeOf(at);
    return change === null ? null : keyOfChange(change);
  }

  /** The same version, as the change that wrote it holds it, if that is a recent one: so that no second copy is kept. */
  shared(kv: KeyValue): KeyValue {
    const place = kv.modRevision - this.#base - 1 - this.#packed.length;
    // V8 would make a text of a negative place and look that up.
    const change = place < 0 ? undefined : this.#loose[place];
    return change?.type === 'put' ? change.kv : kv;
  }

  /** When `key` was deleted, if that is its newest change and is remembered. */
  deletionOf(key: string): Revision | null {
    return this.#deletions.get(key) ?? null;
  }

  /** The oldest changes may have to go for it, and the new one itself if it alone is too large. */
  add(change: Change): void {
    assert(change.revision === this.#newest + 1, 'every revision has one change', () => [this.#newest, change.revision]);
    const kept = this.#newest - this.#base;
    if (kept >= Math.max(1, this.#limits.changes)) this.#forgetOldest();
    this.#loose.push(change);
    this.#newest = change.revision;
    this.#units += unitsOf(change);
    if (change.type === 'delete') this.#deletions.set(change.key, change.revision);
    else if (this.#deletions.size > 0) this.#deletions.delete(change.kv.key);
    while (this.#units > this.#limits.units) this.#forgetOldest();
    const { loose = LIMITS.looseChanges } = this.#limits;
    if (this.#loose.length > 2 * loose)
      for (const old of this.#loose.splice(0, this.#loose.length - loose)) this.#packed.push(old);
  }

  /** The key as it was at `at`, not below `compactedBelow`; `now` is what it is. */
  at(key: string, now: KeyValue | null, at: Revision): KeyValue | null {
    for (const version of this.versionsOf(key, now)) {
      if (version.revision <= at) return version.type === 'put' ? version.kv : null;
    }
    return null;
  }

  /** What is known of a key, from the newest version to that of `compactedBelow`; `now` is what it is. */
  *versionsOf(key: string, now: KeyValue | null): IterableIterator<Version> {
    for (let at = now?.modRevision ?? this.deletionOf(key), kv = now; at !== null; ) {
      const change = this.changeOf(at);
      if (change === null) {
        if (kv !== null) yield { type: 'put', revision: at, kv, origin: null };
        return;
      }
      const { origin, previous } = change;
      if (change.type === 'put') yield { type: 'put', revision: at, kv: change.kv, origin };
      else yield { type: 'delete', revision: at, key, origin };
      at = previous?.modRevision ?? (change.type === 'put' ? change.deletedAt : null);
      kv = previous;
    }
  }

  #forgetOldest(): void {
    const oldest = revision(this.#base + 1);
    assert(oldest <= this.#newest, 'what is kept can be forgotten', () => [oldest, this.#newest]);
    const change = this.#packed.length === 0 ? this.#loose.shift() : undefined;
    const deleted = change === undefined ? this.#forgetPacked() : change.type === 'delete' ? change.key : null;
    if (change !== undefined) this.#units -= unitsOf(change);
    this.#base = oldest;
    if (deleted !== null && this.#deletions.get(deleted) === oldest) this.#deletions.delete(deleted);
  }

  /** The key that it deleted, if that is what it did. */
  #forgetPacked(): string | null {
    const deleted = this.#packed.isDelete(0) ? this.#packed.keyAt(0) : null;
    this.#units -= this.#packed.unitsAt(0);
    this.#packed.dropFirst();
    return deleted;
  }
}

const keyOfChange = (change: Change): string => (change.type === 'put' ? change.kv.key : change.key);
