/** Operations in words. What comes out holds foreign text: escape it before a terminal or a page sees it. */
import type { HistoryRange, Operation, RangeAnswer } from './history.ts';

const LONGEST_VALUE = 40;
const MOST_ROWS = 4;

/** `c1 get "x" → "5"`. */
export function operationWords(operation: Operation): string {
  return `${operation.process} ${actionWords(operation)}`;
}

/** The same without the process. */
export function actionWords(operation: Operation): string {
  const asked = askedWords(operation);
  if (operation.outcome === 'unknown') return `${asked} → ? (unknown)`;
  if (operation.outcome === 'failed') return `${asked} (failed)`;
  const revision = operation.revision === null ? '' : ` at revision ${operation.revision}`;
  return `${asked}${answerWords(operation)}${operation.stale ? ' (stale)' : ''}${revision}`;
}

export function valueWords(value: string | null): string {
  if (value === null) return 'absent';
  return value.length > LONGEST_VALUE ? `${JSON.stringify(value.slice(0, LONGEST_VALUE))}…` : JSON.stringify(value);
}

/** `x = "5", y absent`: a store's state, of the first keys if there are many. */
export function stateWords(state: readonly (readonly [string, string | null])[], most = 8): string {
  const words = state
    .slice(0, most)
    .map(([key, value]) => (value === null ? `${valueWords(key)} absent` : `${valueWords(key)} = ${valueWords(value)}`));
  return state.length > most ? `${words.join(', ')} and ${state.length - most} more` : words.join(', ');
}

function askedWords(operation: Operation): string {
  switch (operation.op) {
    case 'put':
      return `put ${valueWords(operation.key)} = ${valueWords(operation.value)}`;
    case 'get':
    case 'delete':
      return `${operation.op} ${valueWords(operation.key)}`;
    case 'cas':
      return `cas ${valueWords(operation.key)} from ${valueWords(operation.expect)} to ${valueWords(operation.value)}`;
    case 'range':
      return `range ${rangeWords(operation.range)}`;
  }
}

function answerWords(operation: Operation): string {
  switch (operation.op) {
    case 'put':
      return '';
    case 'get':
      return ` → ${valueWords(operation.result?.value ?? null)}`;
    case 'delete': {
      const deleted = operation.result?.deleted ?? null;
      return deleted === null ? '' : deleted ? ' → deleted' : ' → nothing there';
    }
    case 'cas': {
      const { result } = operation;
      if (result === null) return '';
      const current = result.current === undefined ? '' : `, now ${valueWords(result.current)}`;
      return result.swapped ? ' → swapped' : ` → refused${current}`;
    }
    case 'range':
      return operation.result === null ? '' : ` → ${rowsWords(operation.result)}`;
  }
}

function rangeWords({ start, end, prefix, limit, reverse }: HistoryRange): string {
  const bounds = prefix !== null && start === '' && end === null ? `${valueWords(prefix)}*` : boundsWords(start, end, prefix);
  return `${bounds}${limit === 0 ? '' : ` limit ${limit}`}${reverse ? ' reverse' : ''}`;
}

function boundsWords(start: string, end: string | null, prefix: string | null): string {
  const within = `${valueWords(start)}..${end === null ? '' : valueWords(end)}`;
  return prefix === null ? within : `${within} with ${valueWords(prefix)}*`;
}

function rowsWords({ kvs, count, more }: RangeAnswer): string {
  const rows = kvs.slice(0, MOST_ROWS).map(({ key, value }) => `${valueWords(key)} = ${valueWords(value)}`);
  if (kvs.length > MOST_ROWS) rows.push(`and ${kvs.length - MOST_ROWS} more`);
  return `[${rows.join(', ')}]${count === null ? '' : ` of ${count}`}${more === true ? ', cut off' : ''}`;
}
