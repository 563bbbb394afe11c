/** A 53-bit checksum of a state, fed piece by piece: two lanes of FNV-1a. Finds differences, resists no attacker. */
export class StateHash {
  #low = 0x811c9dc5;
  #high = 0x9747b28c;

  /** The length counts too, so that neighbouring texts cannot trade characters. */
  text(text: string): void {
    this.number(text.length);
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x5bd1e995) ^ (high >>> 15);
    }
    this.#low = low;
    this.#high = high;
  }

  /** A safe integer of at least 0. */
  number(value: number): void {
    this.#mix(value >>> 0);
    this.#mix(Math.floor(value / 0x1_0000_0000));
  }

  value(): number {
    return (this.#high & 0x1f_ffff) * 0x1_0000_0000 + (this.#low >>> 0);
  }

  #mix(unit: number): void {
    this.#low = Math.imul(this.#low ^ unit, 0x01000193);
    this.#high = Math.imul(this.#high ^ unit, 0x5bd1e995) ^ (this.#high >>> 15);
  }
}
