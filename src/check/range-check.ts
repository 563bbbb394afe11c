/** What a range was answered, over slots: the places of its group's keys in a tuple. */
import type { Group } from './groups.ts';
import type { Operation } from './history.ts';
import { touchedKeys } from './key-span.ts';
import { UNTOLD, type Values } from './point-operations.ts';

export interface RangeCheck {
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
  /** For each slot of the group its value, UNTOLD where the answer leaves it open, UNTOUCHED where it was not asked for. */
  readonly told: Int32Array;
}

const UNTOUCHED = -3;

export function rangeCheckOf(
  { range, result }: Operation & { op: 'range' },
  keys: Group['keys'],
  slotOf: ReadonlyMap<string, number>,
  values: Values,
): RangeCheck {
  const rows = result?.kvs ?? [];
  const slots = Int32Array.from(touchedKeys(keys, range), (key) => slotOf.get(key) ?? 0);
  const rowSlots = Int32Array.from(rows, ({ key }) => slotOf.get(key) ?? 0);
  const rowValues = Int32Array.from(rows, ({ key, value }) =>
    range.keysOnly ? UNTOLD : values.numberOf(slotOf.get(key) ?? 0, value),
  );
  const whole = result !== null && result.more !== true && range.limit === 0 && !range.countOnly;
  const told = new Int32Array(keys.length).fill(UNTOUCHED);
  // The number of a slot is the absence of its key.
  for (const slot of slots) told[slot] = whole ? slot : UNTOLD;
  for (const [row, slot] of rowSlots.entries()) told[slot] = rowValues[row] ?? UNTOLD;
  return {
    slots,
    rowSlots,
    rowValues,
    count: result?.count ?? null,
    limit: range.limit === 0 ? Number.POSITIVE_INFINITY : range.limit,
    more: result?.more ?? null,
    rows: !range.countOnly,
    told,
  };
}

/** The values that it saw for certain. */
export const valuesTold = ({ told }: RangeCheck): readonly number[] => [...told].filter((value) => value >= 0);

/** Whether a state in which the key in `slot` has `value` means something to the range. */
export function mayNoticeIn({ told }: RangeCheck, slot: number, value: number): boolean {
  return told[slot] === UNTOLD || told[slot] === value;
}

/**
 * The rows are the first keys of the range, in order, and none is passed over. They may end early only where `more` says so:
 * a store bounds its answers by bytes as well.
 */
export function fits(tuple: Int32Array, { slots, rowSlots, rowValues, count, limit, more, rows }: RangeCheck): boolean {
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
