/** Numbers that come nearly in their order: one run of neighbours, and those that are apart from it. */
export class SequenceSet {
  /** The run is all from `#first` to `#last`. */
  #first: number;
  #last: number;
  readonly #apart = new Set<number>();

  constructor(only: number) {
    this.#first = only;
    this.#last = only;
  }

  /** Numbers that take room of their own. */
  get apart(): number {
    return this.#apart.size;
  }

  has(number: number): boolean {
    return (number >= this.#first && number <= this.#last) || this.#apart.has(number);
  }

  /** False for one that it has. */
  add(number: number): boolean {
    if (this.has(number)) return false;
    if (number === this.#last + 1) {
      this.#last = number;
      while (this.#apart.size > 0 && this.#apart.delete(this.#last + 1)) this.#last += 1;
    } else if (number === this.#first - 1) {
      this.#first = number;
      while (this.#apart.size > 0 && this.#apart.delete(this.#first - 1)) this.#first -= 1;
    } else this.#apart.add(number);
    return true;
  }
}
