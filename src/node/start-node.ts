/** Opens one node: disk first, then the replica, then the port, then the peers; closes in the reverse order. */
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { InvariantViolation } from '../base/assert.ts';
import { type Millis, millis, type NodeId, nodeId } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { FaultyTransport } from '../fault/faulty-transport.ts';
import { type FaultPlan, NO_FAULTS } from '../fault/plan.ts';
import { remembering } from '../kv/history.ts';
import { clientHandlers } from '../net/client-api.ts';
import { Forwarder } from '../net/forwarder.ts';
import { INTAKE_BOUNDS, Intake } from '../net/intake.ts';
import { PeerTransport } from '../net/peer-transport.ts';
import { type Handler, RpcSocket } from '../net/rpc-socket.ts';
import { listen, type WireServer } from '../net/server.ts';
import type { LogStore, Recovered, SnapshotStore } from '../replica/ports.ts';
import { Replica } from '../replica/replica.ts';
import { eagerPolicy, inTurn } from '../replica/snapshotter.ts';
import type { StartProgress } from '../storage/find-snapshots.ts';
import { acquireLock, type Lock } from '../storage/lock.ts';
import { openLogStore } from '../storage/log-store.ts';
import { nodeDisk } from '../storage/node-disk.ts';
import { METHODS } from '../wire/methods.ts';
import { NodeFaults, stall } from './faults/node-faults.ts';
import { OperationLog } from './faults/operation-log.ts';
import { RecordedDisk } from './faults/recorded-disk.ts';
import { LoopMonitor } from './health.ts';
import type { LoadedConfig } from './load-config.ts';
import { type NodeLog, openNodeLog, STARTING } from './node-log.ts';
import { Publisher } from './publisher.ts';
import { realClock } from './real-clock.ts';
import { type MemberParts, memberStatus, ReplicaService } from './service.ts';

/** How long a write waits before it tries a full disk again. */
const ROOM_PAUSE_MS = 200;
/** How long the durable mark lags behind the log. */
const MARK_PAUSE_MS = 50;
/** Long enough for an answer to leave. */
const STALL_AFTER_MS = 5;

export interface RunningNode {
  readonly id: NodeId;
  readonly port: number;
  /** Answers all who wait, closes the port and the log. */
  stop(): Promise<void>;
}

const PROGRESS_EVERY_MS = 1_000;

interface Opened {
  readonly lock: Lock;
  readonly faults: NodeFaults;
  readonly logStore: LogStore;
  readonly snapshots: SnapshotStore;
}

export interface StartHooks {
  readonly onFatal: (error: Error) => void;
  /** Start with what is left of a damaged log, though nobody else has what is lost. Not given: no. */
  readonly acceptLoss?: boolean;
  /** Called each time that this node leads and could answer a read, with its term. */
  readonly onServing?: ((term: number) => void) | null;
}

/** Rejects with StorageError, LockHeldError, InsecureListenError or the system's error; nothing stays open then. */
export async function startNode(loaded: LoadedConfig, hooks: StartHooks): Promise<RunningNode> {
  const startedAt = realClock.now();
  const log = openNodeLog(loaded.config.id);
  const { opened, recovered } = await openDisk(loaded, hooks.acceptLoss ?? false, log);
  tellDamage(log, recovered);
  try {
    const node = new NodeParts(loaded, { opened, recovered }, log, hooks, startedAt);
    await node.open();
    const { entries, hardState, snapshot, tornBytes } = recovered;
    const from = snapshot?.snapshot.last.index ?? 0;
    log('info', 'serving', { port: node.port, snapshot: from, entries: entries.length, term: hardState.term, tornBytes });
    return node;
  } catch (error) {
    await closeDisk(opened);
    throw error;
  }
}

