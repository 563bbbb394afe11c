/** The driver for clusters of real processes: everything the console and the commands ask of a cluster, in one object. */
import { unreachable } from '../../base/assert.ts';
import type { LogIndex, NodeId } from '../../base/brand.ts';
import type { LogRow } from '../../replica/status.ts';
import type { RaftKvClient } from '../client/client.ts';
import type {
  ActionResult,
  Capability,
  ChecksPicture,
  ClusterAction,
  ClusterDriver,
  ClusterEvent,
  ClusterPicture,
  KvClient,
  Written,
} from '../driver.ts';
import { ClusterError, systemCode } from './cluster-error.ts';
import type { FaultAction, Faults } from './faults/faults.ts';
import { type Guard, spawnTimer } from './faults/guard-process.ts';
import { stopAll } from './lifecycle.ts';
import { nodeProcess } from './process/processes.ts';
import type { ClusterFile } from './shapes.ts';
import { ClusterWatch } from './watch/cluster-watch.ts';
import { LiveChecks } from './watch/live-checks.ts';
import { PictureKeeper, type PictureStart } from './watch/picture-keeper.ts';

/** What a driver needs when the cluster's folder is on this machine. */
export interface LocalControl {
  readonly dir: string;
  readonly file: ClusterFile;
  readonly admin: RaftKvClient;
  readonly faults: Faults;
  /** `cli`, or the id of a console. */
  readonly owner: string;
  readonly guard: Guard | null;
}

export interface NativeDriverOptions {
  readonly start: PictureStart;
  readonly client: RaftKvClient;
  readonly local: LocalControl | null;
  /** Keep the picture up to date by itself, and report events. */
  readonly watch: boolean;
  readonly ownsNodes: boolean;
}

const LOCAL: readonly Capability[] = [
  'process-faults',
  'link-faults',
  'node-faults',
  'transfer-leadership',
  'stop-cluster',
  'detach',
];

export class NativeDriver implements ClusterDriver {
  readonly capabilities: ReadonlySet<Capability>;
  readonly kv: KvClient;
  readonly #client: RaftKvClient;
  readonly #checks: LiveChecks;
  readonly #keeper: PictureKeeper;
  readonly #watch: ClusterWatch;
  readonly #local: LocalControl | null;
  readonly #watches: boolean;
  #ownsNodes: boolean;
  #closing: Promise<void> | null = null;

