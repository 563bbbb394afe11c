/**
 * The second, independent check. Where answers carry the store's revision, the store itself names the order: replay it and
 * compare every answer, then ask whether the order respects real time. It is quick and takes any range, but it believes the
 * revisions, so it complements the search and never replaces it.
 *
 * It may let something pass where outcomes are unknown; it never blames a correct store.
 */
import { endOf, type Operation, writtenBy } from './history.ts';
import { compareByCodePoints, touchedKeys } from './key-span.ts';
import { operationWords, stateWords } from './operation-words.ts';
import { FreeRevisions, RevisionFloor, UncertainWrites } from './revision-gaps.ts';
import type { Violation } from './violation.ts';

interface Numbered {
  readonly operation: Operation;
  readonly revision: number;
  /** The key that this revision changed, with its new value; null: it changed nothing. */
  readonly change: { readonly key: string; readonly value: string | null } | null;
}

export interface RevisionReport {
  /** Operations that carry a revision. */
  readonly checked: number;
  /** At most one of each rule. */
  readonly violations: readonly Violation[];
}

export function checkByRevision(history: readonly Operation[]): RevisionReport {
  const numbered = history.flatMap(numberedOf).sort(byRevisionThenChange);
  const violations = [twice(numbered), order(numbered), new Replay(history, numbered).run()];
  return { checked: numbered.length, violations: violations.filter((violation) => violation !== null) };
}

function numberedOf(operation: Operation): readonly Numbered[] {
  const { revision } = operation;
  if (operation.outcome !== 'ok' || revision === null) return [];
  // Without knowing whether there was something to delete, the number cannot be read.
  if (operation.op === 'delete' && (operation.result?.deleted ?? null) === null) return [];
  const value = writtenBy(operation);
  const change = value === undefined || operation.op === 'range' ? null : { key: operation.key, value };
  return [{ operation, revision, change }];
}

/** A read at a revision saw the change that made it. */
function byRevisionThenChange(a: Numbered, b: Numbered): number {
  return a.revision - b.revision || (a.change === null ? 1 : 0) - (b.change === null ? 1 : 0);
}

function twice(numbered: readonly Numbered[]): Violation | null {
  const changes = numbered.filter(({ change }) => change !== null);
  const at = changes.findIndex(({ revision }, place) => place > 0 && changes[place - 1]?.revision === revision);
  const [first, second] = [changes[at - 1], changes[at]];
  if (first === undefined || second === undefined) return null;
  const text = `${operationWords(second.operation)}: ${operationWords(first.operation)} has the same revision, and both changed the store`;
  return violation('revision-twice', text, [second.operation, first.operation]);
}

/** What was called after another had returned has no lower revision, and a higher one if it changed the store. */
function order(numbered: readonly Numbered[]): Violation | null {
  const returned = [...numbered].sort((a, b) => endOf(a.operation) - endOf(b.operation));
  const called = numbered.filter(({ operation }) => !operation.stale).sort((a, b) => a.operation.call - b.operation.call);
  let highest: Numbered | null = null;
  let next = 0;
  for (const each of called) {
    for (; ; next += 1) {
      const other = returned[next];
      if (other === undefined || endOf(other.operation) >= each.operation.call) break;
      if (highest === null || other.revision > highest.revision) highest = other;
    }
    const least: number = highest === null ? 0 : highest.revision + (each.change === null ? 0 : 1);
    if (highest === null || each.revision >= least) continue;
    const text = `${operationWords(each.operation)}: it was called after ${operationWords(highest.operation)} had returned`;
    return violation('revision-order', text, [each.operation, highest.operation]);
  }
  return null;
}

function violation(rule: Violation['rule'], text: string, operations: readonly Operation[]): Violation {
  const keys = new Set(operations.flatMap((operation) => (operation.op === 'range' ? [] : [operation.key])));
  return { rule, keys: [...keys], text, operations };
}

/** A key as the replay knows it. */
interface Known {
  value: string | null;
  /** The last revision at which the value was certain. */
  since: number;
  last: Operation | null;
}

class Replay {
  readonly #numbered: readonly Numbered[];
  readonly #keys = new Map<string, Known>();
  readonly #free: FreeRevisions;
  readonly #uncertain: UncertainWrites;
  readonly #sorted: readonly string[];
  readonly #touched = new Map<string, readonly string[]>();

