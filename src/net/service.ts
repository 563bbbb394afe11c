/** What the network edge asks of the node behind it. All failures are RpcErrors, thrown or told. */
import type { LogIndex, NodeId, Revision } from '../base/brand.ts';
import type { FaultPlan } from '../fault/plan.ts';
import type { Command, KeyValue, RangeQuery, RangeResult, Reply } from '../kv/commands.ts';
import type { ReadonlyHistory } from '../kv/history.ts';
import type { HistoryQuery, HistoryResult } from '../kv/key-history.ts';
import type { EntryId, ReadPath } from '../raft/messages.ts';
import type { LogRow, MemberStatus, NodeEvent, Topic } from '../replica/status.ts';
import type { Fail, Succeed } from './later.ts';

/** What came of a command, and the entry that carried it. */
export interface Applied {
  readonly reply: Reply;
  readonly at: EntryId;
}

export interface KvService {
  /**
   * Replicates a command and applies it. Fails with NOT_LEADER (definite) where it must be asked elsewhere,
   * OVERLOADED, NO_QUORUM, or UNKNOWN_OUTCOME after `deadlineMs`.
   */
  propose(command: Command, deadlineMs: number, succeed: Succeed<Applied>, fail: Fail): void;
  /**
   * Succeeds when this node's own state may answer a linearizable read: of a leader, or with `path` `here` of a follower too, which
   * asks its leader for an index first. Fails with NOT_LEADER or NO_QUORUM, both definite.
   */
  read(deadlineMs: number, path: ReadPath, succeed: () => void, fail: Fail): void;
  /** At a revision, or now with null. Throws COMPACTED for one that is forgotten, INVALID_PARAMS for one that is yet to come. */
  get(key: string, at: Revision | null): KeyValue | null;
  range(query: RangeQuery, at: Revision | null): RangeResult;
  history(query: HistoryQuery): HistoryResult;
  /** Of the newest change this node has applied. */
  revision(): number;
  status(): MemberStatus;
  logRows(from: LogIndex, limit: number): readonly LogRow[];
  /** `send` may be called before this returns, with events of the past. */
  subscribe(topics: readonly Topic[], send: (event: NodeEvent) => void): () => void;
  /** What this node has applied of late. Ask anew each time: a snapshot brings another history. */
  changes(): ReadonlyHistory;
  /** Called after the store has changed, at most once a turn. */
  onChange(listener: () => void): () => void;
  /** As far as this node knows; it may be itself. */
  leader(): { readonly id: NodeId; readonly url: string } | null;
}

export interface AdminService {
  /** Replaces the plan. Throws FORBIDDEN where fault injection is off. */
  setFaults(plan: FaultPlan): void;
  clearFaults(): void;
  /** Blocks the event loop once for so many milliseconds. Throws FORBIDDEN like `setFaults`. */
  stall(ms: number): void;
  transfer(to: NodeId): void;
  campaign(): void;
}
