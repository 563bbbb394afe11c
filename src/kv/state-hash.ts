/**
 * Checksums by which replicas compare their states. They find differences and resist no attacker. All arithmetic is on
 * 32-bit integers and the bytes of UTF-8, so that every platform comes to the same number.
 */

const SCRATCH_BYTES = 16_384;
const encoder = new TextEncoder();
const scratch = new Uint8Array(SCRATCH_BYTES);
const scratchView = new DataView(scratch.buffer);
/** A unit of UTF-16 is at most three bytes of UTF-8. */
const MOST_UNITS = Math.floor(SCRATCH_BYTES / 3);

/** A 53-bit checksum of pieces in their order, fed one by one: two lanes in the manner of FNV-1a, a word at a time. */
export class StateHash {
  #low = 0x811c9dc5;
  #high = 0x9747b28c;

  reset(): void {
    this.#low = 0x811c9dc5;
    this.#high = 0x9747b28c;
  }

  text(text: string): void {
    // As bytes it takes a seventh of the time of a loop over the characters.
    if (text.length <= MOST_UNITS) {
      this.bytes(scratchView, 0, encoder.encodeInto(text, scratch).written);
    } else {
      const bytes = encoder.encode(text);
      this.bytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
    }
  }

  /** As the text of which these are the bytes. The length counts too, so that neighbouring texts cannot trade characters. */
  bytes(view: DataView, from: number, count: number): void {
    this.number(count);
    const whole = from + (count & ~3);
    let low = this.#low;
    let high = this.#high;
    for (let at = from; at < whole; at += 4) {
      const word = view.getInt32(at, true);
      low = Math.imul(low ^ word, 0x01000193) ^ (low >>> 17);
      high = Math.imul(high ^ word, 0x5bd1e995) ^ (high >>> 15);
    }
    this.#low = low;
    this.#high = high;
    if (whole === from + count) return;
    let rest = 0;
    for (let at = from + count - 1; at >= whole; at -= 1) rest = (rest << 8) | view.getUint8(at);
    this.#mix(rest);
  }

  /** A safe integer of at least 0. */
  number(value: number): void {
    this.#mix(value >>> 0);
    this.#mix(Math.floor(value / 0x1_0000_0000));
  }

  value(): number {
    return (this.#high & 0x1f_ffff) * 0x1_0000_0000 + (this.#low >>> 0);
  }

  /** Both lanes stirred, as a sum needs them: sums of raw lanes would let small differences cancel out. */
  low(): number {
    return stirred(this.#low ^ (this.#high >>> 7));
  }

  high(): number {
    return stirred(this.#high ^ (this.#low << 9));
  }

  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193) ^ (this.#low >>> 17);
    this.#high = Math.imul(this.#high ^ word, 0x5bd1e995) ^ (this.#high >>> 15);
  }
}

/** The finalizer of MurmurHash3 (Appleby): every bit of the word decides about half of the bits of the result. */
function stirred(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The sum of the checksums of a state's parts: a part comes or goes without a look at the others, in any order. */
export class StateSum {
  #low = 0;
  #high = 0;

  add(part: StateHash): void {
    this.plus(part.low(), part.high());
  }

  /** A part that was added before, and has not changed since. */
  remove(part: StateHash): void {
    this.minus(part.low(), part.high());
  }

  /** A part by its two lanes. */
  plus(low: number, high: number): void {
    this.#low = (this.#low + low) | 0;
    this.#high = (this.#high + high) | 0;
  }

  minus(low: number, high: number): void {
    this.#low = (this.#low - low) | 0;
    this.#high = (this.#high - high) | 0;
  }

  /** In [0, 2^53). */
  value(): number {
    return (this.#high & 0x1f_ffff) * 0x1_0000_0000 + (this.#low >>> 0);
  }
}