  constructor({ start, client, local, watch, ownsNodes }: NativeDriverOptions) {
    this.#client = client;
    this.#checks = new LiveChecks({
      logRows: (node, from, limit) => this.logRows(node, from, limit),
      onBreach: (text) => this.#watch.breach(text),
    });
    this.kv = watch ? this.#checks.watched(client) : client;
    this.capabilities = new Set(local === null ? [] : capabilitiesOf(local.file));
    this.#local = local;
    this.#watches = watch;
    this.#ownsNodes = ownsNodes;
    this.#keeper = new PictureKeeper(start);
    const options = { client, keeper: this.#keeper, dir: start.dir, checks: this.#checks };
    this.#watch = new ClusterWatch({ ...options, onLook: () => void this.#endDueFaults() });
    if (watch) this.#watch.start();
  }

  get ownsNodes(): boolean {
    return this.#ownsNodes;
  }

  picture(): ClusterPicture {
    return this.#keeper.picture;
  }

  /** Reads the states of the processes and the faults; asks no node. */
  look(): Promise<void> {
    return this.#watch.look();
  }

  /** Never rejects: a node that does not answer keeps its old status. */
  async refresh(timeoutMs: number): Promise<void> {
    await this.#watch.look();
    await Promise.all(
      this.#keeper.picture.nodes.map(async ({ id, state }) => {
        if (this.#local !== null && state !== 'up') return;
        try {
          const status = await this.#client.status(id, { deadlineMs: timeoutMs, retry: false });
          this.#keeper.updateNode(id, { status, seenAt: performance.now(), ...(this.#local === null ? { state: 'up' } : {}) });
        } catch {
          if (this.#local === null) this.#keeper.updateNode(id, { state: 'down' });
        }
      }),
    );
  }

  onPicture(listener: () => void): () => void {
    return this.#keeper.onChange(listener);
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    return this.#watch.onEvent(listener);
  }

  checks(): ChecksPicture | null {
    return this.#watches ? this.#checks.picture() : null;
  }

  onChecks(listener: () => void): () => void {
    return this.#checks.onChange(listener);
  }

  noteAcknowledged(written: Written): void {
    if (this.#watches) this.#checks.acknowledged(written);
  }

  logRows(node: NodeId, from: LogIndex, limit: number): Promise<readonly LogRow[]> {
    return this.#client.logRows(node, from, limit, { retry: false });
  }

  /** Rejects with a ClusterError, or an RpcError of a node, that says why it was not done. */
  async act(action: ClusterAction): Promise<ActionResult> {
    const local = this.#local;
    if (local === null) throw new ClusterError('This cluster is known by its urls only: faults and control need its folder.');
    const known = new Set(this.#keeper.picture.nodes.map(({ id }) => id));
    const stranger = nodesNamed(action).find((node) => !known.has(node));
    if (stranger !== undefined) throw new ClusterError(`There is no node ${stranger} in this cluster.`);
    const result = await this.#carryOut(local, action);
    await this.#watch.look();
    return result;
  }

  detach(): void {
    this.#ownsNodes = false;
    this.#local?.guard?.keepNodes();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #carryOut(local: LocalControl, action: ClusterAction): Promise<ActionResult> {
    switch (action.type) {
      case 'kill':
      case 'pause':
      case 'isolate':
      case 'partition':
      case 'link':
      case 'disk':
      case 'clock':
      case 'power-loss':
        return this.#setFault(local, action);
      case 'rot':
        return this.#rot(local, action);
      case 'stall':
        return this.#stall(local, action.nodes, action.stallMs);
      case 'restart':
        return local.faults.restart(action.nodes);
      case 'resume':
        return local.faults.resume(action.nodes);
      case 'heal':
        return local.faults.heal(action.fault);
      case 'undo':
        return local.faults.undo();
      case 'transfer':
        return this.#transfer(local, action.to);
      case 'campaign':
        return this.#campaign(local, action.node);
      case 'stop':
        return stop(local);
      default:
        return unreachable(action);
    }
  }

  async #setFault(local: LocalControl, action: FaultAction): Promise<ActionResult> {
    await local.guard?.stand();
    const result = await local.faults.set(action);
    // While this driver watches it ends the fault itself; and if it is killed its guard does.
    if (result.fault !== null && action.forMs !== null && !this.#watches) {
      await spawnTimer(local.dir, result.fault, Date.now() + action.forMs);
    }
    return result;
  }

  async #rot(local: LocalControl, action: Extract<ClusterAction, { readonly type: 'rot' }>): Promise<ActionResult> {
    await local.guard?.stand();
    const result = await local.faults.rot(action);
    this.#watch.tellFault(`rot ${action.nodes.join(',')}`);
    return result;
  }

  async #stall(local: LocalControl, nodes: readonly NodeId[], ms: number): Promise<ActionResult> {
    await Promise.all(nodes.map((node) => local.admin.admin(node, 'fault.stall', { ms }, { retry: false })));
    const text = `stall ${nodes.join(',')} ${ms}ms`;
    this.#watch.tellFault(text);
    return { text, fault: null };
  }

  async #transfer(local: LocalControl, to: NodeId): Promise<ActionResult> {
    const leader = await this.#findLeader();
    if (leader === to) throw new ClusterError(`${to} leads already.`);
    if ((await nodeProcess(local.dir, to)).state !== 'up') throw new ClusterError(`${to} does not run: it cannot lead.`);
    await local.admin.admin(leader, 'cluster.transferLeadership', { to }, { retry: false });
    return { text: `asked ${leader} to hand leadership to ${to}`, fault: null };
  }

  async #campaign(local: LocalControl, node: NodeId): Promise<ActionResult> {
    if ((await nodeProcess(local.dir, node)).state !== 'up')
      throw new ClusterError(`${node} does not run: it cannot stand for election.`);
    await local.admin.admin(node, 'cluster.campaign', {}, { retry: false });
    return { text: `asked ${node} to stand for election`, fault: null };
  }

  async #findLeader(): Promise<NodeId> {
    if (!this.#watches || this.#keeper.picture.leader === null) await this.refresh(1_000);
    const { leader } = this.#keeper.picture;
    if (leader === null) throw new ClusterError('No node leads now: there is nothing to hand over.');
    return leader;
  }

  /** Only a driver that stays looks after time limits; one-shots leave that to guards. */
  async #endDueFaults(): Promise<void> {
    if (this.#local === null || this.#closing !== null) return;
    const now = Date.now();
    if (!this.#keeper.picture.faults.some(({ until }) => until !== null && until <= now)) return;
    await this.#local.faults.expire(now).catch(() => null);
    await this.#watch.look();
  }

  async #close(): Promise<void> {
    this.#watch.stop();
    const local = this.#local;
    this.#checks.stop();
    this.#client.close();
    if (local === null) return;
    try {
      if (this.#ownsNodes) await stopAll(local.dir, local.file);
      else if (local.owner !== 'cli') await local.faults.endOwner(local.owner);
      // On a failure above the guard is not released, and tries again when this program has ended.
      local.guard?.release();
    } catch (error) {
      // Removed by somebody else in the meantime: then nothing is left to stop or to heal.
      if (systemCode(error) !== 'ENOENT') throw error;
      local.guard?.release();
    } finally {
      local.admin.close();
    }
  }
}

function capabilitiesOf({ options }: ClusterFile): readonly Capability[] {
  return options.operationLog === true ? [...LOCAL, 'power-loss'] : LOCAL;
}

async function stop(local: LocalControl): Promise<ActionResult> {
  const stopped = await stopAll(local.dir, local.file);
  return { text: stopped.length === 0 ? 'no node was running' : `stopped ${stopped.join(', ')}`, fault: null };
}

function nodesNamed(action: ClusterAction): readonly NodeId[] {
  switch (action.type) {
    case 'partition':
      return action.groups.flat();
    case 'link':
      return [action.from, action.to];
    case 'transfer':
      return [action.to];
    case 'campaign':
      return [action.node];
    case 'heal':
    case 'undo':
    case 'stop':
      return [];
    default:
      return action.nodes;
  }
}
