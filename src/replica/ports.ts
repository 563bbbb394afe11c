/**
 * All that a replica asks of the world. Callbacks, not promises: the simulator is then a plain synchronous loop and
 * the hot path allocates nothing per step.
 */
import type { ClusterTime, LogIndex, Millis, NodeId } from '../base/brand.ts';
import type { Machine } from '../kv/machine.ts';
import type { StateCut } from '../kv/snapshot.ts';
import type { EntryId, HardState, Message, PersistBatch, Snapshot, SnapshotHead, SnapshotName } from '../raft/messages.ts';
import type { EntryRow } from '../raft/packed-row.ts';

export type Done<T = void> = (error: Error | null, value: T) => void;
/** A callback with a result: `value` belongs to a call without an error. */
export type DoneWith<T> = (...result: [error: null, value: T] | [error: Error, value: null]) => void;
/** Ends a timer or a subscription; calling it twice is harmless. */
export type Cancel = () => void;

/** Damage that was found and got over: what was behind it is kept in `quarantine`, and no longer part of the log. */
export interface Damage {
  readonly file: string;
  /** Bytes from the start of the file; null when the whole file is meant. */
  readonly offset: number | null;
  readonly detail: string;
  /** The first entry that is lost, if the log ever had it. */
  readonly firstLost: LogIndex;
  /** Files that now hold what was taken out of the log; none when it was gone altogether. */
  readonly quarantined: readonly string[];
}

/** What a node finds on its disk when it starts. */
export interface Recovered {
  readonly hardState: HardState;
  /** The state to begin with; null for an empty one. */
  readonly snapshot: { readonly snapshot: Snapshot; readonly machine: Machine } | null;
  /** The entry before the first of `entries`; not beyond the snapshot. */
  readonly offset: EntryId;
  /** All entries after it, contiguous. */
  readonly entries: EntryRow;
  /** A lower bound of the commit index at the time of the crash. */
  readonly commitHint: LogIndex;
  /** Bytes of an unfinished last batch that were cut off (kept aside, never acknowledged); 0 when the end was clean. */
  readonly tornBytes: number;
  readonly damage: Damage | null;
}

export interface LogStore {
  /**
   * Makes a batch durable: hard state first, then entries. Calls back in the order of the calls. Batches that arrive
   * while the disk works are grouped into the next sync. A full disk is waited out. An error is final: the process must stop
   * (fsync is never retried).
   */
  append(batch: PersistBatch, done: Done): void;
  /** What was appended waits until the disk has room again. */
  readonly isFull: boolean;
  /** A snapshot stands for all entries up to `upTo`: what holds nothing else may be removed. */
  compact(upTo: LogIndex, done: Done): void;
  /** Recent sync times in milliseconds, for people. */
  syncTimes(): { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number; readonly count: number };
  close(done: Done): void;
}

/** A part of a snapshot that a leader sends. */
export interface SnapshotPiece {
  readonly snapshot: SnapshotName;
  /** In bytes from the snapshot's beginning. */
  readonly offset: number;
  readonly data: Buffer;
}

export interface ReceivedPiece {
  /** Where the next piece must begin; 0 once the whole has come, and when it was found damaged. */
  readonly next: number;
  /** The snapshot and its state, when this was the last piece: it is durable and its checksums hold. */
  readonly loaded: { readonly snapshot: Snapshot; readonly machine: Machine } | null;
}

/** The snapshots in a member's directory. An error of any of these is no reason to stop: the log still has everything. */
export interface SnapshotStore {
  readonly newest: Snapshot | null;
  /**
   * Pulls the chunks of `cut` in its own time, and calls back when the file is durable and was read back without a fault;
   * null when it was cancelled. One at a time.
   */
  write(head: SnapshotHead, cut: StateCut, done: DoneWith<Snapshot | null>): Cancel;
  /** Up to `count` bytes of a snapshot; fewer at its end. */
  read(snapshot: SnapshotName, offset: number, count: number, done: DoneWith<Buffer>): void;
  /** Pieces are taken in order; one that does not fit changes nothing and is told what would. */
  receive(piece: SnapshotPiece, done: DoneWith<ReceivedPiece>): void;
  /** Removes all but the newest few; calls back with the index up to which the log is not needed any more. */
  retire(done: DoneWith<LogIndex>): void;
}

export interface Transport {
  /** Best effort, never blocks, may drop: the protocol repairs. */
  send(message: Message): void;
  /** Nothing more will be sent for now: whoever gathers messages need not wait for the end of the turn. */
  flush?(): void;
}

/** What will probably arrive at once: the answer to what was just sent, or the next request of somebody who was just answered. */
export type Awaited = 'answer' | 'request';

export interface Clock {
  /** Monotonic milliseconds; the only time that safety and elections see. */
  now(): Millis;
  /** Wall clock, written into entries for people. */
  wallTime(): ClusterTime;
  after(delay: Millis, run: () => void): Cancel;
  /** Runs after everything that has already arrived was read: once per loop turn. */
  soon(run: () => void): void;
  /** Nothing is to be done until this arrives, at the disk neither. */
  expect?(what: Awaited): void;
  /** For how long this thread was ready to run and got no processor, in all; null where nobody counts that. */
  waited?(): Millis | null;
}

/** What a peer connection knows, for people: is it up, how long is a round trip. */
export interface LinkStatus {
  readonly peer: NodeId;
  readonly connected: boolean;
  readonly rttMs: number | null;
  readonly queuedBytes: number;
}