  constructor(history: readonly Operation[], numbered: readonly Numbered[]) {
    this.#numbered = numbered;
    const certain = new Set(numbered.map(({ operation }) => operation));
    this.#free = new FreeRevisions(numbered.flatMap(({ revision, change }) => (change === null ? [] : [revision])));
    const floor = new RevisionFloor(numbered.map(({ operation, revision }) => ({ end: endOf(operation), revision })));
    this.#uncertain = new UncertainWrites(
      history.filter((operation) => operation.outcome !== 'failed' && !certain.has(operation)),
      floor,
    );
    for (const operation of history) {
      if (operation.op !== 'range') this.#know(operation.key);
      else for (const { key } of operation.result?.kvs ?? []) this.#know(key);
    }
    this.#sorted = [...this.#keys.keys()].sort(compareByCodePoints);
  }

  run(): Violation | null {
    for (const each of this.#numbered) {
      const trouble = this.#trouble(each);
      if (trouble !== null) return trouble;
      if (each.change === null) continue;
      const known = this.#know(each.change.key);
      known.value = each.change.value;
      known.since = each.revision;
      known.last = each.operation;
    }
    return null;
  }

  #know(key: string): Known {
    const known = this.#keys.get(key) ?? { value: null, since: 0, last: null };
    this.#keys.set(key, known);
    return known;
  }

  #trouble({ operation, revision, change }: Numbered): Violation | null {
    // What a change saw was there before its own revision.
    const at = change === null ? revision : revision - 1;
    switch (operation.op) {
      case 'put':
        return null;
      case 'get':
        return this.#expect(operation, operation.key, operation.result?.value ?? null, at);
      case 'delete':
        if (operation.result?.deleted === false) return this.#expect(operation, operation.key, null, at);
        return this.#expectOther(operation, operation.key, null, at);
      case 'cas': {
        const { result } = operation;
        if (result === null || result.swapped) return this.#expect(operation, operation.key, operation.expect, at);
        if (result.current !== undefined) return this.#expect(operation, operation.key, result.current, at);
        return this.#expectOther(operation, operation.key, operation.expect, at);
      }
      case 'range':
        return this.#expectRows(operation, at);
    }
  }

  /** The key has exactly this value, up to revision `at` included. */
  #expect(operation: Operation, key: string, value: string | null, at: number): Violation | null {
    const known = this.#know(key);
    const fits = known.value === value || this.#explain(operation, key, value, known.since, at);
    if (!fits) return this.#blame(operation, key, known);
    known.value = value;
    known.since = Math.max(known.since, at);
    return null;
  }

  /** The key has any value but this one. Which write of unknown outcome made it so, the next answer that names a value will tell. */
  #expectOther(operation: Operation, key: string, value: string | null, at: number): Violation | null {
    const known = this.#know(key);
    const fits = known.value !== value || (this.#uncertain.of(key).length > 0 && this.#free.firstIn(known.since, at) !== null);
    return fits ? null : this.#blame(operation, key, known);
  }

  /** A write of unknown outcome may stand at a revision that nobody claims. */
  #explain(operation: Operation, key: string, value: string | null, since: number, at: number): boolean {
    for (const write of this.#uncertain.of(key)) {
      if (write.value !== value || write.used || write.call > endOf(operation)) continue;
      const place = this.#free.firstIn(Math.max(since, write.floor), at);
      if (place === null) continue;
      this.#free.take(place);
      write.used = true;
      return true;
    }
    return false;
  }

  /** Keys that the answer passes over do not exist; those that it has, have these values. */
  #expectRows(operation: Operation & { op: 'range' }, at: number): Violation | null {
    const { range, result } = operation;
    if (result === null || range.countOnly) return null;
    const rows = new Map(result.kvs.map(({ key, value }) => [key, value]));
    const cut = result.more === true || (range.limit > 0 && result.kvs.length === range.limit);
    let left = rows.size;
    for (const key of this.#keysOf(operation)) {
      if (left === 0 && cut) return null;
      const value = rows.get(key);
      if (value !== undefined) left -= 1;
      const trouble =
        value !== undefined && range.keysOnly
          ? this.#expectOther(operation, key, null, at)
          : this.#expect(operation, key, value ?? null, at);
      if (trouble !== null) return trouble;
    }
    return null;
  }

  #keysOf({ range }: Operation & { op: 'range' }): readonly string[] {
    const name = JSON.stringify([range.start, range.end, range.prefix, range.reverse]);
    const touched = this.#touched.get(name) ?? touchedKeys(this.#sorted, range);
    this.#touched.set(name, touched);
    return touched;
  }

  #blame(operation: Operation, key: string, known: Known): Violation {
    const state = stateWords([[key, known.value]]);
    const by = known.last === null ? 'from the beginning' : `since ${operationWords(known.last)}`;
    const text = `${operationWords(operation)}: by the revisions ${state} ${by}`;
    return violation('revision-replay', text, known.last === null ? [operation] : [operation, known.last]);
  }
}
