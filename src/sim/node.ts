/** One simulated process on its own machine: the real replica over the real log, on a simulated disk, clock and network. */
import { assert } from '../base/assert.ts';
import { type Millis, millis, type NodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Random } from '../base/random.ts';
import { FaultyTransport } from '../fault/faulty-transport.ts';
import { LinkFilter } from '../fault/link-filter.ts';
import { type FaultPlan, NO_FAULTS } from '../fault/plan.ts';
import type { Configuration, RaftEvent } from '../raft/messages.ts';
import type { ReplicaOptions } from '../replica/options.ts';
import type { Cancel, Clock, Recovered, Transport } from '../replica/ports.ts';
import { Replica } from '../replica/replica.ts';
import type { SnapshotPolicy } from '../replica/snapshotter.ts';
import { type OpenedLog, openLogStore } from '../storage/log-store.ts';
import { StorageError } from '../storage/storage-error.ts';
import { SimClock } from './clock.ts';
import { SimDisk, type Span } from './disk.ts';
import type { EventQueue } from './event-queue.ts';
import { DiskLedger } from './ledger.ts';

/** What a replica is set to, where it is not the usual. */
export type Knobs = Pick<ReplicaOptions, 'limits' | 'applySlice' | 'leaseMs'>;

export interface SimNodeParts {
  readonly id: NodeId;
  readonly queue: EventQueue;
  readonly random: Random;
  readonly configuration: Configuration;
  readonly syncMs: Span;
  readonly segmentBytes: number;
  readonly snapshotPolicy: Partial<SnapshotPolicy>;
  readonly network: Transport;
  readonly knobs: Knobs;
  readonly onRecovered: (id: NodeId, recovered: Recovered) => void;
  /** A turn of the replica has ended. */
  readonly onTurn: (node: SimNode) => void;
  readonly onEvent: (id: NodeId, event: RaftEvent) => void;
  /** A snapshot came to nothing, for a reason that may be. */
  readonly onTrouble: (id: NodeId, error: Error) => void;
  /** The process has ended; `byItself` when nobody killed it. */
  readonly onDown: (node: SimNode, why: string, byItself: boolean) => void;
}

export type NodeState = 'down' | 'opening' | 'up' | 'paused';

const CLUSTER_ID = '0123456789abcdef0123456789abcdef';

/** How long a write waits before it tries a full disk again. */
const ROOM_PAUSE_MS = 50;

/** How long the durable mark lags behind the log. */
const MARK_PAUSE_MS = 20;

/** How long one turn of the event loop may take. */
const TURN_MS = 0.05;

const DAMAGED_SNAPSHOT = /^\/data\/quarantine\/.*\.snap$/;

export class SimNode {
  readonly id: NodeId;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly #parts: SimNodeParts;
  readonly #ledger: DiskLedger;
  #life = 0;
  #replica: Replica | null = null;
  #filter: LinkFilter | null = null;
  #plan: FaultPlan = NO_FAULTS;
  #state: Exclude<NodeState, 'paused'> = 'down';
  /** What came while it was paused. */
  #held: (() => void)[] | null = null;
  /** Snapshots that its starts have put aside. */
  #damagedSnapshots = 0;
  #atCrashPoint: () => void = () => {};

