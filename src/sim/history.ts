/** What the clients did and saw, in virtual time: the matter of a linearizability check. */
import type { KeyValue } from '../kv/commands.ts';

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
