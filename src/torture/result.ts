/** What a run is asked for, and what came of it. */
import type { ClusterEvent, PromiseCheck } from '../cluster/driver.ts';
import type { Judgement } from './judge.ts';
import type { TortureKind } from './kinds.ts';
import type { EpochReport } from './progress.ts';

export interface TortureOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly kinds: readonly TortureKind[];
  /** What the clients try to do in a second, and what must be acknowledged before and after each fault. */
  readonly perSecond: number;
  readonly leastPerSecond: number;
}

/** What happened. Whether it is good enough is for the report to say. */
export interface TortureResult {
  readonly options: TortureOptions;
  readonly nodes: number;
  readonly interrupted: boolean;
  readonly elapsedMs: number;
  readonly epochs: readonly EpochReport[];
  /** Promises of the store that were broken. */
  readonly broken: readonly string[];
  /** What was too slow, or did not come back. */
  readonly failed: readonly string[];
  readonly pictures: readonly Judgement[];
  readonly acked: number;
  readonly unknown: number;
  readonly refused: number;
  readonly leaderChanges: number;
  readonly longestStallMs: number;
  readonly snapshots: { readonly taken: number; readonly installed: number };
  /** The promises of Raft, compared on what the nodes told of themselves all the while. */
  readonly promises: readonly PromiseCheck[];
  readonly equalState: boolean;
  readonly events: readonly ClusterEvent[];
}
