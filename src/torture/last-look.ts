/** What the store must still hold of epochs that are over: what it held when they ended. */
import type { Operation } from '../check/history.ts';
import { writtenBy } from '../check/history.ts';

/** A key of an epoch that has ended, and the values that it may have from then on. */
export interface Settled {
  readonly key: string;
  /** The last one first; others are of writes whose outcome nobody knows. Null: no such key. */
  readonly allowed: readonly (string | null)[];
}

/** `final`: what the reads after the healing found. An unknown write may still come late, so its value is allowed too. */
export function settledKeys(final: ReadonlyMap<string, string | null>, operations: readonly Operation[]): readonly Settled[] {
  const late = new Map<string, (string | null)[]>();
  for (const operation of operations) {
    if (operation.outcome !== 'unknown' || operation.op === 'range') continue;
    const value = writtenBy(operation);
    if (value === undefined) continue;
    const values = late.get(operation.key);
    if (values === undefined) late.set(operation.key, [value]);
    else values.push(value);
  }
  return [...final].map(([key, value]) => ({ key, allowed: [value, ...(late.get(key) ?? [])] }));
}

/** In words, what is not as it must be; `found` has the keys that there are. */
export function lostKeys(settled: readonly Settled[], found: ReadonlyMap<string, string>): readonly string[] {
  return settled.flatMap(({ key, allowed }) => {
    const value = found.get(key) ?? null;
    return allowed.includes(value) ? [] : [`${key} was ${shown(allowed[0] ?? null)} and is ${shown(value)} in the end`];
  });
}

function shown(value: string | null): string {
  return value === null ? 'absent' : JSON.stringify(value.length > 24 ? `${value.slice(0, 24)}…` : value);
}
