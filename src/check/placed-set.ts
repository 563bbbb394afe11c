/**
 * Which operations have found their place so far: a set of bits with a running hash. Operations whose end is known are placed
 * nearly in the order of their calls, so all but a narrow window of words is full or empty, and only the window is written down.
 */
import { seededRandom } from '../base/random.ts';

const FULL = -1;

export class PlacedSet {
  /** First the words of the operations with a known end, then those of the others. */
  readonly #words: Int32Array;
  readonly #bits: Int32Array;
  readonly #hashes: Int32Array;
  readonly #knownWords: number;
  /** All words before it are full. */
  #from = 0;
  /** All known words from it on are empty. */
  #to = 0;
  #hash = 0;

  /** `unending` tells, for each operation in the order of calls, whether its end is not known. */
  constructor(unending: readonly boolean[]) {
    const known = unending.filter((each) => !each).length;
    this.#knownWords = Math.ceil(known / 32);
    this.#words = new Int32Array(this.#knownWords + Math.ceil((unending.length - known) / 32));
    const random = seededRandom(unending.length);
    let nextKnown = 0;
    let nextUnending = this.#knownWords * 32;
    this.#bits = new Int32Array(unending.length);
    for (const [at, isUnending] of unending.entries()) {
      this.#bits[at] = isUnending ? nextUnending : nextKnown;
      if (isUnending) nextUnending += 1;
      else nextKnown += 1;
    }
    this.#hashes = Int32Array.from(unending, () => random.integer(0, 4_294_967_296) | 0);
  }

  get hash(): number {
    return this.#hash;
  }

  add(operation: number): void {
    const word = this.#flip(operation);
    if (word >= this.#knownWords) return;
    if (word >= this.#to) this.#to = word + 1;
    while (this.#from < this.#knownWords && this.#words[this.#from] === FULL) this.#from += 1;
  }

  remove(operation: number): void {
    const word = this.#flip(operation);
    if (word >= this.#knownWords) return;
    if (word < this.#from) this.#from = word;
    while (this.#to > 0 && this.#words[this.#to - 1] === 0) this.#to -= 1;
  }

  /** How many words `write` needs at most now. */
  get size(): number {
    return 2 + Math.max(0, this.#to - this.#from) + this.#words.length - this.#knownWords;
  }

  /** Writes the set to `target` from `at` on; returns the place behind it. Equal sets give equal words, and only they. */
  write(target: Int32Array, at: number): number {
    const to = Math.max(this.#from, this.#to);
    target[at] = this.#from;
    target[at + 1] = to;
    let end = at + 2;
    for (let word = this.#from; word < to; word += 1, end += 1) target[end] = this.#words[word] ?? 0;
    for (let word = this.#knownWords; word < this.#words.length; word += 1, end += 1) target[end] = this.#words[word] ?? 0;
    return end;
  }

  #flip(operation: number): number {
    const bit = this.#bits[operation] ?? 0;
    const word = bit >>> 5;
    this.#words[word] = (this.#words[word] ?? 0) ^ (1 << (bit & 31));
    this.#hash ^= this.#hashes[operation] ?? 0;
    return word;
  }
}