/** A large store takes seconds to read: whoever started this node reads the log of it and waits. */
function progressTold(log: NodeLog): (progress: StartProgress) => void {
  let toldAt = realClock.now();
  let isSlow = false;
  return (progress) => {
    const isDue = realClock.now() - toldAt >= PROGRESS_EVERY_MS;
    if (progress.reading === 'snapshot' && isDue) {
      toldAt = realClock.now();
      isSlow = true;
      const { file, readBytes } = progress;
      const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? readBytes;
      const percent = Math.round((100 * readBytes) / Math.max(1, sizeBytes));
      log('info', `${STARTING}: loading snapshot ${percent} %`, { file, readBytes, sizeBytes });
    } else if (progress.reading === 'nothing' && isDue) {
      toldAt = realClock.now();
      log('info', `${STARTING}: making its directory, ${progress.steps} of ${progress.of} steps`);
    } else if (progress.reading === 'log' && (isSlow || isDue)) {
      log('info', `${STARTING}: reading the log`, { segments: progress.segments, bytes: progress.bytes });
    }
  };
}

function tellDamage(log: NodeLog, { damage, hardState }: Recovered): void {
  const { term, repairFrom } = hardState;
  if (damage !== null) log('warn', 'the log was damaged; what is behind the damage is kept in quarantine', { ...damage });
  if (repairFrom !== null) log('warn', 'repairing: no vote until a leader has given back what was lost', { since: repairFrom });
  else if (damage !== null) log('warn', 'the loss was accepted', { firstLost: damage.firstLost, term });
}

/** What was recovered is not for keeping: the log and the state are in it as they were. */
interface Found {
  readonly opened: Opened;
  readonly recovered: Recovered;
}

async function openDisk({ config, dataDir, operationLog }: LoadedConfig, acceptLoss: boolean, log: NodeLog): Promise<Found> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(dataDir, 'node');
  const self = nodeId(config.id);
  const disk = operationLog === null ? nodeDisk : new RecordedDisk(nodeDisk, OperationLog.open(operationLog, dataDir), dataDir);
  const random = seededRandom(randomInt(2 ** 32));
  const faults = new NodeFaults({ self, random, clock: realClock, disk, enabled: config.faults.enabled });
  return new Promise((resolve, reject) => {
    const { clusterId, members } = config;
    const alone = members.length === 1;
    const pause = (again: () => void): void => void setTimeout(again, ROOM_PAUSE_MS);
    const markPause = (again: () => void): void => void setTimeout(again, MARK_PAUSE_MS);
    const onProgress = progressTold(log);
    const options = { disk: faults.disk, dir: dataDir, clusterId, nodeId: self, alone, acceptLoss, pause, markPause, onProgress };
    openLogStore(options, (error, value) => {
      if (value !== null)
        resolve({ opened: { lock, faults, logStore: value.store, snapshots: value.snapshots }, recovered: value.recovered });
      else void lock.release().finally(() => reject(error));
    });
  });
}

async function closeDisk({ lock, logStore, faults }: Opened): Promise<void> {
  // A disk that hangs would keep a node from stopping in order.
  faults.set(NO_FAULTS);
  faults.stop();
  await new Promise<void>((resolve) => logStore.close(() => resolve()));
  await lock.release();
}

class NodeParts implements RunningNode {
  readonly id: NodeId;
  readonly #loaded: LoadedConfig;
  readonly #opened: Opened;
  readonly #log: NodeLog;
  readonly #hooks: StartHooks;
  readonly #peers: PeerTransport;
  readonly #replica: Replica;
  readonly #publisher: Publisher;
  readonly #loop = new LoopMonitor();
  readonly #forwarder: Forwarder;
  readonly #handlers: ReadonlyMap<string, Handler>;
  #server: WireServer | null = null;
  /** Nothing was on its disk. */
  readonly #isNew: boolean;
  #begun = false;

