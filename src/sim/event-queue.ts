/** Virtual time: what is to happen, by its time and, at the same time, in the order in which it was asked for. */
import type { Cancel } from '../replica/ports.ts';

interface Scheduled {
  readonly at: number;
  readonly order: number;
  /** Null once it is cancelled. */
  run: (() => void) | null;
}

/** A binary heap. Milliseconds throughout. */
export class EventQueue {
  #now = 0;
  #order = 0;
  readonly #heap: Scheduled[] = [];

  get now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Cancel {
    const scheduled: Scheduled = { at: this.#now + Math.max(0, delayMs), order: this.#order, run };
    this.#order += 1;
    this.#push(scheduled);
    return () => {
      scheduled.run = null;
    };
  }

  /** Carries out the next event; false when there is none until `end`. */
  step(end: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > end) return false;
      this.#pop();
      if (next.run === null) continue;
      this.#now = next.at;
      next.run();
      return true;
    }
  }

  #push(added: Scheduled): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parentAt = (place - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || isBefore(parent, added)) break;
      heap[place] = parent;
      place = parentAt;
    }
    heap[place] = added;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let childAt = 2 * place + 1;
      let child = heap[childAt];
      const right = heap[childAt + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        childAt += 1;
      }
      if (child === undefined || isBefore(last, child)) break;
      heap[place] = child;
      place = childAt;
    }
    heap[place] = last;
  }
}

const isBefore = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
