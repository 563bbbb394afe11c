/**
 * Where keys stand in an ordered map, remembered by their hash: a search through a million keys touches some seventy places in
 * memory, this about four. It may forget and it may be wrong, so what it says is compared with the key that stands there; that
 * makes growing cheap too: a larger table begins empty.
 */
import type { Place } from './skip-list.ts';

/** Neighbours that are looked at: a line or two of a processor's cache. */
const PROBES = 8;
/** Two words each: hash and place. */
const FIRST_ENTRIES = 64;
/** More of a key than this does not go into its hash. */
const HASHED_UNITS = 64;
const NOWHERE: Place = 0;

export class PlaceCache {
  readonly #keyAt: (place: Place) => string;
  #table = new Int32Array(2 * FIRST_ENTRIES);

  /** `keyAt` tells which key stands at a place that was given to `add`, whatever has come of it since. */
  constructor(keyAt: (place: Place) => string) {
    this.#keyAt = keyAt;
  }

  get bytes(): number {
    return this.#table.byteLength;
  }

  /** 0 when it is not known. */
  find(key: string): Place {
    const table = this.#table;
    const hash = hashOf(key);
    const mask = table.length - 1;
    for (let i = 0; i < PROBES; i += 1) {
      const at = (2 * (hash + i)) & mask;
      if (table[at] !== hash) continue;
      const place = table[at + 1] ?? NOWHERE;
      if (place !== NOWHERE && this.#keyAt(place) === key) return place;
    }
    return NOWHERE;
  }

  /** `size`: keys in the map. */
  add(key: string, place: Place, size: number): void {
    if (size > this.#table.length / 3) this.#table = new Int32Array(2 * this.#table.length);
    const table = this.#table;
    const hash = hashOf(key);
    const mask = table.length - 1;
    let at = (2 * hash) & mask;
    for (let i = 0; i < PROBES; i += 1) {
      const probe = (2 * (hash + i)) & mask;
      if (table[probe + 1] !== NOWHERE && table[probe] !== hash) continue;
      at = probe;
      break;
    }
    table[at] = hash;
    table[at + 1] = place;
  }
}

/** FNV-1a over the units, stirred. */
function hashOf(key: string): number {
  const { length } = key;
  let hash = 0x811c9dc5 ^ length;
  const from = Math.max(0, length - HASHED_UNITS);
  for (let i = from; i < length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}
