/**
 * All that a replica asks of the world. Callbacks, not promises: the simulator is then a plain synchronous loop and
 * the hot path allocates nothing per step.
 */
import type { ClusterTime, LogIndex, Millis, NodeId } from '../base/brand.ts';
import type { Entry, HardState, Message, PersistBatch } from '../raft/messages.ts';

export type Done<T = void> = (error: Error | null, value: T) => void;
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
  /** All entries, contiguous from index 1. */
  readonly entries: readonly Entry[];
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
  /** Recent sync times in milliseconds, for people. */
  syncTimes(): { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number; readonly count: number };
  close(done: Done): void;
}

export interface Transport {
  /** Best effort, never blocks, may drop: the protocol repairs. */
  send(message: Message): void;
}

export interface Clock {
  /** Monotonic milliseconds; the only time that safety and elections see. */
  now(): Millis;
  /** Wall clock, written into entries for people. */
  wallTime(): ClusterTime;
  after(delay: Millis, run: () => void): Cancel;
  /** Runs after everything that has already arrived was read: once per loop turn. */
  soon(run: () => void): void;
}

/** What a peer connection knows, for people: is it up, how long is a round trip. */
export interface LinkStatus {
  readonly peer: NodeId;
  readonly connected: boolean;
  readonly rttMs: number | null;
  readonly queuedBytes: number;
}
