/**
 * The keys with their versions. The newest version of each key lies in one skip list. What a write replaces or deletes is
 * dropped, unless a reader has pinned a revision that still sees it: then it moves to a second list, the past, which is
 * empty when nobody stands still. So a pin costs nothing but what is written while it lasts, and the newest state is
 * walked and counted as if there were no pins.
 */
import { assert } from '../base/assert.ts';
import type { Revision } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import { seededRandom } from '../base/random.ts';
import type { Page } from './blocks.ts';
import type { KeyValue } from './commands.ts';
import { compareKeys, keyAfter } from './key-order.ts';
import { type PackedKey, PackedValues } from './packed-values.ts';
import { PlaceCache } from './place-cache.ts';
import { type ReadonlySkipList, SkipList } from './skip-list.ts';
import type { RestoredRecord } from './snapshot-records.ts';
import { StateSum } from './state-hash.ts';

/** A former version and the revision that ended it: it is seen at revisions in [kv.modRevision, until). */
interface PastVersion {
  readonly kv: KeyValue;
  readonly until: Revision;
}

/** A reader's right to a revision. `lapsed` when it was given up, because too much was written since. */
export interface Pin {
  readonly revision: Revision;
  readonly lapsed: boolean;
}
interface HeldPin {
  readonly revision: Revision;
  readonly lasting: boolean;
  lapsed: boolean;
  /** Keys before this one are not asked for any more: a walk has gone by them. */
  from: string;
}

/** Keys that a walk passes over in one call, at most: a millisecond or two. */
const MOST_PASSED = 1_024;

/** A walk has passed over many keys that its pin does not see, and goes on from here. */
export class Passed {
  readonly from: string;

  constructor(from: string) {
    this.from = from;
  }
}

/** Keys of the past looked at with each write while a sweep is under way. */
const SWEEP_STEP = 8;
const SEED = 0x5eed;

export class Versions {
  readonly #values: PackedValues;
  readonly #newest: SkipList<KeyValue>;
  /** Of slots, counted from 1: to look at a key by its slot takes one look at the memory less than by its place. */
  readonly #places = new PlaceCache((place) => this.#newest.keyInSlot(place - 1));
  #past = new SkipList<PastVersion[]>(seededRandom(SEED));
  #pastVersions = 0;
  /** Ascending by revision, since revisions only grow. */
  #pins: HeldPin[] = [];
  /** Where the sweep that follows the end of a pin goes on; null when there is nothing to sweep. */
  #sweepFrom: string | null = null;
  readonly #mostPast: number;

  /** `sum` is kept equal to the parts of all keys, and whatever else its owner adds. */
  constructor(mostPast: number = LIMITS.pinnedVersions, sum: StateSum = new StateSum()) {
    this.#values = new PackedValues(sum);
    this.#newest = new SkipList<KeyValue>(seededRandom(SEED), null, this.#values);
    this.#mostPast = mostPast;
  }

  /** The newest state, for reading only. */
  get newest(): ReadonlySkipList<KeyValue> {
    return this.#newest;
  }

  get pins(): number {
    return this.#pins.length;
  }

  /** Former versions that pins hold back. */
  get pastVersions(): number {
    return this.#pastVersions;
  }

  get(key: string): KeyValue | null {
    const slot = this.#find(key);
    return slot === null ? null : this.#newest.payloadInSlot(slot);
  }

  /** `at` is the revision of the change, a new one. */
  put(key: string, value: string, at: Revision): { readonly kv: KeyValue; readonly previous: KeyValue | null } {
    let kv: KeyValue = { key, value, createRevision: at, modRevision: at, version: 1 };
    const following = (before: KeyValue): KeyValue => {
      const { createRevision, version } = before;
      // The first copy of the key stays, so that an update leaves no second one alive.
      kv = { key: before.key, value, createRevision, modRevision: at, version: version + 1 };
      return kv;
    };
    const place = this.#places.find(key);
    let previous: KeyValue | null;
    if (place === 0) {
      previous = this.#newest.update(key, (before) => (before === null ? kv : following(before)));
      this.#remember(key, this.#newest.slotAt(this.#newest.touched));
    } else {
      previous = this.#newest.payloadInSlot(place - 1);
      this.#values.set(place - 1, following(previous));
    }
    if (previous !== null) this.#keep(previous, at);
    return { kv, previous };
  }

