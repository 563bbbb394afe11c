/**
 * An ordered map from keys to payloads: Pugh's skip list (CACM 33(6), 1990) with the widths of his "cookbook" (1990),
 * so that counting a range and finding the n-th key take O(log n) steps as searching does.
 *
 * All links lie in one Int32Array, one record a key, which keeps a million keys out of the garbage collector's way:
 *
 *     record:  slot * 32 + height | previous | next[0] width[0] | next[1] width[1] | ...
 *
 * A place is the offset of a record. Place 0 is the head, which no link points to, so 0 also says "none". `width` is how
 * many keys a link steps over to its target, the target included; that of a last link means nothing.
 */
import { assert } from '../base/assert.ts';
import type { Random } from '../base/random.ts';
import { grown } from './growing.ts';
import { compareKeys, sortsAsUtf16 } from './key-order.ts';
import { Objects, type Payloads } from './payloads.ts';

/** Where a key stands; 0 is nowhere. Void after the next insertion of a new key or deletion: see `edits`. */
export type Place = number;

/** Told of every key that a search compares with, and at which level: for lessons, not for production. */
export type Probe = (key: string, level: number) => void;

export type ReadonlySkipList<T extends object> = Omit<SkipList<T>, 'set' | 'update' | 'append' | 'appendSlot' | 'delete'>;

/** One key in four reaches the next level: fewer links than with one in two, and hardly more comparisons. */
const MAX_HEIGHT = 13;
const HEADER = 2;
const HEAD: Place = 0;
const NONE: Place = 0;
const FIRST_WORDS = 1_024;
const MOST_BYTES = 2 ** 31;

export class SkipList<T extends object> {
  readonly #random: Random;
  readonly #probe: Probe | null;
  #words: Int32Array = new Int32Array(FIRST_WORDS);
  #used = HEADER + 2 * MAX_HEIGHT;
  readonly #keys: string[] = [];
  readonly #payloads: Payloads<T>;
  /** Freed records by height, chained through next[0]; a record keeps its slot. */
  readonly #free = new Int32Array(MAX_HEIGHT + 1);
  #height = 1;
  #size = 0;
  #last: Place = NONE;
  #edits = 0;
  #touched: Place = NONE;
  /** Some key, perhaps deleted since, is not ordered by UTF-16 units as by bytes. */
  #disputed = false;
  /** The last search with a path: the place before the key at each level, and how many keys are up to there. */
  readonly #path = new Int32Array(MAX_HEIGHT);
  readonly #ranks = new Int32Array(MAX_HEIGHT);
  /** The path is that to the end of the list, and nothing has searched since. */
  #pathIsEnd = false;

  /** `random` decides the heights: the same seed and operations build the same list. */
  constructor(random: Random, probe: Probe | null = null, payloads: Payloads<T> = new Objects<T>()) {
    this.#random = random;
    this.#probe = probe;
    this.#payloads = payloads;
  }

  get size(): number {
    return this.#size;
  }

  /** Levels in use, for people. */
  get height(): number {
    return this.#height;
  }

  /** Counts insertions of new keys and deletions: while it stands still, places stay good. */
  get edits(): number {
    return this.#edits;
  }

  /** Where the key stands that was set, updated or appended last. */
  get touched(): Place {
    return this.#touched;
  }

  find(key: string): T | null {
    const place = this.seek(key);
    return place !== NONE && this.keyAt(place) === key ? this.payloadAt(place) : null;
  }

  /** Maps `key` to `payload`; returns what it was mapped to before, or null. */
  set(key: string, payload: T): T | null {
    return this.update(key, () => payload);
  }

  /** Like `set`, with a payload made from the former one: one search for both. `make` must leave the list alone. */
  update(key: string, make: (before: T | null) => T): T | null {
    const found = this.#locate(key);
    if (found === NONE) {
      const payload = make(null);
      this.#payloads.set(this.#insert(key), payload);
      return null;
    }
    this.#touched = found;
    const before = this.payloadAt(found);
    this.#payloads.set(this.slotAt(found), make(before));
    return before;
  }

  /** Maps a key that sorts after all others, without a search when the call before was one of these too. */
  append(key: string, payload: T): void {
    this.#payloads.set(this.appendSlot(key), payload);
  }

