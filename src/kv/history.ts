/**
 * The newest changes, one to a revision, with what each of them replaced: enough to read the store as it was at any of these
 * revisions, to list what became of a key, and to tell watchers what happened since. Bounded by the changes themselves, so the
 * same log gives the same history; a snapshot carries none, so a store that was built from one remembers what came after it.
 */
import { assert } from '../base/assert.ts';
import { type ClusterTime, type LogIndex, type Revision, revision } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { KeyValue } from './commands.ts';

/** The entry that made a change: its place, the leader's clock, and the session of the client; null for a caller without one. */
export interface Origin {
  readonly index: LogIndex;
  readonly time: ClusterTime;
  readonly session: number | null;
}

interface Changed {
  readonly revision: Revision;
  readonly origin: Origin;
}
/** What one entry changed; `previous` is what was there. */
export type Change =
  | (Changed & {
      readonly type: 'put';
      readonly kv: KeyValue;
      readonly previous: KeyValue | null;
      /** The deletion of this key before it was created anew; null for an update, and when there is none or it is forgotten. */
      readonly deletedAt: Revision | null;
    })
  | (Changed & { readonly type: 'delete'; readonly key: string; readonly previous: KeyValue });

/** A version of a key, or its deletion. The origin is null when the change itself is forgotten and only what it wrote is known. */
export type Version =
  | { readonly type: 'put'; readonly revision: Revision; readonly kv: KeyValue; readonly origin: Origin | null }
  | { readonly type: 'delete'; readonly revision: Revision; readonly key: string; readonly origin: Origin };

export interface HistoryLimits {
  /** Revisions that can be gone back. */
  readonly changes: number;
  /** UTF-16 units of the keys and values that were written and replaced. */
  readonly units: number;
}
/** Limits for so many revisions of values that are as large as those the usual limits are made for. */
export function remembering(changes: number): HistoryLimits {
  const { historyChanges, historyUnits } = LIMITS;
  return { changes, units: Math.round((Math.max(changes, historyChanges) / historyChanges) * historyUnits) };
}

const HISTORY_LIMITS: HistoryLimits = { changes: LIMITS.historyChanges, units: LIMITS.historyUnits };

export type ReadonlyHistory = Omit<History, 'add' | 'deletionOf' | 'shared'>;

const FIRST_LENGTH = 64;

export class History {
  readonly #limits: HistoryLimits;
  /** The change of revision r is at r modulo the length. */
  #ring = new Array<Change | null>(FIRST_LENGTH).fill(null);
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
    return at > this.#base && at <= this.#newest ? (this.#ring[at % this.#ring.length] ?? null) : null;
  }

  /** The same version, as the change that wrote it holds it: so that no second copy is kept. */
  shared(kv: KeyValue): KeyValue {
    const change = this.changeOf(kv.modRevision);
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
    else if (kept === this.#ring.length) this.#grow();
    this.#ring[change.revision % this.#ring.length] = change;
    this.#newest = change.revision;
    this.#units += unitsOf(change);
    if (change.type === 'delete') this.#deletions.set(change.key, change.revision);
    else if (this.#deletions.size > 0) this.#deletions.delete(change.kv.key);
    while (this.#units > this.#limits.units) this.#forgetOldest();
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

  #grow(): void {
    const grown = new Array<Change | null>(2 * this.#ring.length).fill(null);
    for (const change of this.#ring) if (change !== null) grown[change.revision % grown.length] = change;
    this.#ring = grown;
  }

  #forgetOldest(): void {
    const oldest = revision(this.#base + 1);
    const place = oldest % this.#ring.length;
    const change = this.#ring[place] ?? null;
    assert(change !== null && oldest <= this.#newest, 'what is kept can be forgotten', () => [oldest, this.#newest]);
    this.#ring[place] = null;
    this.#base = oldest;
    this.#units -= unitsOf(change);
    if (change.type === 'delete' && this.#deletions.get(change.key) === oldest) this.#deletions.delete(change.key);
  }
}

/** What a version is held by twice, as written and as replaced, counts twice. */
function unitsOf(change: Change): number {
  return unitsOfVersion(change.type === 'put' ? change.kv : null) + unitsOfVersion(change.previous);
}

function unitsOfVersion(kv: KeyValue | null): number {
  return kv === null ? 0 : kv.key.length + kv.value.length;
}
