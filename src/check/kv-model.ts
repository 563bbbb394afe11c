/** One copy of the data, as the search sees it. */
import { assert } from '../base/assert.ts';
import type { Group } from './groups.ts';
import { MISFIT, type Model } from './model.ts';
import { PointOperations, Values } from './point-operations.ts';
import { fits, mayNoticeIn, type RangeCheck, rangeCheckOf, valuesTold } from './range-check.ts';

/** For one key the state is its value; for keys tied together by ranges it is the number of a tuple of values. */
export function modelOf(group: Group): Model {
  return group.ranged || group.keys.length !== 1 ? new TupleModel(group) : new RegisterModel(group);
}

const listOf = (value: number | null): readonly number[] => (value === null ? [] : [value]);

class RegisterModel implements Model {
  readonly initial = 0;
  readonly #key: string;
  readonly #values = new Values(1);
  readonly #operations: PointOperations;

  constructor(group: Group) {
    this.#key = group.keys[0] ?? '';
    this.#operations = new PointOperations(group, this.#values);
  }

  get values(): number {
    return this.#values.count;
  }

  step(state: number, operation: number): number {
    return this.#operations.step(state, operation);
  }

  isRead(operation: number): boolean {
    return this.#operations.isRead(operation);
  }

  valuesSeen(operation: number): readonly number[] {
    return listOf(this.#operations.valueSeen(operation));
  }

  valueWritten(operation: number): number | null {
    return this.#operations.valueWritten(operation);
  }

  valueIn(state: number): number {
    return state;
  }

  mayNotice(viewer: number, writer: number): boolean {
    const value = this.#operations.valueWritten(writer);
    return value !== null && this.#operations.mayNotice(viewer, value);
  }

  describe(state: number): readonly (readonly [string, string | null])[] {
    return [[this.#key, this.#values.textOf(state)]];
  }
}

class TupleModel implements Model {
  readonly initial: number;
  readonly #keys: readonly string[];
  readonly #values: Values;
  readonly #operations: PointOperations;
  readonly #ranges = new Map<number, RangeCheck>();
  readonly #tuples: Int32Array[] = [];
  readonly #numbers = new Map<string, number>();
  /** By state and written value: the state after it. */
  readonly #steps = new Map<number, number>();

  constructor(group: Group) {
    const { keys, operations } = group;
    this.#keys = keys;
    this.#values = new Values(keys.length);
    this.#operations = new PointOperations(group, this.#values);
    const slotOf = new Map(keys.map((key, slot) => [key, slot]));
    for (const [at, operation] of operations.entries()) {
      if (operation.op === 'range') this.#ranges.set(at, rangeCheckOf(operation, keys, slotOf, this.#values));
    }
    this.initial = this.#numberOf(Int32Array.from(keys.keys()));
  }

  get values(): number {
    return this.#values.count;
  }

  step(state: number, operation: number): number {
    const tuple = this.#tupleOf(state);
    const range = this.#ranges.get(operation);
    if (range !== undefined) return fits(tuple, range) ? state : MISFIT;
    const slot = this.#operations.slotOf(operation);
    const current = tuple[slot] ?? slot;
    const next = this.#operations.step(current, operation);
    if (next === current || next === MISFIT) return next === MISFIT ? MISFIT : state;
    const step = state * this.#values.count + next;
    const known = this.#steps.get(step);
    if (known !== undefined) return known;
    const changed = tuple.slice();
    changed[slot] = next;
    const after = this.#numberOf(changed);
    this.#steps.set(step, after);
    return after;
  }

  isRead(operation: number): boolean {
    return this.#operations.isRead(operation);
  }

  valuesSeen(operation: number): readonly number[] {
    const range = this.#ranges.get(operation);
    return range === undefined ? listOf(this.#operations.valueSeen(operation)) : valuesTold(range);
  }

  valueWritten(operation: number): number | null {
    return this.#operations.valueWritten(operation);
  }

  valueIn(state: number, operation: number): number | null {
    if (this.#ranges.has(operation)) return null;
    return this.#tupleOf(state)[this.#operations.slotOf(operation)] ?? null;
  }

  mayNotice(viewer: number, writer: number): boolean {
    const value = this.#operations.valueWritten(writer);
    if (value === null) return false;
    const slot = this.#operations.slotOf(writer);
    const range = this.#ranges.get(viewer);
    if (range !== undefined) return mayNoticeIn(range, slot, value);
    return this.#operations.slotOf(viewer) === slot && this.#operations.mayNotice(viewer, value);
  }

  describe(state: number): readonly (readonly [string, string | null])[] {
    const tuple = this.#tupleOf(state);
    return this.#keys.map((key, slot) => [key, this.#values.textOf(tuple[slot] ?? slot)] as const);
  }

  #tupleOf(state: number): Int32Array {
    const tuple = this.#tuples[state];
    assert(tuple !== undefined, 'a state is known before a step from it');
    return tuple;
  }

  #numberOf(tuple: Int32Array): number {
    const name = tuple.join();
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#tuples.length);
    return this.#tuples.push(tuple) - 1;
  }
}
