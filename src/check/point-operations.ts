/**
 * What each operation is about: strings, a Map and a switch, and nothing of the store's own code, so that one mistake cannot
 * hide in both.
 */
import type { Group } from './groups.ts';
import type { Operation } from './history.ts';
import { MISFIT } from './model.ts';

/** In place of a value that the answer did not tell. */
export const UNTOLD = -2;

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

/** The values of each key as numbers, those of different keys apart; the absence of the key in slot s is s. */
export class Values {
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
export class PointOperations {
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

  /** Null: none for certain. */
  valueSeen(operation: number): number | null {
    const kind = this.kindOf(operation);
    if (kind === CAS_SWAPPED) return this.#expected[operation] ?? null;
    if (kind === NOT_DELETED) return this.slotOf(operation);
    const value = this.#values[operation] ?? UNTOLD;
    return kind === GET || (kind === CAS_REFUSED && value !== UNTOLD) ? value : null;
  }

  /** Whether a state in which the key has `value` means something to the operation. */
  mayNotice(operation: number, value: number): boolean {
    switch (this.kindOf(operation)) {
      case DELETED:
        return value !== this.slotOf(operation);
      case CAS_UNKNOWN:
        return value === this.#expected[operation];
      case CAS_REFUSED: {
        const told = this.#values[operation] ?? UNTOLD;
        return told === UNTOLD ? value !== this.#expected[operation] : told === value;
      }
      default:
        return this.valueSeen(operation) === value;
    }
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
