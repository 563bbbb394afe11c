/**
 * Where keys stand in an ordered map, remembered by their hash: a search through a million keys touches some seventy places in
 * memory, this about four. It may forget and it may be wrong, so what it says is compared with the key that stands there. A table
 * that has become too small is left entry by entry, a few with each key that comes, so that no key waits for all of them.
 */
import type { Place } from './skip-list.ts';

/** Neighbours that are looked at: two lines of a processor's cache. With eight, one key in thirty was forgotten for want of a place. */
const PROBES = 16;
/** Two words each: hash and place. */
const FIRST_ENTRIES = 64;
/** More of a key than this does not go into its hash. */
const HASHED_UNITS = 64;
/** Entries that leave the former table with each one that comes: it is empty long before the present one is too small. */
const MOVES = 4;
/** Entries that are gathered before they are put in their places. */
const GATHERED = 256;
const NOWHERE: Place = 0;

export class PlaceCache {
  readonly #keyAt: (place: Place) => string;
  #table = new Int32Array(2 * FIRST_ENTRIES);
  #former: Int32Array | null = null;
  #moved = 0;
  /** Hash and place of each that is gathered. */
  #gathered: Int32Array | null = null;
  #gatheredEnd = 0;

  /** `keyAt` tells which key stands at a place that was given to `add`, whatever has come of it since. */
  constructor(keyAt: (place: Place) => string) {
    this.#keyAt = keyAt;
  }

  get bytes(): number {
    return this.#table.byteLength + (this.#former?.byteLength ?? 0);
  }

  /** 0 when it is not known. */
  find(key: string): Place {
    const hash = hashOf(key);
    const found = this.#findIn(this.#table, hash, key);
    return found === NOWHERE && this.#former !== null ? this.#findIn(this.#former, hash, key) : found;
  }

  /** `size`: keys in the map. */
  add(key: string, place: Place, size: number): void {
    this.#put(hashOf(key), place, size);
  }

  /**
   * Like `add`, but it is found only once `settle` was called. Where many come in a row, the processor waits for their places in memory
   * together, and not for each by itself.
   */
  gather(key: string, place: Place, size: number): void {
    this.#gathered ??= new Int32Array(2 * GATHERED);
    this.#gathered[this.#gatheredEnd] = hashOf(key);
    this.#gathered[this.#gatheredEnd + 1] = place;
    this.#gatheredEnd += 2;
    if (this.#gatheredEnd === this.#gathered.length) this.#settle(this.#gathered, size);
  }

  settle(size: number): void {
    if (this.#gathered !== null) this.#settle(this.#gathered, size);
    this.#gathered = null;
  }

  #settle(gathered: Int32Array, size: number): void {
    for (let at = 0; at < this.#gatheredEnd; at += 2) this.#put(gathered[at] ?? 0, gathered[at + 1] ?? NOWHERE, size);
    this.#gatheredEnd = 0;
  }

  #put(hash: number, place: Place, size: number): void {
    if (size > this.#table.length / 3) {
      this.#former = this.#table;
      this.#moved = 0;
      this.#table = new Int32Array(2 * this.#table.length);
    }
    if (this.#former !== null) this.#move(this.#former);
    const table = this.#table;
    let at = freeFor(table, hash);
    if (at < 0) at = (2 * hash) & (table.length - 1);
    table[at] = hash;
    table[at + 1] = place;
  }

  #findIn(table: Int32Array, hash: number, key: string): Place {
    const mask = table.length - 1;
    for (let i = 0; i < PROBES; i += 1) {
      const at = (2 * (hash + i)) & mask;
      if (table[at] !== hash) continue;
      const place = table[at + 1] ?? NOWHERE;
      if (place !== NOWHERE && this.#keyAt(place) === key) return place;
    }
    return NOWHERE;
  }

  #move(former: Int32Array): void {
    const end = Math.min(former.length, this.#moved + 2 * MOVES);
    for (; this.#moved < end; this.#moved += 2) {
      const hash = former[this.#moved] ?? 0;
      const place = former[this.#moved + 1] ?? NOWHERE;
      if (place === NOWHERE) continue;
      const at = freeFor(this.#table, hash);
      // What has come since is newer.
      if (at < 0 || this.#table[at + 1] !== NOWHERE) continue;
      this.#table[at] = hash;
      this.#table[at + 1] = place;
    }
    if (end === former.length) this.#former = null;
  }
}

/** Where an entry of this hash is or may be; -1 where there is no place for it but another's. */
function freeFor(table: Int32Array, hash: number): number {
  const mask = table.length - 1;
  for (let i = 0; i < PROBES; i += 1) {
    const at = (2 * (hash + i)) & mask;
    if (table[at + 1] === NOWHERE || table[at] === hash) return at;
  }
  return -1;
}

/** FNV-1a over the units, stirred. */
function hashOf(key: string): number {
  const { length } = key;
  let hash = 0x811c9dc5 ^ length;
  const from = Math.max(0, length - HASHED_UNITS);
  for (let i = from; i < length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}