  /** Like `append`, but the caller sets the payload of the slot that it gets, at once. */
  appendSlot(key: string): number {
    if (!this.#pathIsEnd) this.#locateEnd();
    assert(this.#last === NONE || compareKeys(this.keyAt(this.#last), key) < 0, 'appended keys ascend');
    const slot = this.#insert(key);
    for (let level = this.heightAt(this.#last) - 1; level >= 0; level -= 1) {
      this.#path[level] = this.#last;
      this.#ranks[level] = this.#size;
    }
    return slot;
  }

  /** Returns what the key was mapped to, or null when it was absent. */
  delete(key: string): T | null {
    const place = this.#locate(key);
    if (place === NONE) return null;
    const payload = this.payloadAt(place);
    this.#unlink(place);
    return payload;
  }

  /** The first place at or after `key`. */
  seek(key: string): Place {
    return this.next(this.#before(key));
  }

  /** The last place strictly before `key`. */
  seekBefore(key: string): Place {
    return this.#before(key);
  }

  get first(): Place {
    return this.next(HEAD);
  }

  get last(): Place {
    return this.#last;
  }

  next(place: Place): Place {
    return this.#word(place + HEADER);
  }

  previous(place: Place): Place {
    return this.#word(place + 1);
  }

  keyAt(place: Place): string {
    return this.#keys[this.slotAt(place)] ?? '';
  }

  payloadAt(place: Place): T {
    assert(place !== NONE, 'a place holds a key');
    return this.payloadInSlot(this.slotAt(place));
  }

  /** '' when no key is in it any more. */
  keyInSlot(slot: number): string {
    return this.#keys[slot] ?? '';
  }

  payloadInSlot(slot: number): T {
    return this.#payloads.get(slot, this.keyInSlot(slot));
  }

  /** Under which number `Payloads` has it. */
  slotAt(place: Place): number {
    return this.#word(place) >>> 5;
  }

  /** How many levels the key at `place` reaches, for people. */
  heightAt(place: Place): number {
    return this.#word(place) & 31;
  }

  /** How many keys are strictly before `key`. */
  rank(key: string): number {
    const natural = this.#natural(key);
    let at = HEAD;
    let rank = 0;
    let known = NONE;
    for (let level = this.#height - 1; level >= 0; level -= 1) {
      for (;;) {
        const next = this.#word(at + HEADER + 2 * level);
        if (next === known || !this.#isBefore(next, key, natural, level)) {
          known = next;
          break;
        }
        rank += this.#word(at + HEADER + 2 * level + 1);
        at = next;
      }
    }
    return rank;
  }

  /** The place of the key with `rank` keys before it; none when there are not so many. */
  placeOf(rank: number): Place {
    if (rank < 0 || rank >= this.#size) return NONE;
    let at = HEAD;
    let left = rank + 1;
    for (let level = this.#height - 1; level >= 0; level -= 1) {
      for (;;) {
        const link = at + HEADER + 2 * level;
        const width = this.#word(link + 1);
        if (this.#word(link) === NONE || width > left) break;
        left -= width;
        at = this.#word(link);
      }
    }
    return at;
  }

  #word(offset: number): number {
    return this.#words[offset] ?? 0;
  }

  #natural(key: string): boolean {
    return !this.#disputed || sortsAsUtf16(key);
  }

  /** Whether the key at `place` sorts before `key`; false for no place, so that a level's end needs no test of its own. */
  #isBefore(place: Place, key: string, natural: boolean, level: number): boolean {
    if (place === NONE) return false;
    const other = this.keyAt(place);
    if (this.#probe !== null) this.#probe(other, level);
    return natural ? other < key : compareKeys(other, key) < 0;
  }

  /** The last record before `key`, the head when there is none. */
  #before(key: string): Place {
    const natural = this.#natural(key);
    let at = HEAD;
    // A key that was too far on one level need not be compared again on the next.
    let known = NONE;
    for (let level = this.#height - 1; level >= 0; level -= 1) {
      let next = this.#word(at + HEADER + 2 * level);
      while (next !== known && this.#isBefore(next, key, natural, level)) {
        at = next;
        next = this.#word(at + HEADER + 2 * level);
      }
      known = next;
    }
    return at;
  }

  /** Like `#before`, and notes the path; returns the place of `key` itself, or none. */
  #locate(key: string): Place {
    this.#pathIsEnd = false;
    const natural = this.#natural(key);
    let at = HEAD;
    let rank = 0;
    let known = NONE;
    for (let level = this.#height - 1; level >= 0; level -= 1) {
      let link = at + HEADER + 2 * level;
      let next = this.#word(link);
      while (next !== known && this.#isBefore(next, key, natural, level)) {
        rank += this.#word(link + 1);
        at = next;
        link = at + HEADER + 2 * level;
        next = this.#word(link);
      }
      known = next;
      this.#path[level] = at;
      this.#ranks[level] = rank;
    }
    return known !== NONE && this.keyAt(known) === key ? known : NONE;
  }

  #locateEnd(): void {
    let at = HEAD;
    let rank = 0;
    for (let level = this.#height - 1; level >= 0; level -= 1) {
      for (let next = this.#word(at + HEADER + 2 * level); next !== NONE; next = this.#word(at + HEADER + 2 * level)) {
        rank += this.#word(at + HEADER + 2 * level + 1);
        at = next;
      }
      this.#path[level] = at;
      this.#ranks[level] = rank;
    }
    this.#pathIsEnd = true;
  }

  /** Returns the slot, whose payload is yet to be set. */
  #insert(key: string): number {
    const height = this.#drawHeight();
    const place = this.#allocate(height, key);
    const before = this.#path[0] ?? HEAD;
    const rank = this.#ranks[0] ?? 0;
    const words = this.#words;
    for (let level = 0; level < height; level += 1) {
      const link = (this.#path[level] ?? HEAD) + HEADER + 2 * level;
      const stepped = rank - (this.#ranks[level] ?? 0) + 1;
      words[place + HEADER + 2 * level] = this.#word(link);
      words[place + HEADER + 2 * level + 1] = this.#word(link + 1) - stepped + 1;
      words[link] = place;
      words[link + 1] = stepped;
    }
    this.#widen(height, 1);
    words[place + 1] = before;
    this.#setPrevious(this.next(place), place);
    this.#size += 1;
    this.#edits += 1;
    if (!this.#disputed && !sortsAsUtf16(key)) this.#disputed = true;
    this.#touched = place;
    return this.slotAt(place);
  }

  #unlink(place: Place): void {
    const height = this.heightAt(place);
    const words = this.#words;
    for (let level = 0; level < height; level += 1) {
      const link = (this.#path[level] ?? HEAD) + HEADER + 2 * level;
      words[link] = this.#word(place + HEADER + 2 * level);
      words[link + 1] = this.#word(link + 1) + this.#word(place + HEADER + 2 * level + 1) - 1;
    }
    this.#widen(height, -1);
    this.#setPrevious(this.#word(place + HEADER), this.previous(place));
    this.#release(place, height);
    this.#size -= 1;
    this.#edits += 1;
    while (this.#height > 1 && this.#word(HEAD + HEADER + 2 * (this.#height - 1)) === NONE) this.#height -= 1;
  }

  /** The links above a record of `height` that pass over it, after a key came (1) or went (-1). */
  #widen(height: number, by: number): void {
    for (let level = height; level < this.#height; level += 1) {
      const width = (this.#path[level] ?? HEAD) + HEADER + 2 * level + 1;
      this.#words[width] = this.#word(width) + by;
    }
  }

  #setPrevious(place: Place, previous: Place): void {
    if (place === NONE) this.#last = previous;
    else this.#words[place + 1] = previous;
  }

  #drawHeight(): number {
    // Each further pair of leading zeros has a chance of one in four.
    const height = Math.min(MAX_HEIGHT, 1 + (Math.clz32(this.#random.integer(0, 0x1_0000_0000)) >>> 1));
    for (; this.#height < height; this.#height += 1) {
      this.#path[this.#height] = HEAD;
      this.#ranks[this.#height] = 0;
      this.#words[HEAD + HEADER + 2 * this.#height] = NONE;
    }
    return height;
  }

  #allocate(height: number, key: string): Place {
    const freed = this.#free[height] ?? NONE;
    if (freed !== NONE) {
      this.#free[height] = this.next(freed);
      this.#keys[this.slotAt(freed)] = key;
      return freed;
    }
    const place = this.#used;
    const slot = this.#keys.length;
    assert(slot < 1 << 26, 'the list has room for 67 million keys');
    this.#used += HEADER + 2 * height;
    if (this.#used > this.#words.length) this.#grow();
    this.#words[place] = slot * 32 + height;
    this.#keys.push(key);
    return place;
  }

  #grow(): void {
    const length = Math.min(2 * this.#words.length, MOST_BYTES / Int32Array.BYTES_PER_ELEMENT);
    assert(this.#used <= length, 'the list has room for its links');
    const memory = grown(this.#words.buffer, length * Int32Array.BYTES_PER_ELEMENT, MOST_BYTES);
    this.#words = new Int32Array(memory, 0, length);
  }

  #release(place: Place, height: number): void {
    const slot = this.slotAt(place);
    this.#keys[slot] = '';
    this.#payloads.clear(slot);
    this.#words[place + HEADER] = this.#free[height] ?? NONE;
    this.#free[height] = place;
  }
}
