/** A list from the least to the most recently used, whose links its items carry: to use one again makes nothing. */
export interface Linked<Item> {
  earlier: Item | null;
  later: Item | null;
}

export class Recency<Item extends Linked<Item>> {
  #least: Item | null = null;
  #most: Item | null = null;

  get least(): Item | null {
    return this.#least;
  }

  /** It is not in the list, and is used now. */
  add(item: Item): void {
    item.earlier = this.#most;
    item.later = null;
    if (this.#most === null) this.#least = item;
    else this.#most.later = item;
    this.#most = item;
  }

  remove(item: Item): void {
    if (item.earlier === null) this.#least = item.later;
    else item.earlier.later = item.later;
    if (item.later === null) this.#most = item.earlier;
    else item.later.earlier = item.earlier;
    // What is old and dead would keep its neighbours alive.
    item.earlier = null;
    item.later = null;
  }

  use(item: Item): void {
    if (item === this.#most) return;
    this.remove(item);
    this.add(item);
  }

  /** The list must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (let item = this.#least; item !== null; item = item.later) yield item;
  }
}
