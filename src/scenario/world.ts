/** Where a story takes place: real processes and the clock on the wall, or simulated machines and their own time. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterDriver } from '../cluster/driver.ts';
import type { KeyValue, Command as KvCommand, RangeQuery, RangeResult, Reply } from '../kv/commands.ts';

/** What one node can be asked, by whoever speaks to it alone. */
export type NodeRequest =
  | { readonly type: 'write'; readonly command: KvCommand }
  | { readonly type: 'get'; readonly key: string; readonly stale: boolean }
  | { readonly type: 'range'; readonly query: RangeQuery; readonly stale: boolean };

export type NodeAnswer =
  | { readonly type: 'write'; readonly reply: Reply }
  | { readonly type: 'get'; readonly kv: KeyValue | null; readonly revision: number }
  | { readonly type: 'range'; readonly result: RangeResult };

export interface World {
  readonly driver: ClusterDriver;
  /** Asks one node, which passes nothing on. Rejects with an RpcError. */
  ask(node: NodeId, request: NodeRequest, deadlineMs: number): Promise<NodeAnswer>;
  /** Lets time pass until the work has ended. */
  run<T>(work: Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
  /** Lets time pass until it is so; false when it is not after `patienceMs`. The picture is new each time it is asked. */
  until(isSo: () => Promise<boolean>, patienceMs: number): Promise<boolean>;
  /** Milliseconds on the clock that events are stamped with. */
  wall(): number;
  /** Makes the picture new. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** The cluster that a story asks for. */
export interface Shape {
  readonly nodes: number;
  /** Entries after which a snapshot is taken; null leaves that to base/limits.ts. */
  readonly snapshotEntries: number | null;
}

export type OpenWorld = (shape: Shape) => Promise<World>;
