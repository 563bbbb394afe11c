/**
 * Rules that any linearizable history keeps and that are judged in O(n log n): most broken stores break one of them, and the
 * reason reads better than "there is no order". What passes here is not proven; the search has the last word.
 */
import { endOf, type Operation, writtenBy } from './history.ts';
import { compareByCodePoints, isInRange } from './key-span.ts';
import { operationWords, valueWords } from './operation-words.ts';
import type { Violation } from './violation.ts';

interface KeyHistory {
  readonly writers: Map<string, Operation[]>;
  readonly failedWriters: Map<string, Operation>;
  readonly deletes: Operation[];
  /** Answered ok, and they changed the key for certain. */
  readonly changes: Operation[];
  readonly seen: { readonly value: string | null; readonly by: Operation }[];
}

/** The first `most` violations by time of call, at most one for each operation. */
export function quickChecks(history: readonly Operation[], most = 10): readonly Violation[] {
  const found = new Map<Operation | undefined, Violation>();
  const add = (violation: Violation | null): void => {
    if (violation !== null && !found.has(violation.operations[0])) found.set(violation.operations[0], violation);
  };
  for (const operation of history) add(impossibleAnswer(operation));
  for (const [key, of] of byKey(history)) {
    const finder = new ChangeFinder(of.changes);
    for (const { value, by } of of.seen) add(judge(key, value, by, of, finder));
  }
  return [...found.values()].sort((a, b) => (a.operations[0]?.call ?? 0) - (b.operations[0]?.call ?? 0)).slice(0, most);
}

function byKey(history: readonly Operation[]): ReadonlyMap<string, KeyHistory> {
  const keys = new Map<string, KeyHistory>();
  const at = (key: string): KeyHistory => {
    const known = keys.get(key) ?? { writers: new Map(), failedWriters: new Map(), deletes: [], changes: [], seen: [] };
    keys.set(key, known);
    return known;
  };
  for (const operation of history) {
    if (operation.op !== 'range') noteWrite(at(operation.key), operation);
    for (const [key, value] of seenBy(operation)) at(key).seen.push({ value, by: operation });
  }
  return keys;
}

function noteWrite(of: KeyHistory, operation: Operation): void {
  const value = writtenBy(operation);
  if (value === undefined) return;
  if (operation.outcome === 'failed') {
    if (value !== null) of.failedWriters.set(value, operation);
    return;
  }
  if (operation.outcome === 'ok') of.changes.push(operation);
  const writers = value === null ? of.deletes : of.writers.get(value);
  if (writers !== undefined) writers.push(operation);
  else if (value !== null) of.writers.set(value, [operation]);
}

/** Keys with the values that the answer proves, as of one instant between call and return. */
function seenBy(operation: Operation): readonly (readonly [string, string | null])[] {
  if (operation.outcome !== 'ok' || operation.op === 'put' || operation.result === null) return [];
  switch (operation.op) {
    case 'get':
      return [[operation.key, operation.result.value]];
    case 'delete':
      return operation.result.deleted === false ? [[operation.key, null]] : [];
    case 'cas': {
      const { swapped, current } = operation.result;
      if (swapped) return [[operation.key, operation.expect]];
      return current === undefined ? [] : [[operation.key, current]];
    }
    case 'range':
      return operation.range.keysOnly ? [] : operation.result.kvs.map(({ key, value }) => [key, value] as const);
  }
}

function judge(key: string, value: string | null, by: Operation, of: KeyHistory, finder: ChangeFinder): Violation | null {
  const writers = (value === null ? of.deletes : (of.writers.get(value) ?? [])).filter((writer) => writer !== by);
  const [writer] = writers;
  const violation = (rule: Violation['rule'], text: string, others: readonly Operation[]): Violation => {
    return { rule, keys: [key], text: `${operationWords(by)}: ${text}`, operations: [by, ...others] };
  };
  if (value !== null && writer === undefined) {
    const failed = of.failedWriters.get(value);
    if (failed === undefined) return violation('never-written', `nobody ever wrote ${valueWords(value)}`, []);
    return violation('failed-write-seen', `${operationWords(failed)} had been reported as not done`, [failed]);
  }
  if (value !== null && writers.every(({ call }) => call > endOf(by))) {
    const others = writer === undefined ? [] : [writer];
    return violation('seen-before-write', `${valueWords(value)} was written only later`, others);
  }
  // The value of one writer only, or the emptiness of the beginning: it is gone for good once something followed.
  if (by.stale || writers.length > (value === null ? 0 : 1)) return null;
  const change = finder.endedFirstAfter(writer === undefined ? Number.NEGATIVE_INFINITY : endOf(writer));
  if (change === null || endOf(change) >= by.call) return null;
  const what = value === null ? 'had already made the key exist, and nothing deletes it' : 'had already replaced it';
  return violation('overwritten', `${operationWords(change)} ${what}`, writer === undefined ? [change] : [change, writer]);
}

/** Finds, of the changes called after a time, the one that ended first. */
class ChangeFinder {
  readonly #calls: Float64Array;
  /** For each place, of the changes from there on the one that ended first. */
  readonly #first: Operation[] = [];

  constructor(changes: readonly Operation[]) {
    const sorted = [...changes].sort((a, b) => a.call - b.call);
    this.#calls = Float64Array.from(sorted, ({ call }) => call);
    for (let at = sorted.length - 1; at >= 0; at -= 1) {
      const here = sorted[at];
      const later = this.#first[at + 1];
      if (here !== undefined) this.#first[at] = later !== undefined && endOf(later) < endOf(here) ? later : here;
    }
  }

  endedFirstAfter(time: number): Operation | null {
    let low = 0;
    let high = this.#calls.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#calls[middle] ?? 0) > time) high = middle;
      else low = middle + 1;
    }
    return this.#first[low] ?? null;
  }
}

/** Answers that contradict themselves or what was asked, whatever the state. */
function impossibleAnswer(operation: Operation): Violation | null {
  if (operation.outcome !== 'ok') return null;
  const text = operation.op === 'cas' ? casTrouble(operation) : operation.op === 'range' ? rangeTrouble(operation) : null;
  if (text === null) return null;
  const keys = operation.op === 'range' ? (operation.result?.kvs ?? []).map(({ key }) => key) : [operation.key];
  return { rule: 'impossible-answer', keys, text: `${operationWords(operation)}: ${text}`, operations: [operation] };
}

function casTrouble({ expect, value, result }: Operation & { op: 'cas' }): string | null {
  if (result?.current === undefined) return null;
  if (result.swapped) return result.current === value ? null : 'it swapped, but the value is another';
  return result.current === expect ? 'it was refused although the value was the expected one' : null;
}

function rangeTrouble({ range, result }: Operation & { op: 'range' }): string | null {
  const kvs = result?.kvs ?? [];
  const outside = kvs.find(({ key }) => !isInRange(key, range));
  if (outside !== undefined) return `${valueWords(outside.key)} is not in the range`;
  if (range.limit > 0 && kvs.length > range.limit) return `more than the ${range.limit} rows that were asked for`;
  const sign = range.reverse ? -1 : 1;
  const disordered = kvs.find(({ key }, at) => at > 0 && compareByCodePoints(kvs[at - 1]?.key ?? '', key) * sign >= 0);
  return disordered === undefined ? null : `${valueWords(disordered.key)} is out of order`;
}
