/** The contract the console and the commands are written against. They ask for capabilities, never for an engine. */
import type { LogIndex, NodeId, Term } from '../base/brand.ts';
import type { CheckReport } from '../check/check.ts';
import type { DiskEffect } from '../fault/plan.ts';
import type { KeyValue, RangeQuery, RangeResult } from '../kv/commands.ts';
import type { HistoryResult } from '../kv/key-history.ts';
import type { RaftEvent } from '../raft/messages.ts';
import type { PromiseText } from '../raft/promises.ts';
import type { LogRow, MemberStatus } from '../replica/status.ts';

/** `power-loss`: the nodes note what they do to their disks, so that a power loss can be replayed. */
export type Capability =
  | 'process-faults'
  | 'link-faults'
  | 'node-faults'
  | 'power-loss'
  | 'transfer-leadership'
  | 'stop-cluster'
  | 'detach';

export type NodeState = 'up' | 'down' | 'paused';

/** One node as seen from here. `status` is the newest answer, also of a node that is gone; `seenAt` tells its age. */
export interface NodeView {
  readonly id: NodeId;
  readonly url: string;
  readonly pid: number | null;
  readonly state: NodeState;
  readonly status: MemberStatus | null;
  /** `performance.now()` of the newest data; null when there never was any. */
  readonly seenAt: number | null;
}

export type FaultKind = 'kill' | 'pause' | 'isolate' | 'partition' | 'link' | 'disk' | 'clock' | 'power-loss';

/** A fault that is active until it is healed. */
export interface ActiveFault {
  readonly id: number;
  readonly kind: FaultKind;
  /** The command that sets it, as it would be typed: `isolate n2`, `link n1 n5 --drop 1`. */
  readonly command: string;
  readonly nodes: readonly NodeId[];
  /** Wall-clock milliseconds since 1970. */
  readonly since: number;
  readonly until: number | null;
  /** Who set it: `cli`, or the id of a console, with which it ends. */
  readonly owner: string;
  /** What `undo` goes back to, of a link that was changed while something was set on it. */
  readonly former?: FormerFault | undefined;
}

/** Over by itself at `until`, wall-clock milliseconds since 1970; null for what stands until it is healed. */
export interface FormerFault {
  readonly command: string;
  readonly until: number | null;
}

/** The newest picture of the whole cluster. A new object only when something changed. */
export interface ClusterPicture {
  readonly name: string;
  /** Null for a cluster that is only known by its urls. */
  readonly dir: string | null;
  readonly nodes: readonly NodeView[];
  /** The leader of the highest term seen, if it is up. */
  readonly leader: NodeId | null;
  readonly term: Term;
  readonly faults: readonly ActiveFault[];
}

/** A promise of the cluster, and whether it holds as far as it was looked at. What is broken stays broken. */
export interface PromiseCheck extends PromiseText {
  readonly state: 'holds' | 'broken' | 'not-yet';
  /** Comparisons so far. */
  readonly checked: number;
  /** Of the newest comparison: wall-clock milliseconds since 1970. */
  readonly lastAt: number | null;
  /** What broke it first. May hold characters from peers: escape it before drawing. */
  readonly detail: string | null;
}

/** Which part of the log was compared entry by entry. Hashes of the state cover what was passed over. */
export interface CheckCoverage {
  readonly from: number;
  readonly to: number;
  /** Committed entries that are yet to be read, on the node that is furthest behind. */
  readonly behind: number;
  /** Entries that were passed over, since the log was quicker. */
  readonly skipped: number;
}

/** Is what this program's own calls to the store were answered linearizable? */
export interface TrafficCheck {
  readonly verdict: 'none' | 'linearizable' | 'not-linearizable' | 'gave-up';
  /** Operations that were checked. */
  readonly checked: number;
  /** Recorded, and not yet checked. */
  readonly waiting: number;
  /** Left out: there was no room for them, or the search gave up. */
  readonly leftOut: number;
  /** Outcomes that nobody knows. */
  readonly unknown: number;
  /** Of the newest verdict: wall-clock milliseconds since 1970. */
  readonly lastAt: number | null;
  /** What cannot be, in one sentence; holds keys and values as they came. */
  readonly detail: string | null;
  /** The report on the operations that contradict each other, for drawing. */
  readonly culprit: CheckReport | null;
  /** The same as it was drawn, where nothing else was kept of it: in a recording. */
  readonly drawn?: readonly string[];
}

