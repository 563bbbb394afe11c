/** Which keys a range touches, in which order. Written apart from the store's own code, so that a mistake there is found. */
import type { HistoryRange } from './history.ts';

/** By code points, which is the order of the bytes in UTF-8. */
export function compareByCodePoints(a: string, b: string): number {
  const left = a[Symbol.iterator]();
  const right = b[Symbol.iterator]();
  for (;;) {
    const x = left.next().value?.codePointAt(0);
    const y = right.next().value?.codePointAt(0);
    if (x === undefined || y === undefined) return (x === undefined ? 0 : 1) - (y === undefined ? 0 : 1);
    if (x !== y) return x - y;
  }
}

export function isInRange(key: string, { start, end, prefix }: HistoryRange): boolean {
  if (prefix !== null && !key.startsWith(prefix)) return false;
  return compareByCodePoints(key, start) >= 0 && (end === null || compareByCodePoints(key, end) < 0);
}

/** The keys that a range touches, in the order of its answer. `sorted` is in key order. */
export function touchedKeys(sorted: readonly string[], range: HistoryRange): readonly string[] {
  const touched = sorted.filter((key) => isInRange(key, range));
  return range.reverse ? touched.reverse() : touched;
}
