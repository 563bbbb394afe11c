/**
 * A table by whole numbers, for what comes and goes all the time. A Map of V8 makes a new table after as many changes as it has places,
 * or with each deletion when it holds next to nothing; and the old one points to the new one. Once one of these has become old, it keeps
 * alive all that follow, with what they held when they were outgrown, until the old objects are collected: most of what a leader's
 * collector had to move came from that. Here nothing is made but to grow.
 */

const FREE = -1;
const FIRST_PLACES = 4;

/** Open addressing with linear probing; numbers that were given out one after the other never collide. */
export class NumberTable<Value> {
  /** As many as a power of two, at least half of them free. */
  #numbers: number[];
  #values: (Value | undefined)[];
  #size = 0;

  constructor() {
    this.#numbers = new Array<number>(FIRST_PLACES).fill(FREE);
    this.#values = new Array<Value | undefined>(FIRST_PLACES).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  get(number: number): Value | undefined {
    return this.#values[this.#placeOf(number)];
  }

  /** `number` is a whole number from 0 up. */
  set(number: number, value: Value): void {
    const place = this.#placeOf(number);
    this.#values[place] = value;
    if (this.#numbers[place] !== FREE) return;
    this.#numbers[place] = number;
    this.#size += 1;
    if (2 * this.#size > this.#numbers.length) this.#grow();
  }

  /** False when it was not there. */
  delete(number: number): boolean {
    const place = this.#placeOf(number);
    if (this.#numbers[place] === FREE) return false;
    this.#size -= 1;
    this.#closeGap(place);
    return true;
  }

  /** Those that are there now, in no order. */
  numbers(): number[] {
    return this.#numbers.filter((number) => number !== FREE);
  }

  /** Where `number` is, or where it would be put. */
  #placeOf(number: number): number {
    const mask = this.#numbers.length - 1;
    let place = number & mask;
    while (this.#numbers[place] !== number && this.#numbers[place] !== FREE) place = (place + 1) & mask;
    return place;
  }

  /** What was put behind its own place because this one was taken moves up (Knuth, volume 3, 6.4, algorithm R). */
  #closeGap(from: number): void {
    const mask = this.#numbers.length - 1;
    let gap = from;
    for (let place = (gap + 1) & mask; ; place = (place + 1) & mask) {
      const number = this.#numbers[place] as number;
      if (number === FREE) break;
      const home = number & mask;
      if (((place - home) & mask) < ((place - gap) & mask)) continue;
      this.#numbers[gap] = number;
      this.#values[gap] = this.#values[place];
      gap = place;
    }
    this.#numbers[gap] = FREE;
    this.#values[gap] = undefined;
  }

  #grow(): void {
    const [numbers, values] = [this.#numbers, this.#values];
    this.#numbers = new Array<number>(2 * numbers.length).fill(FREE);
    this.#values = new Array<Value | undefined>(2 * numbers.length).fill(undefined);
    for (const [i, number] of numbers.entries()) {
      if (number === FREE) continue;
      const place = this.#placeOf(number);
      this.#numbers[place] = number;
      this.#values[place] = values[i];
    }
  }
}
