/**
 * The vocabulary of the consensus algorithm: what goes into the core, what comes out, what travels between cores.
 * Read this first. Everything here is data; nothing here knows sockets, files or clocks.
 */
import type { ClusterTime, LogIndex, Millis, NodeId, Term } from '../base/brand.ts';

/** Identifies an entry for ever: two logs that hold the same id hold the same prefix (Log Matching, Raft §5.3). */
export interface EntryId {
  readonly index: LogIndex;
  readonly term: Term;
}

/**
 * One position of the replicated log. `data` is opaque text to Raft: a command of the state machine for 'command',
 * the text of a Configuration for 'config', empty for 'noop'.
 */
export interface Entry extends EntryId {
  readonly time: ClusterTime;
  readonly kind: 'noop' | 'command' | 'config';
  readonly data: string;
}

/** Who decides. `outgoing` is non-empty only in a joint configuration, which needs both majorities (Raft §6). */
export interface Configuration {
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/**
 * The state after `last` was applied, and all that a log beginning there must know (Raft §7): when its last entry was made and
 * which configuration is in force.
 */
export interface SnapshotHead {
  readonly last: EntryId;
  readonly time: ClusterTime;
  readonly configuration: Configuration;
}

/** Names a snapshot's bytes: equal names, equal bytes. */
export interface SnapshotName {
  readonly last: EntryId;
  readonly sizeBytes: number;
  /** SHA-256 of its bytes but for the footer, 64 hexadecimal digits. */
  readonly hash: string;
}

/** A snapshot that lies on the disk, whole. */
export interface Snapshot extends SnapshotHead, SnapshotName {}

/** What must be on disk before any promise made on it leaves the node (Raft figure 2, "persistent state"). */
export interface HardState {
  readonly term: Term;
  readonly votedFor: NodeId | null;
  /** Set while the node repairs a log that lost entries: only what was committed in this term or a later one is proof of a whole log. */
  readonly repairFrom: Term | null;
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner';

/** Why a vote was refused, in the order in which the rules are tried. */
export const VOTE_REFUSALS = [
  'older-term',
  'leader-is-alive',
  'lease-may-hold',
  'already-voted',
  'repairing',
  'log-behind',
  'storage-stalled',
] as const;
export type VoteRefusal = (typeof VOTE_REFUSALS)[number];

interface Routed {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: Term;
}
/** A pre-vote asks about `term` = the sender's term + 1 without anyone adopting it (dissertation §9.6). */
export interface VoteRequest extends Routed {
  readonly type: 'vote-request';
  readonly last: EntryId;
  readonly preVote: boolean;
  /** Set when the leader itself asked for this election: stickiness must not refuse it (dissertation §3.10). */
  readonly transfer: boolean;
}
export interface VoteReply extends Routed {
  readonly type: 'vote-reply';
  readonly preVote: boolean;
  readonly granted: boolean;
  readonly refusal: VoteRefusal | null;
}
/** Also the heartbeat when `entries` is empty. `readRound` numbers the leader's ReadIndex rounds (dissertation §6.4). */
export interface AppendRequest extends Routed {
  readonly type: 'append-request';
  readonly previous: EntryId;
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
  readonly readRound: number;
}
/**
 * `matched` is the last index known equal to the leader's, or null when `previous` did not match; then `hint` is the
 * best place for the leader to probe next. `hint` is the follower's last entry otherwise.
 */
export interface AppendReply extends Routed {
  readonly type: 'append-reply';
  readonly matched: LogIndex | null;
  readonly hint: EntryId;
  readonly readRound: number;
}
/** A follower asks for an index that a linearizable read may be answered at (dissertation §6.4). `read` is never used twice by a node. */
export interface ReadIndexRequest extends Routed {
  readonly type: 'read-index-request';
  readonly read: number;
}
/** Whoever has applied everything up to `index` may answer what it was asked before it asked; null when no quorum confirmed it. */
export interface ReadIndexReply extends Routed {
  readonly type: 'read-index-reply';
  readonly read: number;
  readonly index: LogIndex | null;
}
/** Leadership transfer: campaign now, without pre-vote (dissertation §3.10). */
export interface TimeoutNow extends Routed {
  readonly type: 'timeout-now';
}
/**
 * A piece of the leader's snapshot, for a follower that needs entries which the leader's log has no more (Raft §7).
 * `data` is base64 of the snapshot's bytes from `offset` on.
 */
export interface InstallSnapshot extends Routed {
  readonly type: 'install-snapshot';
  readonly snapshot: SnapshotName;
  readonly offset: number;
  readonly data: string;
}
/** Where the next piece of that snapshot should begin. That all of it is installed is said by an append-reply. */
export interface InstallSnapshotReply extends Routed {
  readonly type: 'install-snapshot-reply';
  readonly last: EntryId;
  readonly next: number;
}
export type Message =
  | VoteRequest
  | VoteReply
  | AppendRequest
  | AppendReply
  | ReadIndexRequest
  | ReadIndexReply
  | TimeoutNow
  | InstallSnapshot
  | InstallSnapshotReply;

/** What the world tells the core. */
export type Input =
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly message: Message }
  /** Ready number `seq` is durable; they are reported in order. */
  | { readonly type: 'persisted'; readonly seq: number }
  /** The connection from `peer` closed: if it led, waiting out the whole election timeout is needless. */
  | { readonly type: 'peer-closed'; readonly peer: NodeId }
  /** A snapshot of our own state is on the disk: the log may forget everything up to `upTo`, which is not beyond it. */
  | { readonly type: 'snapshot-taken'; readonly snapshot: Snapshot; readonly upTo: LogIndex }
  /** All pieces of a leader's snapshot are on the disk, and they are what they should be. */
  | { readonly type: 'snapshot-received'; readonly snapshot: Snapshot }
  /** A piece that was to be sent to `to` could not be read. */
  | { readonly type: 'snapshot-unreadable'; readonly to: NodeId; readonly last: EntryId }
  | { readonly type: 'transfer-leadership'; readonly to: NodeId }
  /** Campaign now, asked for by a person. Goes through pre-vote as every campaign does. */
  | { readonly type: 'campaign' };

/** A piece of a snapshot to read from the disk and to send. */
export interface PieceToSend {
  readonly to: NodeId;
  readonly term: Term;
  readonly snapshot: SnapshotName;
  readonly offset: number;
  readonly count: number;
}

/** `entries[0].index` may be at or below the log's last index: then it replaces the tail from there on. */
export interface PersistBatch {
  readonly hardState: HardState | null;
  /** Given when the log begins anew after this snapshot: all entries from before are void, `entries` follow it. */
  readonly reset?: Snapshot;
  readonly entries: readonly Entry[];
  /** For the log's records only, so that a recovery knows a safe lower bound. */
  readonly commit: LogIndex;
}

/** An opaque, never reused name for one ReadIndex request (a reused one serves stale reads: etcd#20418). */
export type ReadTicket = number;

/**
 * Who may answer a linearizable read: the leader alone, or this node whatever it is, once it has asked its leader. `lease`: the leader, which
 * asks nobody while it holds a lease (raft/lease.ts).
 */
export type ReadPath = 'leader' | 'here' | 'lease';

/**
 * One turn's effects, in the only order that is safe. The fields are listed in the order in which they are carried out.
 */
export interface Ready {
  /**
   * Acknowledge with `persisted` once `persist` is durable, in order; also when `persist` is null, since it may wait for an earlier one.
   * Null: there is nothing to wait for, nor to acknowledge.
   */
  readonly seq: number | null;
  readonly persist: PersistBatch | null;
  /** May leave at once: a leader's appends travel while its own disk works (dissertation §10.2.1). */
  readonly messages: readonly Message[];
  /** Votes and acknowledgements are promises: they leave only when `persist` is durable. */
  readonly messagesAfterPersist: readonly Message[];
  /** In any order with messages: nothing is promised. */
  readonly piecesToSend: readonly PieceToSend[];
  /** Of the leader's snapshot; to be stored once `persist` is durable, and answered by whoever stores them. */
  readonly piecesReceived: readonly InstallSnapshot[];
  /** The state of this snapshot, received in full, takes the place of the state machine's before anything is applied. */
  readonly restore: Snapshot | null;
  /** Committed by a quorum; apply in this order. The local disk may still lag behind: the state machine is volatile. */
  readonly committed: readonly Entry[];
  /** Answer each once everything up to `index` is applied. */
  readonly grantedReads: readonly { readonly ticket: ReadTicket; readonly index: LogIndex }[];
  /** Never to be granted: leadership was lost or no quorum confirmed it. */
  readonly failedReads: readonly ReadTicket[];
  /**
   * Own proposals in whose place another entry is committed: they definitely did not happen. Not reported earlier,
   * since an entry that a newer leader pushed out of this log may still win from another's (Raft figure 8).
   */
  readonly truncated: readonly EntryId[];
  /** For people, not for correctness. */
  readonly events: readonly RaftEvent[];
}

/** What happened, for the log and the console. */
export type RaftEvent =
  | { readonly type: 'role'; readonly role: Role; readonly term: Term; readonly leader: NodeId | null; readonly reason: string }
  | { readonly type: 'election'; readonly term: Term; readonly preVote: boolean; readonly reason: string }
  | {
      readonly type: 'vote-cast';
      readonly to: NodeId;
      readonly term: Term;
      readonly preVote: boolean;
      readonly granted: boolean;
      readonly refusal: VoteRefusal | null;
    }
  | {
      readonly type: 'vote-received';
      readonly from: NodeId;
      readonly term: Term;
      readonly preVote: boolean;
      readonly granted: boolean;
      readonly refusal: VoteRefusal | null;
    }
  | { readonly type: 'truncated'; readonly from: LogIndex; readonly to: LogIndex; readonly leader: NodeId }
  | {
      readonly type: 'snapshot';
      readonly index: LogIndex;
      readonly state: 'taken' | 'installed' | 'sending';
      readonly peer: NodeId | null;
    }
  | { readonly type: 'transfer'; readonly to: NodeId; readonly state: 'started' | 'sent' | 'aborted' }
  /** The log lost entries to damage: until an entry of term `since` or later is committed and on disk, this node has no vote. */
  | { readonly type: 'repair'; readonly since: Term; readonly state: 'begun' | 'done' };

/** As in etcd: finding out where the logs meet, sending entries, or sending a snapshot first. */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** What a leader knows about one peer; what anybody knows about the others is in `heardAgoMs`. */
export interface PeerProgress {
  readonly id: NodeId;
  readonly state: ProgressState;
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  readonly inflight: number;
  readonly heardAgoMs: Millis | null;
}

export interface CoreStatus {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: Term;
  readonly votedFor: NodeId | null;
  readonly leader: NodeId | null;
  readonly configuration: Configuration;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  readonly commitIndex: LogIndex;
  /** The newest snapshot on this node's disk stands for the state after this entry; 0 when there is none. */
  readonly snapshotIndex: LogIndex;
  /** Entries up to here have left the log; 0 while it is whole. */
  readonly compactedIndex: LogIndex;
  /** The log on this node's own disk reaches this far. */
  readonly durableIndex: LogIndex;
  /** It lost entries to damage and has no vote until others have given them back. */
  readonly repairing: boolean;
  /** How long it has waited and how long it will, for whoever has an election timer; null for a leader. */
  readonly election: { readonly elapsedMs: Millis; readonly timeoutMs: Millis } | null;
  readonly votes: { readonly granted: readonly NodeId[]; readonly refused: readonly NodeId[] } | null;
  /** Progress of every other member while leading; empty otherwise. */
  readonly peers: readonly PeerProgress[];
  readonly transferTo: NodeId | null;
}

export type ProposeResult =
  | { readonly ok: true; readonly at: EntryId }
  | { readonly ok: false; readonly reason: 'not-leader' | 'backlog-full' | 'transferring'; readonly leader: NodeId | null };

export type ReadIndexResult =
  | { readonly ok: true; readonly ticket: ReadTicket }
  | { readonly ok: false; readonly leader: NodeId | null };