export interface ChecksPicture {
  readonly promises: readonly PromiseCheck[];
  readonly coverage: CheckCoverage;
  readonly traffic: TrafficCheck;
}

export type EventKind = 'role' | 'election' | 'vote' | 'log' | 'process' | 'fault' | 'request' | 'command' | 'note';

/** Something that happened, told in words. `text` may hold characters from peers and keys: escape it before drawing. */
export interface ClusterEvent {
  readonly seq: number;
  /** Wall-clock milliseconds since 1970. */
  readonly time: number;
  readonly node: NodeId | null;
  readonly kind: EventKind;
  readonly severity: 'info' | 'warn' | 'error';
  readonly text: string;
  /** For a fault: the id that `heal` takes. */
  readonly fault: number | null;
  /** What the words were made from, where a node told it: grounds for reasoning about causes. */
  readonly raft?: RaftEvent;
}

/** What can be done to a cluster. `forMs` ends a fault by itself; null leaves it until healed. */
export type ClusterAction =
  | { readonly type: 'kill' | 'pause' | 'isolate'; readonly nodes: readonly NodeId[]; readonly forMs: number | null }
  | { readonly type: 'restart' | 'resume'; readonly nodes: readonly NodeId[] }
  | { readonly type: 'partition'; readonly groups: readonly (readonly NodeId[])[]; readonly forMs: number | null }
  | {
      readonly type: 'link';
      readonly from: NodeId;
      readonly to: NodeId;
      readonly bothWays: boolean;
      readonly drop: number;
      readonly delayMs: readonly [number, number];
      readonly duplicate: number;
      readonly forMs: number | null;
      /** In the place of the newest fault that was set on this very link; `undo` brings that back. */
      readonly instead?: boolean;
    }
  | { readonly type: 'disk'; readonly nodes: readonly NodeId[]; readonly effect: DiskEffect; readonly forMs: number | null }
  /** `rate`: of the monotonic clock; `offsetMs`: of the wall clock. */
  | {
      readonly type: 'clock';
      readonly nodes: readonly NodeId[];
      readonly rate: number;
      readonly offsetMs: number;
      readonly forMs: number | null;
    }
  /** Blocks event loops once; ends by itself. */
  | { readonly type: 'stall'; readonly nodes: readonly NodeId[]; readonly stallMs: number }
  /** Kills, and loses what was not synced, in any part; the same for the same seed and the same log. */
  | {
      readonly type: 'power-loss';
      readonly nodes: readonly NodeId[];
      readonly seed: number | null;
      readonly forMs: number | null;
    }
  /** Kills, turns bits of the log over, starts again. More than a minority in a cluster's life takes `force`. */
  | { readonly type: 'rot'; readonly nodes: readonly NodeId[]; readonly seed: number | null; readonly force: boolean }
  /** One fault by id, or all with null. */
  | { readonly type: 'heal'; readonly fault: number | null }
  /** Heals the newest active fault. */
  | { readonly type: 'undo' }
  | { readonly type: 'transfer'; readonly to: NodeId }
  | { readonly type: 'campaign'; readonly node: NodeId }
  | { readonly type: 'stop' };

/** `text` says in a line what was done: `killed n2 (pid 4211)`. `fault` is set when something is now active. */
export interface ActionResult {
  readonly text: string;
  readonly fault: number | null;
}

export type Consistency = 'linearizable' | 'lease' | 'stale';
/** `any`: all nodes in turn, each from its own state. A follower must ask the leader for an index first, so one read takes longer, and many spread over all nodes. */
export type ReadFrom = 'leader' | 'any';

/** A write's place in the log and in the store. */
export interface Written {
  readonly revision: number;
  readonly index: LogIndex;
  readonly term: Term;
}

/**
 * The store, as every caller sees it. All calls end: with a result, or with an RpcError whose outcome is definite or
 * unknown. Writes carry (session, sequence), so a retry inside never applies twice.
 */
