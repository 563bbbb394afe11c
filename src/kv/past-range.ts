/** Ranges over the store as it was at a revision that the history still knows. */
import type { Revision } from '../base/brand.ts';
import type { KeyValue, RangeQuery, RangeResult } from './commands.ts';
import type { ReadonlyHistory } from './history.ts';
import { compareKeys } from './key-order.ts';
import { type Bounds, boundsOf, fittingRows, mostRowsOf, type RangeLimits } from './range.ts';
import type { Place, ReadonlySkipList } from './skip-list.ts';

/** A key that changed since: what it was, and whether it is there now. */
interface Undone {
  was: KeyValue | null;
  readonly isThere: boolean;
}

/** Like `rangeOf`, at `at`, not below `history.compactedBelow`. Takes as many steps as there were changes since. */
export function pastRangeOf(
  list: ReadonlySkipList<KeyValue>,
  history: ReadonlyHistory,
  query: RangeQuery,
  limits: RangeLimits,
  at: Revision,
): RangeResult {
  const bounds = boundsOf(query);
  const undone = undoneSince(history, at, bounds);
  const from = list.rank(bounds.start);
  const to = bounds.end === null ? list.size : list.rank(bounds.end);
  let count = Math.max(0, to - from);
  for (const { was, isThere } of undone.values()) count += (was === null ? 0 : 1) - (isThere ? 1 : 0);
  if (query.countOnly || count === 0) return { kvs: [], count, more: false, revision: at };
  const mostRows = mostRowsOf(count, query, limits);
  const first = to <= from ? 0 : list.placeOf(query.reverse ? to - 1 : from);
  const rows = merged(list, first, to - from, undone, mostRows, query);
  const kvs = rows.slice(0, fittingRows(rows, limits.bytes));
  return { kvs, count, more: kvs.length < count, revision: at };
}

function undoneSince(history: ReadonlyHistory, at: Revision, { start, end }: Bounds): Map<string, Undone> {
  const undone = new Map<string, Undone>();
  for (let each: number = history.newest; each > at; each -= 1) {
    const key = history.keyOf(each);
    if (key === null) break;
    if (compareKeys(key, start) < 0 || (end !== null && compareKeys(key, end) >= 0)) continue;
    const change = history.changeOf(each);
    if (change === null) break;
    const known = undone.get(key);
    if (known === undefined) undone.set(key, { was: change.previous, isThere: change.type === 'put' });
    else known.was = change.previous;
  }
  return undone;
}

/** The keys that are there, as they were, and between them those that are gone. */
function merged(
  list: ReadonlySkipList<KeyValue>,
  first: Place,
  present: number,
  undone: ReadonlyMap<string, Undone>,
  mostRows: number,
  { reverse, keysOnly }: RangeQuery,
): readonly KeyValue[] {
  const before = (a: string, b: string): boolean => (reverse ? compareKeys(a, b) > 0 : compareKeys(a, b) < 0);
  const gone = [...undone.values()].flatMap(({ was, isThere }) => (was === null || isThere ? [] : was));
  gone.sort((a, b) => (reverse ? compareKeys(b.key, a.key) : compareKeys(a.key, b.key)));
  const rows: KeyValue[] = [];
  let place = first;
  let left = Math.max(0, present);
  for (let next = 0; rows.length < mostRows; ) {
    const here = left > 0 ? list.payloadAt(place) : null;
    const lost = gone[next] ?? null;
    if (here === null && lost === null) break;
    const takesLost = here === null || (lost !== null && before(lost.key, here.key));
    const kv = takesLost ? lost : asItWas(here, undone);
    if (kv !== null) rows.push(keysOnly ? { ...kv, value: '' } : kv);
    if (takesLost) {
      next += 1;
    } else {
      left -= 1;
      place = reverse ? list.previous(place) : list.next(place);
    }
  }
  return rows;
}

function asItWas(kv: KeyValue, undone: ReadonlyMap<string, Undone>): KeyValue | null {
  const change = undone.get(kv.key);
  return change === undefined ? kv : change.was;
}
