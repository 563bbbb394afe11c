/**
 * The verdict on a history. Three looks at it: quick rules, the search group by group, the replay by revision. A history passes
 * only if every search came to its end; one that was given up is no pass.
 */
import { assert } from '../base/assert.ts';
import { checkByRevision, type RevisionReport } from './by-revision.ts';
import { type Group, groupsOf } from './groups.ts';
import type { Operation } from './history.ts';
import { type PartialOrder, Search } from './linearizable.ts';
import { operationWords, stateWords } from './operation-words.ts';
import { quickChecks } from './quick-checks.ts';
import type { Violation } from './violation.ts';

export type Verdict = 'linearizable' | 'not-linearizable' | 'gave-up';

/** Configurations that all searches together may visit: some seconds. */
export const DEFAULT_BUDGET = 5_000_000;

/** Where it broke: a group of keys and the longest order of its operations that works. */
export interface Culprit {
  readonly group: Group;
  readonly order: PartialOrder;
}

export interface CheckReport {
  readonly verdict: Verdict;
  readonly violations: readonly Violation[];
  /** Null for a history that passes or was given up, and where only the revisions are wrong. */
  readonly culprit: Culprit | null;
  readonly groups: number;
  /** Groups whose search ran out of budget or memory, by their keys. */
  readonly givenUp: readonly (readonly string[])[];
  /** Configurations visited. */
  readonly states: number;
  /** Operations that carry a revision and took part in the replay. */
  readonly revisions: number;
}

interface Task {
  readonly group: Group;
  /** Null until its first turn: a search holds memory. */
  search: Search | null;
}

/** The first turn of each search, in configurations; each later one is four times as long, so that no group holds up the others. */
const FIRST_TURN = 20_000;
const TURN_GROWTH = 4;
/** A call of `advance` ends after so many configurations: some ten milliseconds. */
const SLICE = 20_000;
/** Over all open searches, in words of four bytes. */
const MOST_WORDS = 134_217_728;
/** For the picture of a violation that is proven already. */
const PICTURE_BUDGET = 200_000;

/** One check, in steps short enough for a program that has other things to do. */
export class HistoryCheck {
  readonly #history: readonly Operation[];
  readonly #groups: readonly Group[];
  readonly #givenUp: Group[] = [];
  #violations: Violation[] = [];
  #revisions: RevisionReport | null = null;
  #round: Task[] = [];
  #later: Task[] = [];
  #turn = FIRST_TURN;
  #turnLeft = FIRST_TURN;
  #budget: number;
  #states = 0;
  #settled = 0;
  #culprit: Culprit | null = null;
  #done = false;

  constructor(history: readonly Operation[], options: { readonly budget?: number } = {}) {
    this.#history = history;
    this.#budget = options.budget ?? DEFAULT_BUDGET;
    this.#groups = groupsOf(history);
  }

