/**
 * The search for an order: every operation takes effect at one instant between its call and its return, and what it was
 * answered is true at that instant (Herlihy and Wing 1990). Wing and Gong's depth-first search (1993) with Lowe's cache of
 * configurations (2017), over calls and returns in a doubly linked list.
 *
 * Three things make it quick. A read that fits is placed at once and never reconsidered: it changes nothing, so an order that
 * has it later can as well have it now. A value is not overwritten while it has yet to be seen and nobody can bring it back. And
 * an operation with an unknown outcome, whose return is never met, is placed only right before somebody who could notice it.
 */
import { ConfigurationCache } from './configuration-cache.ts';
import type { Group } from './groups.ts';
import { endOf, type Operation } from './history.ts';
import { modelOf } from './kv-model.ts';
import { MISFIT, type Model } from './model.ts';
import { Outlook } from './outlook.ts';
import { PlacedSet } from './placed-set.ts';

/** `full`: the memory of the search is used up. */
export type SearchState = 'open' | 'linearizable' | 'not-linearizable' | 'full';

/** The longest order that was found, as places in the group's operations. */
export interface PartialOrder {
  readonly placed: readonly number[];
  /** The operation that has to be next, since it ends before any other begins, and does not fit; null for a complete order. */
  readonly blocked: number | null;
  /** Each key with its value after what is placed. */
  readonly state: readonly (readonly [string, string | null])[];
}

const HEAD = 0;

export class Search {
  readonly #model: Model;
  readonly #operations: readonly Operation[];
  readonly #unending: readonly boolean[];
  /** Node 0 is the head; call of operation i is 1 + i, its return 1 + count + i. Circular. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #placed: PlacedSet;
  readonly #outlook: Outlook;
  readonly #patient: boolean;
  readonly #cache = new ConfigurationCache();
  /** Operations in the order of their places, and for each branch where it began and the state before. */
  readonly #order: Int32Array;
  #length = 0;
  readonly #branchAt: Int32Array;
  readonly #branchState: Int32Array;
  #branches = 0;
  #state: number;
  #node = HEAD;
  #left: number;
  #best: { readonly placed: Int32Array; readonly known: number; readonly blocked: number | null; readonly state: number };
  #visited = 0;
  #result: SearchState = 'open';

  /** `patient: false` leaves values although somebody has yet to see them: slower, but what blocks it in the end is easier to grasp. */
  constructor(group: Group, options: { readonly patient?: boolean } = {}) {
    const { operations } = group;
    const count = operations.length;
    this.#operations = operations;
    this.#model = modelOf(group);
    this.#unending = operations.map((operation) => endOf(operation) === Number.POSITIVE_INFINITY);
    this.#placed = new PlacedSet(this.#unending);
    this.#outlook = new Outlook(this.#model, count);
    this.#patient = options.patient !== false;
    this.#next = new Int32Array(2 * count + 1);
    this.#previous = new Int32Array(2 * count + 1);
    this.#order = new Int32Array(count);
    this.#branchAt = new Int32Array(count);
    this.#branchState = new Int32Array(count);
    this.#state = this.#model.initial;
    this.#left = this.#unending.filter((unending) => !unending).length;
    this.#best = { placed: new Int32Array(0), known: -1, blocked: null, state: this.#state };
    this.#link();
    this.#sweep();
    this.#node = this.#after(HEAD);
  }

  /** Configurations visited so far. */
  get visited(): number {
    return this.#visited;
  }

  /** Words of memory that the visited configurations take. */
  get words(): number {
    return this.#cache.words;
  }

  get result(): SearchState {
    return this.#result;
  }

