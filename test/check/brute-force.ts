/** Linearizable or not, by trying every order of everything: for a handful of operations, and too simple to be wrong. */
import type { HistoryRange, Operation, RangeAnswer } from '../../src/check/history.ts';
import { answer } from './histories.ts';

export function isLinearizable(history: readonly Operation[]): boolean {
  const judged = history.filter(
    ({ outcome, op }) => outcome !== 'failed' && (outcome === 'ok' || (op !== 'get' && op !== 'range')),
  );
  return place(judged, new Map());
}

function place(left: readonly Operation[], data: ReadonlyMap<string, string>): boolean {
  if (left.every(({ outcome }) => outcome === 'unknown')) return true;
  return left.some((operation) => {
    const before = left.some((other) => other.outcome === 'ok' && (other.return ?? 0) < operation.call);
    if (before) return false;
    const next = happen(operation, data);
    return (
      next !== null &&
      place(
        left.filter((other) => other !== operation),
        next,
      )
    );
  });
}

/** The data afterwards; null when the answer is not true. */
function happen(operation: Operation, data: ReadonlyMap<string, string>): ReadonlyMap<string, string> | null {
  if (operation.op === 'range') return operation.result !== null && isTold(operation.result, operation.range, data) ? data : null;
  const { key } = operation;
  const current = data.get(key) ?? null;
  const next = new Map(data);
  switch (operation.op) {
    case 'put':
      return next.set(key, operation.value);
    case 'get':
      return operation.result?.value === current ? data : null;
    case 'delete':
      next.delete(key);
      return (operation.result?.deleted ?? null) === null || operation.result?.deleted === (current !== null) ? next : null;
    case 'cas': {
      const swapped = operation.expect === current;
      if (swapped) next.set(key, operation.value);
      if (operation.result === null) return next;
      if (operation.result.swapped !== swapped) return null;
      const told = operation.result.current;
      return told === undefined || told === (next.get(key) ?? null) ? next : null;
    }
  }
}

/** The rows begin the range; they end before it does only by the limit, or where the answer says that there are more. */
function isTold(told: RangeAnswer, asked: HistoryRange, data: ReadonlyMap<string, string>): boolean {
  const { kvs, count } = answer(data, { ...asked, limit: 0 });
  const rows = told.kvs.length;
  if (JSON.stringify(kvs.slice(0, rows)) !== JSON.stringify(told.kvs) || (told.count ?? count) !== count) return false;
  if (asked.countOnly) return true;
  const most = asked.limit === 0 ? Number(count) : asked.limit;
  return rows <= most && (told.more === null ? rows === Math.min(most, Number(count)) : told.more === rows < Number(count));
}