export interface KvClient {
  put(key: string, value: string, options?: CallOptions): Promise<Written>;
  get(key: string, options?: ReadOptions): Promise<{ readonly kv: KeyValue | null; readonly revision: number }>;
  delete(key: string, options?: CallOptions): Promise<{ readonly deleted: boolean; readonly revision: number }>;
  cas(
    key: string,
    expect: string | null,
    value: string,
    options?: CallOptions,
  ): Promise<{ readonly swapped: boolean; readonly current: string | null; readonly revision: number }>;
  range(query: Partial<RangeQuery>, options?: ReadOptions): Promise<RangeResult>;
  /** The versions of a key, the newest first, deletions included. */
  history(key: string, page?: HistoryPage, options?: ReadOptions): Promise<HistoryResult>;
  /**
   * Every change of the keys that are asked for, once and in order, across lost nodes and connections; ends when it is cancelled.
   * Throws RpcError: COMPACTED when no node in reach remembers what comes next.
   */
  watch(query: WatchQuery, options?: WatchOptions): AsyncIterable<WatchEvent>;
  /** Asks the newest write of unknown outcome again under its own number; null when there is none that may be asked. */
  retryUnknown(options?: CallOptions): Promise<RetriedWrite | null>;
}

/** What became of a write that was asked again. `changed`: a key was set, deleted or swapped by it. */
export interface RetriedWrite {
  readonly method: 'kv.put' | 'kv.delete' | 'kv.cas';
  readonly key: string;
  readonly revision: number;
  readonly changed: boolean;
}

/** One key, or those with a prefix, or those in [start, end). */
export interface WatchQuery {
  readonly key?: string;
  readonly prefix?: string;
  readonly start?: string;
  readonly end?: string;
  /** The first revision to be told of. Not given: what comes after all that is acknowledged now. */
  readonly fromRevision?: number;
  /** Tell also what each change replaced. */
  readonly previous?: boolean;
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly revision: number;
  /** Null for a deletion. */
  readonly kv: KeyValue | null;
  /** What was there before; null for nothing. Only where it was asked for, and not with the largest values. */
  readonly previous?: KeyValue | null;
}

/** The deadline is for the first node that agrees; after that it goes on for as long as it takes. */
export interface WatchOptions extends CallOptions {
  /** A node has agreed, whose newest revision is this. */
  readonly onStart?: (node: string, revision: number) => void;
  /** A node was lost, or refused; another is asked. `revision` is the last one that was told. */
  readonly onTrouble?: (error: Error, revision: number) => void;
}

/** At most `limit` versions; only those older than `before`. */
export interface HistoryPage {
  readonly limit?: number;
  readonly before?: number;
}

export interface CallOptions {
  /** The whole call, retries included, ends within this time. Default 5,000. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}
export interface ReadOptions extends CallOptions {
  readonly consistency?: Consistency;
  /** Ask this node. A follower asks the leader for an index first, unless the read is `stale`. */
  readonly node?: NodeId;
  /** When no node is named. Default `leader`, or any node for a `stale` read. */
  readonly readFrom?: ReadFrom;
  /** Read the state at this revision; refused with COMPACTED when it is forgotten. */
  readonly revision?: number;
}

export interface ClusterDriver {
  readonly capabilities: ReadonlySet<Capability>;
  readonly kv: KvClient;
  /** True while this program launched the nodes and will stop them when it closes. */
  readonly ownsNodes: boolean;
  picture(): ClusterPicture;
  /** Asks every node for its status once and resolves when all have answered or `timeoutMs` has passed. */
  refresh(timeoutMs: number): Promise<void>;
  /** Called after every change of the picture, at most once per event-loop turn. */
  onPicture(listener: () => void): () => void;
  /** The listener hears the remembered past at once, in order, and then what happens. */
  onEvent(listener: (event: ClusterEvent) => void): () => void;
  /** At most 256 rows of one node's log, from `from` on. */
  logRows(node: NodeId, from: LogIndex, limit: number): Promise<readonly LogRow[]>;
  /** The newest verdicts; null where nobody checks. */
  checks(): ChecksPicture | null;
  /** Called when a verdict has changed; counts grow without a call. */
  onChecks(listener: () => void): () => void;
  /** A client beside this driver has the answer to a write: its entry is checked like those of the driver's own writes. */
  noteAcknowledged(written: Written): void;
  act(action: ClusterAction): Promise<ActionResult>;
  /** Leaves the nodes running when this driver closes. */
  detach(): void;
  /** Heals this driver's own faults; stops the nodes if it owns them; ends all connections. */
  close(): Promise<void>;
}
