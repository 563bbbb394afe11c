import type { Revision } from '../base/brand.ts';

/** Names one write of one client, so that a retry is answered and not applied again (dissertation §6.3). */
export interface RequestId {
  /** The log index at which the session was opened. */
  readonly session: number;
  /** Counts up from 1 within the session. */
  readonly sequence: number;
  /** The client has the answers to every sequence up to here; the store may forget them. */
  readonly acknowledged: number;
}

/** What a log entry asks of the store. `request` is null for a caller without a session. */
export type Command =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly request: RequestId | null }
  | { readonly type: 'delete'; readonly key: string; readonly request: RequestId | null }
  | {
      readonly type: 'cas';
      readonly key: string;
      /** null: the key must not exist. */
      readonly expect: string | null;
      readonly value: string;
      readonly request: RequestId | null;
    }
  | { readonly type: 'open-session' };

export type Reply =
  | { readonly type: 'put'; readonly revision: Revision }
  | { readonly type: 'delete'; readonly deleted: boolean; readonly revision: Revision }
  | { readonly type: 'cas'; readonly swapped: boolean; readonly current: string | null; readonly revision: Revision }
  | { readonly type: 'session'; readonly session: number }
  /** The session is unknown here, or has forgotten this sequence: whether it was applied is no longer known. */
  | { readonly type: 'session-expired' };

/** A key with its value and its history in numbers, as in etcd: revisions are store-wide, `version` counts the key's changes. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  readonly version: number;
}

/** Keys in [start, end), or those with a prefix; ordered by UTF-8 bytes. `limit` 0 means none. */
export interface RangeQuery {
  readonly start: string;
  /** null: to the end. */
  readonly end: string | null;
  readonly prefix: string | null;
  readonly limit: number;
  readonly reverse: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
}

/** `count` is the number of keys in the whole range, `more` tells that `kvs` does not hold them all. */
export interface RangeResult {
  readonly kvs: readonly KeyValue[];
  readonly count: number;
  readonly more: boolean;
  readonly revision: Revision;
}
