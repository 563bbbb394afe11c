/** What the clients did and saw, in virtual time: the matter of a linearizability check. */
import type { Action, Operation as CheckedOperation } from '../check/history.ts';
import type { KeyValue, RangeQuery } from '../kv/commands.ts';

/** What a range operation asks for: all keys. */
export const WHOLE_RANGE: RangeQuery = {
  start: '',
  end: null,
  prefix: null,
  limit: 0,
  reverse: false,
  keysOnly: false,
  countOnly: false,
};

export type OperationAction =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'cas'; readonly key: string; readonly expect: string | null; readonly value: string }
  | { readonly type: 'range' };

export type OperationResult =
  | { readonly outcome: 'ok'; readonly type: 'put'; readonly revision: number }
  | { readonly outcome: 'ok'; readonly type: 'delete'; readonly deleted: boolean; readonly revision: number }
  | {
      readonly outcome: 'ok';
      readonly type: 'cas';
      readonly swapped: boolean;
      readonly current: string | null;
      readonly revision: number;
    }
  | { readonly outcome: 'ok'; readonly type: 'get'; readonly kv: KeyValue | null; readonly revision: number }
  | { readonly outcome: 'ok'; readonly type: 'range'; readonly kvs: readonly KeyValue[]; readonly revision: number }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'unknown' };

export interface Operation {
  /** A client takes a new name after an outcome that it does not know. */
  readonly process: string;
  readonly action: OperationAction;
  readonly callMs: number;
  readonly returnMs: number;
  readonly result: OperationResult;
}

/** In the words of the checker, which knows nothing of sessions and of how the store counts. Times become microseconds. */
export function historyOf(operations: readonly Operation[]): readonly CheckedOperation[] {
  return operations.map(({ process, action, callMs, returnMs, result }) => ({
    process,
    call: Math.floor(callMs * 1_000),
    return: Math.ceil(returnMs * 1_000),
    outcome: result.outcome,
    revision: result.outcome === 'ok' ? result.revision : null,
    stale: false,
    ...checkedAction(action, result),
  }));
}

function checkedAction(action: OperationAction, result: OperationResult): Action {
  const answer = result.outcome === 'ok' ? result : null;
  switch (action.type) {
    case 'put':
      return { op: 'put', key: action.key, value: action.value };
    case 'get':
      return { op: 'get', key: action.key, result: answer?.type === 'get' ? { value: answer.kv?.value ?? null } : null };
    case 'delete':
      return { op: 'delete', key: action.key, result: answer?.type === 'delete' ? { deleted: answer.deleted } : null };
    case 'cas': {
      const found = answer?.type === 'cas' ? { swapped: answer.swapped, current: answer.current } : null;
      return { op: 'cas', key: action.key, expect: action.expect, value: action.value, result: found };
    }
    case 'range': {
      const found = answer?.type === 'range' ? { kvs: answer.kvs, count: answer.kvs.length, more: false } : null;
      return { op: 'range', range: WHOLE_RANGE, result: found };
    }
  }
}
