/** What a replica is made of: who it is, what it found on its disk, and its ports. */
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { HistoryLimits } from '../kv/history.ts';
import type { CoreLimits } from '../raft/core.ts';
import type { Configuration, RaftEvent } from '../raft/messages.ts';
import type { Clock, LogStore, Recovered, SnapshotStore, Transport } from './ports.ts';
import type { SnapshotPolicy } from './snapshotter.ts';

export interface ReplicaOptions {
  readonly id: NodeId;
  readonly configuration: Configuration;
  readonly recovered: Recovered;
  readonly clock: Clock;
  readonly random: Random;
  readonly logStore: LogStore;
  readonly snapshots: SnapshotStore;
  /** Where it differs from base/limits.ts. */
  readonly snapshotPolicy?: Partial<SnapshotPolicy>;
  readonly historyLimits?: HistoryLimits;
  readonly transport: Transport;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  /** Not given: no leases (raft/lease.ts). */
  readonly leaseMs?: number;
  readonly limits?: Partial<CoreLimits>;
  /** Entries applied in one turn at most; 512 when not given, about a millisecond's work. */
  readonly applySlice?: number;
  /** The store has a new revision; at most once a turn. */
  readonly onChange?: () => void;
  /** For the log and the console. */
  readonly onEvent: (event: RaftEvent) => void;
  /** A snapshot could not be taken, stored or read; it will be tried again. Not given: nobody is told. */
  readonly onTrouble?: (error: Error) => void;
  /** The disk failed or a promise of our own code broke: the process must stop. */
  readonly onFatal: (error: Error) => void;
}
