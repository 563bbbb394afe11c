import type { ClusterTime, LogIndex, Millis, NodeId, Revision, Term } from '../base/brand.ts';
import type { CoreStatus, RaftEvent } from '../raft/messages.ts';
import type { Checkpoint } from './checkpoints.ts';
import type { LinkStatus } from './ports.ts';

/** One row of a log for people: `text` is a short form of the command, unescaped and possibly cut. */
export interface LogRow {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: 'noop' | 'command' | 'config';
  readonly time: ClusterTime;
  readonly text: string;
  /** The client's name for the write: equal in a retry. Null for a caller without a session, and for what is no write. */
  readonly request: { readonly session: number; readonly sequence: number } | null;
}

/** The terms of the newest entries: `terms[i]` belongs to index `first + i`. */
export interface LogTail {
  readonly first: LogIndex;
  readonly terms: readonly Term[];
}

/** The answer to `node.status`: everything one member knows of itself. Times are milliseconds, sizes bytes. */
export interface MemberStatus extends CoreStatus {
  readonly cluster: string;
  readonly appliedIndex: LogIndex;
  readonly revision: Revision;
  readonly keys: number;
  readonly sessions: number;
  readonly tail: LogTail;
  /** The state at some applied indexes, ascending, the last at `appliedIndex`. */
  readonly checkpoints: readonly Checkpoint[];
  readonly links: readonly LinkStatus[];
  readonly queues: { readonly proposals: number; readonly reads: number; readonly unsynced: number };
  readonly loopDelay: { readonly p99Ms: number; readonly maxMs: number };
  readonly sync: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number; readonly count: number };
  readonly memoryBytes: number;
  /** Processor time since the start; not in what older nodes and recordings tell. */
  readonly processor?: { readonly userMs: number; readonly systemMs: number } | undefined;
  readonly uptimeMs: Millis;
}

/** One thing that happened on one node, as `node.subscribe` sends it. `seq` counts from 1 per process, without gaps. */
export type NodeEvent =
  | { readonly topic: 'raft'; readonly seq: number; readonly node: NodeId; readonly time: ClusterTime; readonly event: RaftEvent }
  | { readonly topic: 'status'; readonly node: NodeId; readonly time: ClusterTime; readonly status: MemberStatus }
  | {
      readonly topic: 'fault';
      readonly seq: number;
      readonly node: NodeId;
      readonly time: ClusterTime;
      readonly text: string;
    };
export type Topic = NodeEvent['topic'];
