/**
 * A list whose links its items carry: to add, remove or move one makes nothing. A Set that things come to and go from all the time makes
 * new tables again and again, which keep alive what was in them (see `number-table.ts`).
 */
export interface Linked<Item> {
  before: Item | null;
  behind: Item | null;
}

export class LinkedList<Item extends Linked<Item>> {
  #first: Item | null = null;
  #last: Item | null = null;

  get first(): Item | null {
    return this.#first;
  }

  /** At the end. It must not be in a list. */
  add(item: Item): void {
    item.before = this.#last;
    item.behind = null;
    if (this.#last === null) this.#first = item;
    else this.#last.behind = item;
    this.#last = item;
  }

  /** It must be in this list. */
  remove(item: Item): void {
    if (item.before === null) this.#first = item.behind;
    else item.before.behind = item.behind;
    if (item.behind === null) this.#last = item.before;
    else item.behind.before = item.before;
    // What is old and dead would keep its neighbours alive.
    item.before = null;
    item.behind = null;
  }

  moveToEnd(item: Item): void {
    if (item === this.#last) return;
    this.remove(item);
    this.add(item);
  }

  /** The list must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (let item = this.#first; item !== null; item = item.behind) yield item;
  }
}
