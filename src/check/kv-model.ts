/**
 * One copy of the data, as the search sees it: states and operations are small numbers. Strings, a Map and a switch, and nothing
 * of the store's own code, so that one mistake cannot hide in both.
 */
import { assert } from '../base/assert.ts';
import type { Group } from './groups.ts';
import type { Operation } from './history.ts';
import { touchedKeys } from './key-span.ts';

export interface Model {
  readonly initial: number;
  /** The state after `operation`, or MISFIT when what it was answered is not true in `state`. */
  step(state: number, operation: number): number;
  /** Whether the operation, answered as it was, changes no state at all. */
  isRead(operation: number): boolean;
  /** Values of one key or another have numbers below this. */
  readonly values: number;
  /** The value that the operation saw for certain; null: none, or more than one. */
  valueSeen(operation: number): number | null;
  /** The value that it leaves behind when it changes its key; null: it changes none. */
  valueWritten(operation: number): number | null;
  /** The value that its key has in `state`; null for a range. */
  valueIn(state: number, operation: number): number | null;
  /** Each key with its value; null: absent. */
  describe(state: number): readonly (readonly [string, string | null])[];
}

export const MISFIT = -1;

/** In place of a value that the answer did not tell. */
const UNTOLD = -2;

const PUT = 0;
const GET = 1;
const DELETE = 2;
const DELETED = 3;
const NOT_DELETED = 4;
const CAS_UNKNOWN = 5;
const CAS_SWAPPED = 6;
const CAS_REFUSED = 7;
const RANGE = 8;
const IMPOSSIBLE = 9;

/** For one key the state is its value; for keys tied together by ranges it is the number of a tuple of values. */
export function modelOf(group: Group): Model {
  return group.ranged || group.keys.length !== 1 ? new TupleModel(group) : new RegisterModel(group);
}

/** The values of each key as numbers, those of different keys apart; the absence of the key in slot s is s. */
class Values {
  readonly #numbers: Map<string, number>[];
  readonly #texts: (string | null)[];

  constructor(slots: number) {
    this.#numbers = Array.from({ length: slots }, () => new Map());
    this.#texts = this.#numbers.map(() => null);
  }

  get count(): number {
    return this.#texts.length;
  }

  numberOf(slot: number, text: string | null): number {
    if (text === null) return slot;
    const known = this.#numbers[slot]?.get(text);
    if (known !== undefined) return known;
    this.#numbers[slot]?.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  textOf(number: number): string | null {
    return this.#texts[number] ?? null;
  }
}

/** The operations of a group as columns of numbers; what each does to the one key it is about. */
class PointOperations {
  readonly #kinds: Int8Array;
  readonly #slots: Int32Array;
  /** The value written, read, or told as the current one. */
  readonly #values: Int32Array;
  readonly #expected: Int32Array;

  constructor({ keys, operations }: Group, values: Values) {
    const slotOf = new Map(keys.map((key, slot) => [key, slot]));
    this.#kinds = new Int8Array(operations.length);
    this.#slots = Int32Array.from(operations, (operation) => (operation.op === 'range' ? 0 : (slotOf.get(operation.key) ?? 0)));
    this.#values = new Int32Array(operations.length);
    this.#expected = new Int32Array(operations.length);
    for (const [at, operation] of operations.entries()) this.#encode(at, operation, values);
  }

  kindOf(operation: number): number {
    return this.#kinds[operation] ?? IMPOSSIBLE;
  }

  slotOf(operation: number): number {
    return this.#slots[operation] ?? 0;
  }

  isRead(operation: number): boolean {
    const kind = this.kindOf(operation);
    return kind === GET || kind === NOT_DELETED || kind === CAS_REFUSED || kind === RANGE;
  }

  valueSeen(operation: number): number | null {
    const kind = this.kindOf(operation);
    if (kind === CAS_SWAPPED) return this.#expected[operation] ?? null;
    if (kind === NOT_DELETED) return this.slotOf(operation);
    const value = this.#values[operation] ?? UNTOLD;
    return kind === GET || (kind === CAS_REFUSED && value !== UNTOLD) ? value : null;
  }

  valueWritten(operation: number): number | null {
    const kind = this.kindOf(operation);
    if (kind === DELETE || kind === DELETED) return this.slotOf(operation);
    return kind === PUT || kind === CAS_UNKNOWN || kind === CAS_SWAPPED ? (this.#values[operation] ?? null) : null;
  }

  /** The key's next value, or MISFIT. */
  step(current: number, operation: number): number {
    const value = this.#values[operation] ?? UNTOLD;
    const expected = this.#expected[operation] ?? UNTOLD;
    const absent = this.#slots[operation] ?? 0;
    switch (this.#kinds[operation]) {
      case PUT:
        return value;
      case GET:
        return current === value ? current : MISFIT;
      case DELETE:
        return absent;
      case DELETED:
        return current === absent ? MISFIT : absent;
      case NOT_DELETED:
        return current === absent ? absent : MISFIT;
      case CAS_UNKNOWN:
        return current === expected ? value : current;
      case CAS_SWAPPED:
        return current === expected ? value : MISFIT;
      case CAS_REFUSED:
        return current !== expected && (value === UNTOLD || current === value) ? current : MISFIT;
      default:
        return MISFIT;
    }
  }

  #encode(at: number, operation: Operation, values: Values): void {
    this.#kinds[at] = kindOf(operation);
    const slot = this.slotOf(at);
    if (operation.op === 'put') this.#values[at] = values.numberOf(slot, operation.value);
    if (operation.op === 'get') this.#values[at] = values.numberOf(slot, operation.result?.value ?? null);
    if (operation.op !== 'cas') return;
    const { result } = operation;
    const current = result?.current === undefined ? UNTOLD : values.numberOf(slot, result.current);
    this.#expected[at] = values.numberOf(slot, operation.expect);
    this.#values[at] = result?.swapped === false ? current : values.numberOf(slot, operation.value);
  }
}

