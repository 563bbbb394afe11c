/** A range of any size, read in pages that the nodes allow. */
import { LIMITS } from '../base/limits.ts';
import type { KvClient, ReadOptions } from '../cluster/driver.ts';
import type { KeyValue, RangeQuery, RangeResult } from '../kv/commands.ts';
import { compareKeys, keyAfter, prefixEnd } from '../kv/key-order.ts';

/** The bounds of a query with its prefix folded into them: keys in [start, end). */
export function boundsOf(query: Partial<RangeQuery>): { readonly start: string; readonly end: string | null } {
  const start = query.start ?? '';
  const end = query.end ?? null;
  const prefix = query.prefix ?? null;
  if (prefix === null || prefix === '') return { start, end };
  const last = prefixEnd(prefix);
  return { start: compareKeys(start, prefix) > 0 ? start : prefix, end: lesser(end, last) };
}

function lesser(a: string | null, b: string | null): string | null {
  if (a === null) return b;
  if (b === null) return a;
  return compareKeys(a, b) <= 0 ? a : b;
}

/**
 * Page after page, each at its own revision: writes that happen meanwhile may or may not be seen. `query.limit` 0 or
 * absent means all.
 */
export async function* rangePages(
  kv: KvClient,
  query: Partial<RangeQuery>,
  options: ReadOptions = {},
  pageRows: number = LIMITS.rangeRows,
): AsyncGenerator<RangeResult> {
  let { start, end } = boundsOf(query);
  let left = query.limit === undefined || query.limit === 0 ? Number.POSITIVE_INFINITY : query.limit;
  while (left > 0) {
    const page = await kv.range({ ...query, prefix: null, start, end, limit: Math.min(left, pageRows) }, options);
    yield page;
    const last: KeyValue | undefined = page.kvs.at(-1);
    left -= page.kvs.length;
    if (last === undefined || !page.more) return;
    if (query.reverse === true) end = last.key;
    else start = keyAfter(last.key);
  }
}
