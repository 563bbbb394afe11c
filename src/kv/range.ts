/** Ranges over the newest state: bounds, order, limits. */
import type { Revision } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { KeyValue, RangeQuery, RangeResult } from './commands.ts';
import { compareKeys, prefixEnd } from './key-order.ts';
import type { ReadonlySkipList } from './skip-list.ts';

/** What one answer may hold. `bytes` are those of the keys and values as JSON text, so that an answer fits one frame. */
export interface RangeLimits {
  readonly rows: number;
  readonly bytes: number;
}

export const RANGE_LIMITS: RangeLimits = { rows: LIMITS.rangeRows, bytes: LIMITS.rangeBytes };

/** Keys in [start, end); null: to the end. */
export interface Bounds {
  readonly start: string;
  readonly end: string | null;
}

/** A prefix narrows [start, end): keys that have the prefix and lie between the two. */
export function boundsOf(query: Pick<RangeQuery, 'start' | 'end' | 'prefix'>): Bounds {
  const { start, end, prefix } = query;
  if (prefix === null || prefix === '') return { start, end };
  const behind = prefixEnd(prefix);
  return {
    start: compareKeys(start, prefix) > 0 ? start : prefix,
    end: end !== null && (behind === null || compareKeys(end, behind) < 0) ? end : behind,
  };
}

/**
 * At least one row if there is any, however large; no more rows than the query's limit and `limits` allow. `count` is
 * that of the whole range and takes O(log n) steps. `countOnly` asks for no row, so none is missing: `more` is false.
 */
export function rangeOf(list: ReadonlySkipList<KeyValue>, query: RangeQuery, limits: RangeLimits, at: Revision): RangeResult {
  const { start, end } = boundsOf(query);
  const from = list.rank(start);
  const to = end === null ? list.size : list.rank(end);
  const count = Math.max(0, to - from);
  if (query.countOnly || count === 0) return { kvs: [], count, more: false, revision: at };
  const mostRows = mostRowsOf(count, query, limits);
  const rows: KeyValue[] = [];
  let units = 0;
  let place = list.placeOf(query.reverse ? to - 1 : from);
  for (; rows.length < mostRows; place = query.reverse ? list.previous(place) : list.next(place)) {
    const kv = list.payloadAt(place);
    rows.push(query.keysOnly ? { ...kv, value: '' } : kv);
    units += kv.key.length + (query.keysOnly ? 0 : kv.value.length);
  }
  // Reading every character is worth it only when the answer might be too large.
  const kvs = units * MOST_BYTES_PER_UNIT <= limits.bytes ? rows : rows.slice(0, fittingRows(rows, limits.bytes));
  return { kvs, count, more: kvs.length < count, revision: at };
}

/** Rows of a range of `count` keys that the query and the limits allow. */
export function mostRowsOf(count: number, { limit }: RangeQuery, { rows }: RangeLimits): number {
  return Math.min(count, rows, limit === 0 ? count : limit);
}

/** How many of the rows fit into `most` bytes as JSON; at least one, if there is any. */
export function fittingRows(rows: readonly KeyValue[], most: number): number {
  let bytes = 0;
  const first = rows.findIndex(({ key, value }) => {
    bytes += jsonBytes(key) + jsonBytes(value);
    return bytes > most;
  });
  return first < 0 ? rows.length : Math.max(1, first);
}

/** A control character as JSON: `\u0001`. */
const MOST_BYTES_PER_UNIT = 6;

/** Bytes of UTF-8 that a well-formed text takes as JSON, at most: six for each control character, two for a quote or a backslash. */
export function jsonBytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20) bytes += 5;
    else if (unit < 0x80) bytes += unit === 0x22 || unit === 0x5c ? 1 : 0;
    // Either half of a surrogate pair stands for two of its four bytes.
    else bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}
