/**
 * What clients did and saw: one operation after the other, in any order. docs/history-format.md is the same for people.
 * The words are those of Jepsen: an operation is called, and returns; its outcome is ok, failed or unknown.
 */

/** ok: it happened, and this was the answer. failed: it did not happen and never will. unknown: it may have happened, or may yet. */
export type HistoryOutcome = 'ok' | 'failed' | 'unknown';

export interface KeyAndValue {
  readonly key: string;
  /** Empty where only keys were asked for. */
  readonly value: string;
}

/** Keys in [start, end), or those with the prefix, or both; by the bytes of their UTF-8. `limit` 0 means none. */
export interface HistoryRange {
  readonly start: string;
  readonly end: string | null;
  readonly prefix: string | null;
  readonly limit: number;
  readonly reverse: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
}

export interface RangeAnswer {
  readonly kvs: readonly KeyAndValue[];
  /** Keys in the whole range; null: not told. */
  readonly count: number | null;
  /** Whether the answer leaves keys out; null: not told, so it leaves out only what the limit asks for. */
  readonly more: boolean | null;
}

/** What was asked, and what was answered. `result` is null exactly when the outcome is not ok. */
export type Action =
  | { readonly op: 'put'; readonly key: string; readonly value: string }
  | { readonly op: 'get'; readonly key: string; readonly result: { readonly value: string | null } | null }
  /** `deleted` null: the store does not tell whether there was something to delete. */
  | { readonly op: 'delete'; readonly key: string; readonly result: { readonly deleted: boolean | null } | null }
  | {
      readonly op: 'cas';
      readonly key: string;
      /** null: the key must not exist. */
      readonly expect: string | null;
      readonly value: string;
      /** `current` is the value afterwards; left out by a store that does not tell. */
      readonly result: { readonly swapped: boolean; readonly current?: string | null } | null;
    }
  | { readonly op: 'range'; readonly range: HistoryRange; readonly result: RangeAnswer | null };

export type Operation = Action & {
  /** Who asked; a process has one operation at a time, and a new name after an unknown outcome. */
  readonly process: string;
  /** Microseconds on one monotonic clock for the whole history. */
  readonly call: number;
  /** Null for an operation that was never answered, which then has no end. */
  readonly return: number | null;
  readonly outcome: HistoryOutcome;
  /** The store-wide revision that came with the answer; null: none did. */
  readonly revision: number | null;
  /** The caller allowed an old answer; it is not held to the order of real time. */
  readonly stale: boolean;
};

/** When an operation certainly was over, in microseconds; never, unless it was answered. */
export function endOf(operation: Operation): number {
  return operation.outcome === 'unknown' || operation.return === null ? Number.POSITIVE_INFINITY : operation.return;
}

/** The value a successful run of this operation leaves in its key; undefined for one that cannot write. */
export function writtenBy(operation: Operation): string | null | undefined {
  switch (operation.op) {
    case 'put':
      return operation.value;
    case 'delete':
      return operation.result?.deleted === false ? undefined : null;
    case 'cas':
      return operation.result?.swapped === false ? undefined : operation.value;
    case 'get':
    case 'range':
      return undefined;
  }
}

/** One line of the format, without its end. */
export function encodeOperation(operation: Operation): string {
  const { process, call, outcome, revision, stale } = operation;
  return JSON.stringify({
    process,
    call,
    return: operation.return,
    ...asked(operation),
    outcome,
    ...('result' in operation && operation.result !== null ? { result: operation.result } : {}),
    ...(revision === null ? {} : { revision }),
    ...(stale ? { consistency: 'stale' } : {}),
  });
}

function asked(operation: Operation): object {
  const { op } = operation;
  switch (op) {
    case 'put':
      return { op, key: operation.key, value: operation.value };
    case 'cas':
      return { op, key: operation.key, expect: operation.expect, value: operation.value };
    case 'get':
    case 'delete':
      return { op, key: operation.key };
    case 'range':
      return { op, ...operation.range };
  }
}
