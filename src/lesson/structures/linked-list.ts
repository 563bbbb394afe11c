/** A sorted singly linked list: what a skip list is without its upper levels. */
export interface Link<T> {
  readonly key: string;
  readonly value: T;
  next: Link<T> | null;
}

export class LinkedList<T> {
  #first: Link<T> | null = null;

  load(sorted: readonly string[], value: T): void {
    this.#first = sorted.reduceRight<Link<T> | null>((next, key) => ({ key, value, next }), null);
  }

  /** The first link whose key is not before `key`. */
  seek(key: string): Link<T> | null {
    let link = this.#first;
    while (link !== null && link.key < key) link = link.next;
    return link;
  }

  insert(key: string, value: T): void {
    const before = this.#before(key);
    const next = before === null ? this.#first : before.next;
    if (next?.key === key) return;
    const link = { key, value, next };
    if (before === null) this.#first = link;
    else before.next = link;
  }

  delete(key: string): void {
    const before = this.#before(key);
    const found = before === null ? this.#first : before.next;
    if (found === null || found.key !== key) return;
    if (before === null) this.#first = found.next;
    else before.next = found.next;
  }

  #before(key: string): Link<T> | null {
    let before: Link<T> | null = null;
    for (let link = this.#first; link !== null && link.key < key; link = link.next) before = link;
    return before;
  }
}