  constructor(loaded: LoadedConfig, { opened, recovered }: Found, log: NodeLog, hooks: StartHooks, startedAt: Millis) {
    const { config, tokens, tls } = loaded;
    const random = seededRandom(randomInt(2 ** 32));
    this.id = nodeId(config.id);
    this.#loaded = loaded;
    this.#opened = opened;
    this.#log = log;
    this.#hooks = hooks;
    this.#peers = this.#createPeers(random);
    const { entries, hardState, snapshot } = recovered;
    this.#isNew = hardState.term === 0 && entries.length === 0 && snapshot === null;
    this.#replica = this.#createReplica(random, recovered, hooks.onFatal);
    const parts: MemberParts = {
      cluster: config.clusterName,
      replica: this.#replica,
      logStore: opened.logStore,
      links: () => this.#peers.links(),
      loop: this.#loop,
      clock: opened.faults.clock,
      startedAt,
    };
    this.#publisher = new Publisher(this.id, () => memberStatus(parts));
    const fate = (from: NodeId, to: NodeId) => opened.faults.links.fate(from, to);
    this.#forwarder = new Forwarder({
      self: this.id,
      token: tokens.client,
      tls: tls && { ca: tls.ca },
      fate,
      log: this.#wireLog,
    });
    const urls = new Map(config.members.map((member) => [nodeId(member.id), member.url]));
    const service = new ReplicaService(parts, this.#publisher, urls, {
      set: (plan) => this.#applyFaults(plan),
      stall: (ms) => this.#stall(ms),
    });
    this.#handlers = clientHandlers({ self: this.id, service, admin: service, forwarder: this.#forwarder });
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  async open(): Promise<void> {
    const { config, tokens, tls, planFile } = this.#loaded;
    if (planFile !== null) this.#readPlan(planFile);
    const intake = new Intake(INTAKE_BOUNDS, realClock);
    this.#server = await listen({
      ...config.listen,
      tls,
      self: this.id,
      clusterId: config.clusterId,
      members: config.members.map((member) => nodeId(member.id)),
      leases: config.leaseReads === true,
      tokens,
      hostNames: config.members.map((member) => new URL(member.url).hostname.toLowerCase()),
      log: this.#wireLog,
      onConnection: (socket, identity) => {
        if (identity.role === 'peer') this.#peers.accept(identity.node, socket);
        else {
          const { role } = identity;
          new RpcSocket(socket, { role, handlers: this.#handlers, intake, log: this.#wireLog, onBug: this.#onBug });
        }
      },
    });
    this.#peers.start();
    // One that is alone leads before it can be reached.
    this.#tellServing();
  }

  async stop(): Promise<void> {
    this.#replica.stop();
    this.#publisher.stop();
    this.#loop.stop();
    this.#forwarder.close();
    this.#peers.close();
    await this.#server?.close();
    await closeDisk(this.#opened);
  }

  /** A handler that failed spoils its own answer; a broken invariant spoils the node. */
  readonly #onBug = (error: unknown): void => {
    if (error instanceof InvariantViolation) this.#hooks.onFatal(error);
  };

  readonly #wireLog = (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    detail?: Readonly<Record<string, unknown>>,
  ): void => {
    if (level !== 'debug') this.#log(level, message, detail);
  };

  #createPeers(random: Random): PeerTransport {
    const { config, tokens, tls } = this.#loaded;
    return new PeerTransport({
      self: this.id,
      clusterId: config.clusterId,
      leases: config.leaseReads === true,
      token: tokens.peer,
      peers: config.members.filter(({ id }) => id !== config.id).map(({ id, url }) => ({ id: nodeId(id), url })),
      tls,
      random: random.fork('peers'),
      log: this.#wireLog,
      onMessage: (message) => this.#replica.receive(message),
      onReached: (peers) => this.#beginCluster(peers),
      onPeerClosed: (peer) => this.#replica.peerClosed(peer),
    });
  }

  /** A new cluster has no leader to wait for: its first member stands as soon as a majority could elect it. */
  #beginCluster(reached: number): void {
    const { members } = this.#loaded.config;
    if (this.#begun || !this.#isNew || members[0]?.id !== this.id || 1 + reached <= members.length / 2) return;
    this.#begun = true;
    this.#replica.campaign();
  }

  /** What answers a read has committed an entry of its own term, and so knows all that was ever acknowledged. */
  #tellServing(): void {
    const { onServing = null } = this.#hooks;
    const { role, term } = this.#replica.coreStatus();
    if (onServing === null || this.#server === null || role !== 'leader') return;
    const deadline = millis(this.#opened.faults.clock.now() + LIMITS.requestDeadlineMs);
    this.#replica.read(deadline, ({ ok }) => {
      if (ok) onServing(term);
    });
  }

  #createReplica(random: Random, recovered: Recovered, onFatal: (error: Error) => void): Replica {
    const { config } = this.#loaded;
    const electionMs = config.electionMs ?? LIMITS.electionMs;
    const voters = config.members.map(({ id }) => nodeId(id));
    return new Replica({
      id: this.id,
      configuration: { voters, outgoing: [], learners: [] },
      recovered,
      clock: this.#opened.faults.clock,
      random: random.fork('raft'),
      logStore: this.#opened.logStore,
      snapshots: this.#opened.snapshots,
      snapshotPolicy:
        config.snapshotEntries === undefined
          ? inTurn(voters.indexOf(this.id), voters.length)
          : eagerPolicy(config.snapshotEntries),
      ...(config.historyChanges === undefined ? {} : { historyLimits: remembering(config.historyChanges) }),
      transport: new FaultyTransport(this.#peers, this.#opened.faults.links, realClock),
      heartbeatMs: config.heartbeatMs ?? LIMITS.heartbeatMs,
      electionMs,
      ...(config.leaseReads === true ? { leaseMs: electionMs * LIMITS.leaseShare } : {}),
      onChange: () => this.#publisher.changed(),
      onEvent: (event) => {
        this.#publisher.raft(event);
        if (event.type === 'repair' && event.state === 'done')
          this.#log('info', 'repaired: the log is whole again', { since: event.since });
        if (event.type === 'snapshot') this.#log('info', 'snapshot', { ...event, type: undefined });
        if (event.type !== 'role') return;
        this.#log('info', 'role', { ...event, type: undefined });
        if (event.role === 'leader') this.#tellServing();
      },
      onTrouble: (error) => this.#log('warn', 'a snapshot came to nothing and will be tried again', { error: error.message }),
      onFatal,
    });
  }

  #applyFaults(plan: FaultPlan): void {
    this.#refuseUnlessEnabled();
    this.#opened.faults.set(plan);
    const rules = { links: plan.links.length, disks: plan.disks.length, clocks: plan.clocks.length };
    this.#publisher.fault(`rules in force: ${rules.links} for links, ${rules.disks} for disks, ${rules.clocks} for clocks`);
    this.#log('info', 'faults', rules);
  }

  /** After the answer has left. */
  #stall(ms: number): void {
    this.#refuseUnlessEnabled();
    this.#publisher.fault(`the event loop stands still for ${ms} ms`);
    realClock.after(millis(STALL_AFTER_MS), () => stall(realClock, ms));
  }

  #refuseUnlessEnabled(): void {
    if (this.#loaded.config.faults.enabled) return;
    throw new RpcError('FORBIDDEN', { detail: 'fault injection is not enabled on this node' });
  }

  /** Faults that were set before this process started still hold. */
  #readPlan(file: string): void {
    const text = existing(() => readFileSync(file, 'utf8'));
    if (text === null) return;
    const checked = METHODS['fault.set'].params.safeParse({ plan: JSON.parse(text) });
    if (checked.success) this.#applyFaults(checked.data.plan);
    else this.#log('warn', 'the plan file is damaged; no faults are injected', { file });
  }
}

function existing<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