  constructor(parts: SimNodeParts) {
    const { id, queue, random, syncMs } = parts;
    this.id = id;
    this.#parts = parts;
    this.clock = new SimClock(queue, 1_000 + Math.floor(random.next() * 1e6));
    this.#ledger = new DiskLedger(id);
    this.disk = new SimDisk({
      queue,
      random: random.fork('disk'),
      syncMs,
      enter: (run) => this.enter(this.#life, run),
      onCrashPoint: () => this.#atCrashPoint(),
    });
  }

  get life(): number {
    return this.#life;
  }

  get state(): NodeState {
    return this.#held !== null && this.#state === 'up' ? 'paused' : this.#state;
  }

  get isRunning(): boolean {
    return this.#state === 'opening' || this.#state === 'up';
  }

  get replica(): Replica | null {
    return this.#replica;
  }

  /** Runs within the process of that life: not at all when it has ended, later when it is paused. */
  enter(life: number, run: () => void): void {
    if (life !== this.#life) return;
    if (this.#held !== null) this.#held.push(() => this.enter(life, run));
    else run();
  }

  start(): void {
    if (this.isRunning) return;
    this.#life += 1;
    this.#state = 'opening';
    const life = this.#life;
    const { id, segmentBytes, configuration } = this.#parts;
    const disk = this.disk.port;
    const limits = { segmentBytes, aheadBytes: segmentBytes >> 2 };
    const alone = configuration.voters.length === 1;
    const pauseOf =
      (ms: number) =>
      (again: () => void): void => {
        this.#parts.queue.after(ms, () => this.enter(life, again));
      };
    const [pause, markPause] = [pauseOf(ROOM_PAUSE_MS), pauseOf(MARK_PAUSE_MS)];
    openLogStore({ disk, dir: '/data', clusterId: CLUSTER_ID, nodeId: id, limits, alone, pause, markPause }, (error, opened) => {
      if (life !== this.#life) return;
      if (error !== null) {
        this.#refuse(error);
        return;
      }
      this.#ledger.checkRecovered(opened.recovered, this.disk.rotten);
      this.#checkSnapshots();
      this.#parts.onRecovered(id, opened.recovered);
      this.disk.failed = false;
      this.disk.rotten = false;
      this.#serve(life, opened);
    });
  }

  /** One that is whole but for its state, which is another than it says, is put aside by a start like a damaged one. */
  #checkSnapshots(): void {
    const damaged = this.disk.paths(DAMAGED_SNAPSHOT);
    const { length } = damaged;
    assert(this.disk.rotten || length === this.#damagedSnapshots, 'only rot damages a snapshot', () => [this.id, damaged]);
    this.#damagedSnapshots = length;
  }

  /** The process ends in the middle of whatever it does; the machine goes on. */
  crash(why = 'killed', byItself = false): void {
    if (!this.isRunning) return;
    this.#end(why, byItself);
    this.disk.afterProcessCrash();
  }

  /** The machine goes down: the disk keeps what was synced, and any part of the rest. */
  losePower(): void {
    if (this.isRunning) this.#end('power lost', false);
    this.disk.afterPowerLoss();
  }

  /** Ends the process when its disk comes to the point that is armed now. */
  whenCrashPoint(power: boolean, onDown: () => void): void {
    this.#atCrashPoint = () => {
      if (power) this.losePower();
      else this.crash('killed at a crash point');
      onDown();
    };
  }

  pause(): void {
    if (this.isRunning) this.#held ??= [];
  }

  resume(): void {
    const held = this.#held;
    this.#held = null;
    for (const run of held ?? []) run();
  }

  setPlan(plan: FaultPlan): void {
    this.#plan = plan;
    this.#filter?.setPlan(plan);
  }

  #serve(life: number, { store, snapshots, recovered }: OpenedLog): void {
    const { id, random, configuration, network, knobs, snapshotPolicy, onEvent, onTrouble } = this.#parts;
    const clock = this.#clockOf(life);
    const lifeRandom = random.fork(`life ${life}`);
    this.#filter = new LinkFilter(id, clock, lifeRandom.fork('network'));
    this.#filter.setPlan(this.#plan);
    this.#state = 'up';
    this.#replica = new Replica({
      ...knobs,
      id,
      configuration,
      recovered,
      clock,
      random: lifeRandom.fork('raft'),
      logStore: this.#ledger.watch(store),
      snapshots,
      snapshotPolicy,
      transport: new FaultyTransport(network, this.#filter, clock),
      heartbeatMs: LIMITS.heartbeatMs,
      electionMs: LIMITS.electionMs,
      onEvent: (event) => onEvent(id, event),
      onTrouble: (error) => {
        if (this.#mayFail(error)) onTrouble(id, error);
        else this.#fatal(error);
      },
      onFatal: (error) => this.#fatal(error),
    });
  }

  #clockOf(life: number): Clock {
    const { queue, random, onTurn } = this.#parts;
    const after = (delay: Millis, run: () => void): Cancel => queue.after(this.clock.virtual(delay), () => this.enter(life, run));
    return {
      now: () => this.clock.now(),
      wallTime: () => this.clock.wallTime(),
      after,
      soon: (run) => {
        queue.after(random.next() * TURN_MS, () =>
          this.enter(life, () => {
            run();
            if (life === this.#life) onTurn(this);
          }),
        );
      },
    };
  }

  /** Only a disk that failed may stop a node that runs; anything else is a bug and ends the simulation. */
  #fatal(error: Error): void {
    if (!(error instanceof StorageError) || !this.disk.failed) throw error;
    this.crash(`stopped: ${error.kind}`, true);
  }

  /** A disk that failed or rotted, or a snapshot that was retired while it was being sent. */
  #mayFail(error: Error): boolean {
    return this.disk.failed || this.disk.rotten || error.message.startsWith('no file');
  }

  /** Damage is no reason not to start: rot never strikes a majority, so others have what is lost. */
  #refuse(error: Error): void {
    if (!(error instanceof StorageError) || !this.disk.failed || (error.kind !== 'io' && error.kind !== 'full')) throw error;
    this.crash(`does not start: ${error.kind}`, true);
  }

  #end(why: string, byItself: boolean): void {
    this.#life += 1;
    this.#state = 'down';
    this.#replica = null;
    this.#filter = null;
    this.#held = null;
    this.#parts.onDown(this, why, byItself);
  }
}

export const deadlineOf = (clock: SimClock, patienceMs: number): Millis => millis(clock.now() + patienceMs);
