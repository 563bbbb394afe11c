/**
 * The configurations that were visited: which operations are placed, and the state they lead to (Lowe 2017, "Testing for
 * linearizability"). Found by hash, compared bit by bit: a search that trusts the hash alone can blame a correct store.
 */
import { assert } from '../base/assert.ts';
import type { PlacedSet } from './placed-set.ts';

const FIRST_SLOTS = 1_024;
const FIRST_WORDS = 16_384;
/** 256 MB; a search that needs more gives up. */
const MOST_WORDS = 67_108_864;
/** Before the set in each record: the place behind the record, the hash, the state. */
const HEADER = 3;

export class ConfigurationCache {
  /** Places of records in the pool; 0 is an empty slot. */
  #slots = new Int32Array(FIRST_SLOTS);
  #pool = new Int32Array(FIRST_WORDS);
  /** Place 0 stays unused. */
  #end = 1;
  #count = 0;

  /** Whether there is no room for another record of `size` words. */
  isFull(size: number): boolean {
    return this.#end + HEADER + size > MOST_WORDS;
  }

  get words(): number {
    return this.#pool.length;
  }

  /** False when the configuration was there already. */
  add(placed: Pick<PlacedSet, 'hash' | 'size' | 'write'>, state: number): boolean {
    const hash = mix(placed.hash ^ Math.imul(state + 1, 0x9e3779b1));
    this.#reserve(HEADER + placed.size);
    // Written behind the last record, where it is compared from, and stays if it is new.
    const at = this.#end;
    const end = placed.write(this.#pool, at + HEADER);
    this.#pool[at] = end;
    this.#pool[at + 1] = hash;
    this.#pool[at + 2] = state;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let other = this.#slots[slot] ?? 0; other !== 0; other = this.#slots[slot] ?? 0) {
      if (this.#isSame(at, end, other)) return false;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = at;
    this.#end = end;
    this.#count += 1;
    if (this.#count * 2 > this.#slots.length) this.#spread();
    return true;
  }

  #isSame(at: number, end: number, other: number): boolean {
    const pool = this.#pool;
    if (pool[other + 1] !== pool[at + 1] || (pool[other] ?? 0) - other !== end - at) return false;
    for (let word = 2; at + word < end; word += 1) if (pool[at + word] !== pool[other + word]) return false;
    return true;
  }

  #reserve(words: number): void {
    if (this.#end + words <= this.#pool.length) return;
    assert(this.#end + words <= MOST_WORDS, 'a full cache takes nothing more');
    const larger = new Int32Array(Math.min(MOST_WORDS, Math.max(this.#pool.length * 2, this.#end + words)));
    larger.set(this.#pool.subarray(0, this.#end));
    this.#pool = larger;
  }

  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let at = 1; at < this.#end; at = this.#pool[at] ?? this.#end) {
      let slot = (this.#pool[at + 1] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = at;
    }
    this.#slots = slots;
  }
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the result. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