function kindOf(operation: Operation): number {
  switch (operation.op) {
    case 'put':
      return PUT;
    case 'get':
      return GET;
    case 'range':
      return RANGE;
    case 'delete': {
      const deleted = operation.result?.deleted ?? null;
      return deleted === null ? DELETE : deleted ? DELETED : NOT_DELETED;
    }
    case 'cas': {
      const { result, value } = operation;
      if (result === null) return CAS_UNKNOWN;
      if (!result.swapped) return CAS_REFUSED;
      return result.current === undefined || result.current === value ? CAS_SWAPPED : IMPOSSIBLE;
    }
  }
}

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

  valueSeen(operation: number): number | null {
    return this.#operations.valueSeen(operation);
  }

  valueWritten(operation: number): number | null {
    return this.#operations.valueWritten(operation);
  }

  valueIn(state: number): number {
    return state;
  }

  describe(state: number): readonly (readonly [string, string | null])[] {
    return [[this.#key, this.#values.textOf(state)]];
  }
}

/** What a range was answered, over slots: the places of keys in a tuple. */
interface RangeCheck {
  /** The slots it touches, in the order of its answer. */
  readonly slots: Int32Array;
  /** The slot and value of each row; a value UNTOLD is any but absence. */
  readonly rowSlots: Int32Array;
  readonly rowValues: Int32Array;
  /** How many keys the answer tells of; null: not told. */
  readonly count: number | null;
  /** How many rows there must be at most of `count` keys; null: the answer may end where it likes, if it says so. */
  readonly limit: number;
  readonly more: boolean | null;
  readonly rows: boolean;
}

class TupleModel implements Model {
  readonly initial: number;
  readonly #keys: readonly string[];
  readonly #values: Values;
  readonly #operations: PointOperations;
  readonly #ranges = new Map<number, RangeCheck>();
  readonly #tuples: Int32Array[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(group: Group) {
    const { keys, operations } = group;
    this.#keys = keys;
    this.#values = new Values(keys.length);
    this.#operations = new PointOperations(group, this.#values);
    const slotOf = new Map(keys.map((key, slot) => [key, slot]));
    for (const [at, operation] of operations.entries()) {
      if (operation.op === 'range') this.#ranges.set(at, this.#rangeCheck(operation, slotOf));
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
    const changed = tuple.slice();
    changed[slot] = next;
    return this.#numberOf(changed);
  }

  isRead(operation: number): boolean {
    return this.#operations.isRead(operation);
  }

  valueSeen(operation: number): number | null {
    return this.#operations.valueSeen(operation);
  }

  valueWritten(operation: number): number | null {
    return this.#operations.valueWritten(operation);
  }

  valueIn(state: number, operation: number): number | null {
    if (this.#ranges.has(operation)) return null;
    return this.#tupleOf(state)[this.#operations.slotOf(operation)] ?? null;
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

  #rangeCheck({ range, result }: Operation & { op: 'range' }, slotOf: ReadonlyMap<string, number>): RangeCheck {
    const rows = result?.kvs ?? [];
    return {
      slots: Int32Array.from(touchedKeys(this.#keys, range), (key) => slotOf.get(key) ?? 0),
      rowSlots: Int32Array.from(rows, ({ key }) => slotOf.get(key) ?? 0),
      rowValues: Int32Array.from(rows, ({ key, value }) =>
        range.keysOnly ? UNTOLD : this.#values.numberOf(slotOf.get(key) ?? 0, value),
      ),
      count: result?.count ?? null,
      limit: range.limit === 0 ? Number.POSITIVE_INFINITY : range.limit,
      more: result?.more ?? null,
      rows: !range.countOnly,
    };
  }
}

/**
 * The rows are the first keys of the range, in order, and none is passed over. They may end early only where `more` says so:
 * a store bounds its answers by bytes as well.
 */
function fits(tuple: Int32Array, { slots, rowSlots, rowValues, count, limit, more, rows }: RangeCheck): boolean {
  let present = 0;
  for (const slot of slots) {
    const value = tuple[slot] ?? slot;
    if (value === slot) continue;
    if (present < rowSlots.length) {
      const told = rowValues[present] ?? UNTOLD;
      if (rowSlots[present] !== slot || (told !== UNTOLD && told !== value)) return false;
    }
    present += 1;
  }
  if (count !== null && count !== present) return false;
  if (rowSlots.length > present || rowSlots.length > limit) return false;
  if (!rows) return rowSlots.length === 0;
  return more === null ? rowSlots.length === Math.min(present, limit) : more === rowSlots.length < present;
}
