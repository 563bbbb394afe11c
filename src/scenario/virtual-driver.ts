/** A simulated cluster behind the contract of real ones, so that every command works on it. */
import { unreachable } from '../base/assert.ts';
import { type LogIndex, logIndex, millis, type NodeId, term } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type {
  ActionResult,
  Capability,
  ClusterAction,
  ClusterDriver,
  ClusterEvent,
  ClusterPicture,
  EventKind,
  KvClient,
  NodeView,
} from '../cluster/driver.ts';
import type { RaftEvent } from '../raft/messages.ts';
import { logRow } from '../replica/log-row.ts';
import type { LogRow, MemberStatus } from '../replica/status.ts';
import type { SimCluster } from '../sim/cluster.ts';
import type { SimNode } from '../sim/node.ts';
import { VirtualFaults } from './virtual-faults.ts';

const CAPABILITIES: readonly Capability[] = ['process-faults', 'link-faults', 'node-faults', 'power-loss', 'transfer-leadership'];
const NAME = 'virtual';
const KINDS: Readonly<Record<RaftEvent['type'], EventKind>> = {
  role: 'role',
  election: 'election',
  'vote-cast': 'vote',
  'vote-received': 'vote',
  truncated: 'log',
  snapshot: 'log',
  transfer: 'role',
  repair: 'log',
};

export class VirtualDriver implements ClusterDriver {
  readonly capabilities: ReadonlySet<Capability> = new Set(CAPABILITIES);
  readonly kv: KvClient;
  readonly ownsNodes = true;
  readonly #cluster: SimCluster;
  readonly #faults: VirtualFaults;
  readonly #listeners = new Set<(event: ClusterEvent) => void>();
  #seq = 0;

  constructor(cluster: SimCluster, kv: KvClient) {
    this.kv = kv;
    this.#cluster = cluster;
    this.#faults = new VirtualFaults(cluster);
  }

  picture(): ClusterPicture {
    const nodes = [...this.#cluster.nodes.values()].map((node) => this.#viewOf(node));
    const leaders = nodes.filter(({ state, status }) => state === 'up' && status?.role === 'leader');
    const newest = Math.max(...nodes.map(({ status }) => status?.term ?? 0));
    const leader = leaders.reduce<NodeView | null>(
      (best, node) => ((node.status?.term ?? 0) > (best?.status?.term ?? -1) ? node : best),
      null,
    );
    return { name: NAME, dir: null, nodes, leader: leader?.id ?? null, term: term(newest), faults: this.#faults.active };
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  /** Whoever asks sees the newest picture: nobody is called. */
  onPicture(): () => void {
    return () => {};
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a node's core told, at this virtual time. For programs: the words are the event's type. */
  tell(node: NodeId, raft: RaftEvent, time: number): void {
    this.#seq += 1;
    const event: ClusterEvent = {
      seq: this.#seq,
      time,
      node,
      kind: KINDS[raft.type],
      severity: 'info',
      text: raft.type,
      fault: null,
      raft,
    };
    for (const listener of this.#listeners) listener(event);
  }

  /** The simulator's referee checks, after every step, and throws. */
  checks(): null {
    return null;
  }

  onChecks(): () => void {
    return () => {};
  }

  noteAcknowledged(): void {}

  logRows(node: NodeId, from: LogIndex, limit: number): Promise<readonly LogRow[]> {
    const replica = this.#cluster.nodes.get(node)?.replica ?? null;
    if (replica === null) return Promise.reject(new Error(`${node} does not run.`));
    return Promise.resolve(replica.entries(from, limit).map(logRow));
  }

  act(action: ClusterAction): Promise<ActionResult> {
    try {
      return Promise.resolve(this.#carryOut(action));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  detach(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  #carryOut(action: ClusterAction): ActionResult {
    switch (action.type) {
      case 'kill':
      case 'pause':
      case 'isolate':
      case 'partition':
      case 'link':
      case 'disk':
      case 'clock':
      case 'power-loss':
        return this.#faults.set(action);
      case 'stall':
        return this.#faults.stall(action.nodes, action.stallMs);
      case 'restart':
        return this.#faults.restart(action.nodes);
      case 'resume':
        return this.#faults.resume(action.nodes);
      case 'heal':
        return this.#faults.heal(action.fault);
      case 'undo':
        return this.#faults.undo();
      case 'transfer':
        return this.#transfer(action.to);
      case 'campaign':
        this.#cluster.nodes.get(action.node)?.replica?.campaign();
        return { text: `asked ${action.node} to stand for election`, fault: null };
      case 'rot':
        return this.#faults.rot(action.nodes);
      case 'stop':
        throw new Error('A simulated cluster ends with its story.');
      default:
        return unreachable(action);
    }
  }

  #transfer(to: NodeId): ActionResult {
    const { leader } = this.picture();
    if (leader === null) throw new Error('No node leads now: there is nothing to hand over.');
    if (leader === to) throw new Error(`${to} leads already.`);
    if (this.#cluster.nodes.get(to)?.state !== 'up') throw new Error(`${to} does not run: it cannot lead.`);
    this.#cluster.nodes.get(leader)?.replica?.transferLeadership(to);
    return { text: `asked ${leader} to hand leadership to ${to}`, fault: null };
  }

  #viewOf(node: SimNode): NodeView {
    const { id, state, replica } = node;
    const runs = state === 'up' || state === 'opening';
    return {
      id,
      url: `virtual:${id}`,
      pid: null,
      state: state === 'paused' ? 'paused' : runs ? 'up' : 'down',
      status: replica === null ? null : statusOf(node, replica),
      seenAt: this.#cluster.queue.now,
    };
  }
}

/** What a machine that is not there cannot tell (memory, sync times) is 0. */
function statusOf({ clock }: SimNode, replica: NonNullable<SimNode['replica']>): MemberStatus {
  const core = replica.coreStatus();
  const first = logIndex(Math.max(core.compactedIndex, core.lastIndex - LIMITS.logTailEntries) + 1);
  return {
    ...core,
    cluster: NAME,
    appliedIndex: replica.appliedIndex,
    revision: replica.machine.revision,
    keys: replica.machine.size,
    sessions: replica.machine.sessionCount,
    tail: { first, terms: replica.entries(first, LIMITS.logTailEntries).map((entry) => entry.term) },
    checkpoints: replica.checkpoints(),
    links: [],
    queues: replica.queues(),
    loopDelay: { p99Ms: 0, maxMs: 0 },
    sync: { p50Ms: 0, p99Ms: 0, maxMs: 0, count: 0 },
    memoryBytes: 0,
    uptimeMs: millis(clock.now()),
  };
}
