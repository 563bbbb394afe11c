/** Text to operations, one line at a time. Files come from anywhere: every field is checked, every size is bounded. */
import type { Action, HistoryOutcome, HistoryRange, KeyAndValue, Operation, RangeAnswer } from './history.ts';

/** UTF-16 units of one line; a range may bring a thousand rows of a megabyte in all, each unit an escape of six. */
export const LONGEST_LINE = 16_777_216;
/** Operations of one history; the search keeps some hundred bytes for each. */
export const MOST_OPERATIONS = 2_000_000;

/** Why a history cannot be read. `line` counts from 1. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

/** Takes text in pieces of any size. All methods throw HistoryError at the first line that is not the format. */
export class HistoryReader {
  readonly operations: Operation[] = [];
  #rest = '';
  #line = 0;

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) throw new HistoryError(this.#line + 1, `longer than ${LONGEST_LINE} characters`);
    for (const line of lines) this.#take(line);
  }

  /** The last line needs no line end; one that was torn is an error like any other, for a lost write would be blamed on the store. */
  end(): readonly Operation[] {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
    return this.operations;
  }

  #take(text: string): void {
    this.#line += 1;
    const line = this.#line === 1 ? text.replace(/^\ufeff/, '') : text;
    if (line.trim() === '') return;
    if (line.length > LONGEST_LINE) throw new HistoryError(this.#line, `longer than ${LONGEST_LINE} characters`);
    if (this.operations.length >= MOST_OPERATIONS) {
      throw new HistoryError(
        this.#line,
        `more than ${MOST_OPERATIONS} operations; check the history in parts, each from fresh keys`,
      );
    }
    try {
      this.operations.push(operationOf(line));
    } catch (error) {
      throw new HistoryError(this.#line, error instanceof Error ? error.message : String(error));
    }
  }
}

/** All lines of a text. Throws HistoryError. */
export function parseHistory(text: string): readonly Operation[] {
  const reader = new HistoryReader();
  reader.push(text);
  return reader.end();
}

type Fields = Readonly<Record<string, unknown>>;

function operationOf(line: string): Operation {
  const fields = object(json(line), 'a line');
  const outcome = outcomeOf(fields['outcome']);
  const call = time(fields['call'], 'call');
  const ended = fields['return'] === null || fields['return'] === undefined ? null : time(fields['return'], 'return');
  if (ended === null && outcome !== 'unknown')
    throw new Error(`an operation with outcome "${outcome}" needs its time of "return"`);
  if (ended !== null && ended < call) throw new Error('"return" is before "call"');
  const { process } = fields;
  if (typeof process !== 'string' && typeof process !== 'number') throw new Error('"process" must be a text or a number');
  return {
    process: String(process),
    call,
    return: ended,
    outcome,
    revision: optional(fields['revision'], (value) => whole(value, 'revision')),
    stale: fields['consistency'] === 'stale',
    ...actionOf(fields, outcome === 'ok' ? resultOf(fields) : null),
  };
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error('not JSON');
  }
}

function outcomeOf(value: unknown): HistoryOutcome {
  if (value === 'ok' || value === 'failed' || value === 'unknown') return value;
  throw new Error('"outcome" must be "ok", "failed" or "unknown"');
}

/** An answer without content may be left out: a put has none. */
function resultOf(fields: Fields): Fields {
  return object(fields['result'] ?? {}, '"result"');
}

function actionOf(fields: Fields, result: Fields | null): Action {
  const { op } = fields;
  if (op === 'range') return { op, range: rangeOf(fields), result: result && rangeAnswerOf(result) };
  if (op !== 'put' && op !== 'get' && op !== 'delete' && op !== 'cas') {
    throw new Error('"op" must be "put", "get", "delete", "cas" or "range"');
  }
  const key = text(fields['key'], 'key');
  switch (op) {
    case 'put':
      return { op, key, value: text(fields['value'], 'value') };
    case 'get':
      return { op, key, result: result && { value: textOrNull(result['value'], 'result.value') } };
    case 'delete':
      return { op, key, result: result && { deleted: optional(result['deleted'], (value) => flag(value, 'result.deleted')) } };
    case 'cas':
      return {
        op,
        key,
        expect: textOrNull(fields['expect'], 'expect'),
        value: text(fields['value'], 'value'),
        result: result && casAnswerOf(result),
      };
  }
}

function casAnswerOf(result: Fields): { readonly swapped: boolean; readonly current?: string | null } {
  const swapped = flag(result['swapped'], 'result.swapped');
  return result['current'] === undefined ? { swapped } : { swapped, current: textOrNull(result['current'], 'result.current') };
}

function rangeOf(fields: Fields): HistoryRange {
  const option = (name: string): boolean => optional(fields[name], (value) => flag(value, name)) ?? false;
  return {
    start: optional(fields['start'], (value) => text(value, 'start')) ?? '',
    end: optional(fields['end'], (value) => text(value, 'end')),
    prefix: optional(fields['prefix'], (value) => text(value, 'prefix')),
    limit: optional(fields['limit'], (value) => whole(value, 'limit')) ?? 0,
    reverse: option('reverse'),
    keysOnly: option('keysOnly'),
    countOnly: option('countOnly'),
  };
}

function rangeAnswerOf(result: Fields): RangeAnswer {
  const kvs = result['kvs'] ?? [];
  if (!Array.isArray(kvs)) throw new Error('"result.kvs" must be a list');
  return {
    kvs: kvs.map(rowOf),
    count: optional(result['count'], (value) => whole(value, 'result.count')),
    more: optional(result['more'], (value) => flag(value, 'result.more')),
  };
}

function rowOf(row: unknown): KeyAndValue {
  const fields = object(row, 'a row of "result.kvs"');
  return { key: text(fields['key'], 'key'), value: optional(fields['value'], (value) => text(value, 'value')) ?? '' };
}

function object(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} must be an object`);
  return Object.fromEntries(Object.entries(value));
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === undefined || value === null ? null : read(value);
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Error(`"${name}" must be a text`);
  return value;
}

/** Null must be written: a value that was forgotten is not an absent key. */
function textOrNull(value: unknown, name: string): string | null {
  if (value === null || typeof value === 'string') return value;
  throw new Error(`"${name}" must be a text or null`);
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`"${name}" must be true or false`);
  return value;
}

function whole(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`"${name}" must be a whole number, 0 or more`);
}

function time(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error(`"${name}" must be a time in microseconds`);
}