  /** Puts a key back as a snapshot's chunk holds it; they come in the order of the keys. */
  restore(key: string, record: RestoredRecord, chunk: Page): void {
    const slot = this.#newest.appendSlot(key);
    this.#values.restore(slot, key, record, chunk);
    this.#places.gather(key, slot + 1, this.#newest.size);
  }

  /** All that was put back can be found from now on. */
  restored(): void {
    this.#places.settle(this.#newest.size);
  }

  /** `at` is the revision of the deletion. */
  delete(key: string, at: Revision): KeyValue | null {
    const before = this.#newest.delete(key);
    if (before !== null) this.#keep(before, at);
    return before;
  }

  /** `now` is the newest revision. To be ended with `unpin`; one that is `lasting` never lapses, however much is written. */
  pin(now: Revision, lasting = false): Pin {
    const newest = this.#pins.at(-1);
    assert(newest === undefined || newest.revision <= now, 'revisions only grow', () => ({ pinned: newest, now }));
    const pin: HeldPin = { revision: now, lasting, lapsed: false, from: '' };
    this.#pins.push(pin);
    return pin;
  }

  /** Ending a pin twice is harmless. */
  unpin(pin: Pin): void {
    const left = this.#pins.filter((each) => each !== pin);
    if (left.length === this.#pins.length) return;
    this.#pins = left;
    if (left.length > 0) {
      this.#sweepFrom = '';
      return;
    }
    this.#past = new SkipList<PastVersion[]>(seededRandom(SEED));
    this.#pastVersions = 0;
    this.#sweepFrom = null;
  }

  /** The key as it was at the revision of `pin`, which must neither have lapsed nor ended. */
  getAt(key: string, pin: Pin): KeyValue | null {
    const kv = this.get(key);
    if (kv !== null && kv.modRevision <= pin.revision) return kv;
    return versionAt(this.#past.find(key), pin.revision);
  }

  /**
   * A walk over the keys that existed at the revision of `pin`: each call returns the least at or after `from`, which
   * never goes back, or null when there is none before `end`.
   */
  walkAt(pin: Pin): (from: string, end: string | null) => KeyValue | null {
    const next = this.#walk(
      pin,
      (slot, key) => this.#values.get(slot, key),
      (kv) => kv,
    );
    return (start, end) => {
      for (let from = start; ; ) {
        const found = next(from, end);
        if (!(found instanceof Passed)) return found;
        ({ from } = found);
      }
    };
  }

  /**
   * The same walk over keys with their values as bytes, which are good until the next change. Where many keys in a row are newer
   * than the pin, it says from where to go on, so that nobody is kept waiting. The pin serves this walk alone: what it has gone by is
   * kept for it no longer.
   */
  packedWalkAt(pin: Pin): (from: string, end: string | null) => PackedKey | Passed | null {
    const held = this.#pins.find((each) => each === pin);
    const next = this.#walk(
      pin,
      (slot, key) => ({ key, ...this.#values.record(slot) }),
      (kv) => {
        const bytes = Buffer.from(kv.value);
        return { ...kv, bytes, valueAt: 0, valueBytes: bytes.length };
      },
    );
    return (from, end) => {
      if (held !== undefined) held.from = from;
      return next(from, end);
    };
  }

  #walk<T>(
    pin: Pin,
    ofNewest: (slot: number, key: string) => T,
    ofPast: (kv: KeyValue) => T,
  ): (from: string, end: string | null) => T | Passed | null {
    const newest = new Walker(this.#newest);
    const past = new Walker(this.#past);
    return (start, end) => {
      let from = start;
      for (let steps = 0; steps < MOST_PASSED; steps += 1) {
        newest.move(from);
        past.move(from);
        const key = lesser(newest.key, past.key);
        if (key === null || (end !== null && compareKeys(key, end) >= 0)) return null;
        const slot = newest.key === key ? newest.slot : null;
        if (slot !== null && this.#values.modRevision(slot) <= pin.revision) return ofNewest(slot, key);
        const former = past.key === key ? versionAt(past.payload, pin.revision) : null;
        if (former !== null) return ofPast(former);
        from = keyAfter(key);
      }
      return new Passed(from);
    };
  }

  #find(key: string): number | null {
    const known = this.#places.find(key);
    if (known !== 0) return known - 1;
    const place = this.#newest.seek(key);
    if (place === 0 || this.#newest.keyAt(place) !== key) return null;
    const slot = this.#newest.slotAt(place);
    this.#remember(key, slot);
    return slot;
  }

  #remember(key: string, slot: number): void {
    this.#places.add(key, slot + 1, this.#newest.size);
  }

  #keep(kv: KeyValue, until: Revision): void {
    this.#sweep();
    if (!this.#isWanted(kv)) return;
    const versions = this.#past.find(kv.key);
    if (versions === null) this.#past.set(kv.key, [{ kv, until }]);
    else versions.push({ kv, until });
    this.#pastVersions += 1;
    // While a sweep is under way, room is being made already: it is quicker than the writes.
    if (this.#pastVersions <= this.#mostPast || this.#sweepFrom !== null) return;
    const oldest = this.#pins.find(({ lasting }) => !lasting);
    if (oldest === undefined) return;
    oldest.lapsed = true;
    this.unpin(oldest);
  }

  /** Whether some pin sees this version, which is the newest one, and may come to its key. */
  #isWanted({ key, modRevision }: KeyValue): boolean {
    for (let at = this.#pins.length - 1; at >= 0; at -= 1) {
      const pin = this.#pins[at];
      if (pin === undefined || pin.revision < modRevision) return false;
      if (compareKeys(key, pin.from) >= 0) return true;
    }
    return false;
  }

  /** Drops what no pin sees any more, a few keys at a time, so that ending a pin never stops the node. */
  #sweep(): void {
    if (this.#sweepFrom === null) return;
    for (let i = 0; i < SWEEP_STEP; i += 1) {
      const place = this.#past.seek(this.#sweepFrom);
      if (place === 0) {
        this.#sweepFrom = null;
        return;
      }
      const key = this.#past.keyAt(place);
      const versions = this.#past.payloadAt(place);
      const seen = versions.filter((version) => this.#isSeen(version));
      this.#pastVersions -= versions.length - seen.length;
      if (seen.length === 0) this.#past.delete(key);
      else if (seen.length < versions.length) this.#past.set(key, seen);
      this.#sweepFrom = keyAfter(key);
    }
  }

  #isSeen({ kv, until }: PastVersion): boolean {
    return this.#pins.some((pin) => pin.revision >= kv.modRevision && pin.revision < until);
  }
}

function versionAt(versions: readonly PastVersion[] | null, at: Revision): KeyValue | null {
  return versions?.find(({ kv, until }) => kv.modRevision <= at && at < until)?.kv ?? null;
}

function lesser(a: string | null, b: string | null): string | null {
  if (a === null) return b;
  if (b === null) return a;
  return compareKeys(a, b) <= 0 ? a : b;
}

/** Finds keys in ascending order without searching anew for each, as long as the list does not change meanwhile. */
class Walker<T extends object> {
  readonly #list: SkipList<T>;
  #place = 0;
  #edits = -1;

  constructor(list: SkipList<T>) {
    this.#list = list;
  }

  /** To the least key at or after `from`, which never goes back. */
  move(from: string): void {
    if (this.#edits !== this.#list.edits) {
      this.#place = this.#list.seek(from);
      this.#edits = this.#list.edits;
    }
    while (this.#place !== 0 && compareKeys(this.#list.keyAt(this.#place), from) < 0) this.#place = this.#list.next(this.#place);
  }

  get key(): string | null {
    return this.#place === 0 ? null : this.#list.keyAt(this.#place);
  }

  get slot(): number | null {
    return this.#place === 0 ? null : this.#list.slotAt(this.#place);
  }

  get payload(): T | null {
    return this.#place === 0 ? null : this.#list.payloadAt(this.#place);
  }
}