  /** Goes on for at most `configurations` more. */
  run(configurations: number): SearchState {
    const most = this.#visited + configurations;
    while (this.#result === 'open' && this.#visited < most) {
      if (this.#left === 0) this.#result = 'linearizable';
      else if (this.#node <= this.#operations.length) this.#tryCall(this.#node - 1);
      else this.#backtrack(this.#node - 1 - this.#operations.length);
    }
    return this.#result;
  }

  best(): PartialOrder {
    if (this.#left === 0 || this.#best.known < 0) {
      const placed = [...this.#order.subarray(0, this.#length)];
      return { placed, blocked: null, state: this.#model.describe(this.#state) };
    }
    const { placed, blocked, state } = this.#best;
    return { placed: [...placed], blocked, state: this.#model.describe(state) };
  }

  /** Calls and returns by time; at equal times a call comes first, since both ends of an interval belong to it. */
  #link(): void {
    const operations = this.#operations;
    const ends = operations.map(endOf);
    const returns = ends.flatMap((end, at) => (end === Number.POSITIVE_INFINITY ? [] : [at]));
    returns.sort((a, b) => (ends[a] ?? 0) - (ends[b] ?? 0));
    let last = HEAD;
    const append = (node: number): void => {
      this.#next[last] = node;
      this.#previous[node] = last;
      last = node;
    };
    let call = 0;
    for (const at of returns) {
      while (call < operations.length && (operations[call]?.call ?? 0) <= (ends[at] ?? 0)) append(1 + call++);
      append(1 + operations.length + at);
    }
    while (call < operations.length) append(1 + call++);
    append(HEAD);
  }

  #tryCall(operation: number): void {
    // Reads that fit are placed already; one that does not fit now has to wait for another state.
    const next = this.#model.isRead(operation) ? MISFIT : this.#model.step(this.#state, operation);
    if (next === MISFIT || this.#isInVain(operation, next)) {
      this.#node = this.#after(this.#node);
      return;
    }
    this.#branchAt[this.#branches] = this.#length;
    this.#branchState[this.#branches] = this.#state;
    this.#branches += 1;
    this.#state = next;
    this.#place(operation);
    this.#sweep();
    this.#visited += 1;
    if (this.#cache.isFull(this.#placed.size)) this.#result = 'full';
    else if (this.#cache.add(this.#placed, this.#state)) this.#node = this.#after(HEAD);
    else this.#undo();
  }

  /** An unknown operation that changes nothing, or that nobody waits for, needs no place; who buries a value somebody has yet to see has none here. */
  #isInVain(operation: number, next: number): boolean {
    if (next === this.#state) return this.#unending[operation] === true;
    if (!this.#patient) return false;
    if (this.#unending[operation] === true && !this.#isAwaited(operation)) return true;
    const buried = this.#model.valueIn(this.#state, operation);
    return buried !== null && this.#outlook.strands(buried, operation);
  }

  /**
   * Whether somebody who may be next could notice what `operation`, which has no end, leaves behind. As long as nobody does, an
   * order that has it now can as well have it later, or never.
   */
  #isAwaited(operation: number): boolean {
    const count = this.#operations.length;
    for (let node = this.#after(HEAD); node !== HEAD && node <= count; node = this.#after(node)) {
      if (node - 1 !== operation && this.#model.mayNotice(node - 1, operation)) return true;
    }
    return false;
  }

  /** A return is met whose operation has no place yet: the newest branch was wrong. */
  #backtrack(blocked: number): void {
    const known = this.#operations.length - this.#left;
    if (known > this.#best.known) {
      this.#best = { placed: this.#order.slice(0, this.#length), known, blocked, state: this.#state };
    }
    if (this.#branches === 0) this.#result = 'not-linearizable';
    else this.#undo();
  }

  /** Takes the newest branch back and goes on behind the call that began it. */
  #undo(): void {
    this.#branches -= 1;
    const from = this.#branchAt[this.#branches] ?? 0;
    this.#state = this.#branchState[this.#branches] ?? 0;
    while (this.#length > from) this.#unplace();
    this.#node = this.#after(1 + (this.#order[from] ?? 0));
  }

  /** Places every read that may be next and fits. */
  #sweep(): void {
    const count = this.#operations.length;
    for (let last = HEAD, node = this.#after(HEAD); node !== HEAD && node <= count; node = this.#after(last)) {
      const operation = node - 1;
      if (this.#model.isRead(operation) && this.#model.step(this.#state, operation) !== MISFIT) this.#place(operation);
      else last = node;
    }
  }

  #place(operation: number): void {
    this.#order[this.#length] = operation;
    this.#length += 1;
    this.#placed.add(operation);
    this.#outlook.place(operation);
    this.#unlink(1 + operation);
    if (this.#unending[operation] === true) return;
    this.#left -= 1;
    this.#unlink(1 + this.#operations.length + operation);
  }

  #unplace(): void {
    this.#length -= 1;
    const operation = this.#order[this.#length] ?? 0;
    this.#placed.remove(operation);
    this.#outlook.unplace(operation);
    if (this.#unending[operation] !== true) {
      this.#left += 1;
      this.#relink(1 + this.#operations.length + operation);
    }
    this.#relink(1 + operation);
  }

  #after(node: number): number {
    return this.#next[node] ?? HEAD;
  }

  /** The node keeps its own neighbours: it goes back between them, in the reverse order of leaving. */
  #unlink(node: number): void {
    const next = this.#next[node] ?? HEAD;
    const previous = this.#previous[node] ?? HEAD;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  #relink(node: number): void {
    this.#next[this.#previous[node] ?? HEAD] = node;
    this.#previous[this.#next[node] ?? HEAD] = node;
  }
}
