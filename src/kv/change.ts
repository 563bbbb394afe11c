import type { ClusterTime, LogIndex, Revision } from '../base/brand.ts';
import type { KeyValue } from './commands.ts';

/** The entry that made a change: its place, the leader's clock, and the session of the client; null for a caller without one. */
export interface Origin {
  readonly index: LogIndex;
  readonly time: ClusterTime;
  readonly session: number | null;
}

interface Changed {
  readonly revision: Revision;
  readonly origin: Origin;
}
/** What one entry changed; `previous` is what was there. */
export type Change =
  | (Changed & {
      readonly type: 'put';
      readonly kv: KeyValue;
      readonly previous: KeyValue | null;
      /** The deletion of this key before it was created anew; null for an update, and when there is none or it is forgotten. */
      readonly deletedAt: Revision | null;
    })
  | (Changed & { readonly type: 'delete'; readonly key: string; readonly previous: KeyValue });

/** UTF-16 units of what a change holds: a version that is held by two, as written and as replaced, counts twice. */
export function unitsOf(change: Change): number {
  return unitsOfVersion(change.type === 'put' ? change.kv : null) + unitsOfVersion(change.previous);
}

function unitsOfVersion(kv: KeyValue | null): number {
  return kv === null ? 0 : kv.key.length + kv.value.length;
}