  /** Groups whose search has ended, of all. */
  get progress(): { readonly settled: number; readonly groups: number; readonly states: number } {
    return { settled: this.#settled, groups: this.#groups.length, states: this.#states };
  }

  /** Works for some ten milliseconds; false when there is nothing left to do. */
  advance(): boolean {
    if (this.#done) return false;
    if (this.#revisions === null) this.#begin();
    else this.#search();
    return !this.#done;
  }

  /** Only once `advance` has returned false. */
  report(): CheckReport {
    assert(this.#done, 'a report comes after the check');
    const illegal = this.#violations.length > 0;
    return {
      verdict: illegal ? 'not-linearizable' : this.#givenUp.length > 0 ? 'gave-up' : 'linearizable',
      violations: this.#violations,
      culprit: this.#culprit,
      groups: this.#groups.length,
      givenUp: this.#givenUp.map(({ keys }) => keys),
      states: this.#states,
      revisions: this.#revisions?.checked ?? 0,
    };
  }

  #begin(): void {
    this.#revisions = checkByRevision(this.#history);
    const quick = quickChecks(this.#history);
    this.#violations = [...quick, ...this.#revisions.violations];
    const [first] = quick;
    if (first === undefined) this.#round = this.#groups.map((group) => ({ group, search: null }));
    else this.#draw(first);
  }

  /** The verdict stands; what is left is to show how far an order goes. */
  #draw(violation: Violation): void {
    // An old answer that somebody allowed can break a rule too, and belongs to no group.
    const [culprit] = violation.operations;
    const group = this.#groups.find(({ operations }) => culprit !== undefined && operations.includes(culprit));
    this.#done = true;
    if (group === undefined) return;
    const search = new Search(group);
    const found = search.run(Math.min(this.#budget, PICTURE_BUDGET));
    this.#states += search.visited;
    assert(found !== 'linearizable', 'the quick rules and the search disagree', () => violation.text);
    this.#culprit = { group, order: longestOrder(group, search.best()) };
  }

  #search(): void {
    const [task] = this.#round;
    if (task === undefined) {
      this.#nextRound();
      return;
    }
    task.search ??= new Search(task.group);
    const before = task.search.visited;
    const found = task.search.run(Math.min(SLICE, this.#turnLeft, this.#budget));
    const visited = task.search.visited - before;
    this.#states += visited;
    this.#budget -= visited;
    this.#turnLeft -= visited;
    if (found === 'not-linearizable') this.#convict(task.group, longestOrder(task.group, task.search.best()));
    else if (found !== 'open') this.#settle(task, found === 'full');
    else if (this.#budget <= 0) this.#giveUpAll();
    else if (this.#turnLeft <= 0) this.#postpone(task);
  }

  #settle(task: Task, gaveUp: boolean): void {
    if (gaveUp) this.#givenUp.push(task.group);
    this.#settled += 1;
    this.#round.shift();
    this.#turnLeft = this.#turn;
  }

  #postpone(task: Task): void {
    this.#round.shift();
    this.#turnLeft = this.#turn;
    this.#later.push(task);
    const words = this.#later.reduce((sum, { search }) => sum + (search?.words ?? 0), 0);
    if (words <= MOST_WORDS) return;
    this.#later.pop();
    this.#givenUp.push(task.group);
    this.#settled += 1;
  }

  #nextRound(): void {
    this.#round = this.#later;
    this.#later = [];
    this.#turn *= TURN_GROWTH;
    this.#turnLeft = this.#turn;
    if (this.#round.length === 0) this.#done = true;
  }

  #giveUpAll(): void {
    this.#givenUp.push(...[...this.#round, ...this.#later].map(({ group }) => group));
    this.#done = true;
  }

  #convict(group: Group, order: PartialOrder): void {
    this.#culprit = { group, order };
    this.#violations.unshift(noOrder(group, order));
    this.#done = true;
  }
}

/** The whole check at once. */
export function checkHistory(history: readonly Operation[], options: { readonly budget?: number } = {}): CheckReport {
  const check = new HistoryCheck(history, options);
  while (check.advance());
  return check.report();
}

/** A search that looks ahead stops before the trouble; one that does not runs into it, and shows it better. */
function longestOrder(group: Group, found: PartialOrder): PartialOrder {
  if (found.blocked === null) return found;
  const search = new Search(group, { patient: false });
  search.run(PICTURE_BUDGET);
  const other = search.best();
  return other.placed.length >= found.placed.length ? other : found;
}

function noOrder({ keys, operations }: Group, { placed, blocked, state }: PartialOrder): Violation {
  const culprit = blocked === null ? undefined : operations[blocked];
  const far = `the longest order has ${placed.length} of ${operations.length} operations`;
  const then = culprit === undefined ? '' : `; then ${stateWords(state)}, and ${operationWords(culprit)} must come next`;
  return { rule: 'no-order', keys, text: `${far}${then}`, operations: culprit === undefined ? [] : [culprit] };
}
