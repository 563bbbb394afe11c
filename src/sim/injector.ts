/** Carries out a schedule of faults, and heals everything in the end. */
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { LinkFault } from '../fault/plan.ts';
import { bothWays, isolate, link, partition } from '../fault/presets.ts';
import type { Role } from '../raft/messages.ts';
import type { SimCluster } from './cluster.ts';
import { type Fault, type FaultKind, faultWords, type Target } from './faults.ts';
import type { SimNode } from './node.ts';
import { Reigns } from './reigns.ts';

export interface InjectorParts {
  readonly cluster: SimCluster;
  readonly random: Random;
  readonly note: (who: string, what: string) => void;
}

const FILES: Readonly<Record<'any' | 'log' | 'vote' | 'snapshot', RegExp>> = {
  any: /./,
  log: /\/wal\//,
  vote: /\/meta-[ab]$/,
  snapshot: /\/snap(?:\/|$)/,
};
/** Never both copies of the vote: a node without either has no way back. */
const ROTTING: Readonly<Record<'log' | 'vote' | 'mark' | 'snapshot', RegExp>> = {
  log: /\/wal\/\d+\.log$/,
  vote: /\/meta-b$/,
  mark: /\/mark$/,
  snapshot: /\.snap$/,
};

export class Injector {
  readonly #parts: InjectorParts;
  /** The link rules of each fault that lasts. */
  readonly #links = new Map<Fault, readonly LinkFault[]>();
  readonly #counts = new Map<FaultKind, number>();
  readonly #reigns: Reigns;
  #healed = false;

  constructor(parts: InjectorParts) {
    this.#parts = parts;
    this.#reigns = new Reigns(parts.cluster, parts.random);
  }

  /** How many faults of each kind have come. */
  get counts(): ReadonlyMap<FaultKind, number> {
    return this.#counts;
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) this.#parts.cluster.queue.after(fault.atMs, () => this.#healed || this.#inject(fault));
  }

  /** Links are whole, disks work, clocks run alike, whoever is down starts. What rotted stays as it is. */
  heal(): void {
    this.#healed = true;
    this.#parts.note('sim', 'heal');
    this.#links.clear();
    this.#setPlans();
    this.#reigns.heal();
    this.#parts.cluster.network.echo = null;
    for (const node of this.#parts.cluster.nodes.values()) {
      node.disk.slow(null);
      node.disk.fill(false);
      node.disk.failNext(null);
      node.disk.disarmCrash();
      node.disk.hang(false);
      node.clock.setRate(1);
      node.resume();
      node.start();
    }
  }

  /** A node has taken a new role. */
  began(id: NodeId, role: Role): void {
    this.#reigns.began(id, role);
  }

  /** A turn of a node has ended. */
  turned(node: SimNode): void {
    this.#reigns.turned(node);
  }

  /** A process that stopped by itself is started again, as a supervisor would. */
  restartLater(node: SimNode, delayMs: number): void {
    this.#parts.cluster.queue.after(delayMs, () => node.start());
  }

  #inject(fault: Fault): void {
    this.#counts.set(fault.kind, (this.#counts.get(fault.kind) ?? 0) + 1);
    this.#parts.note('sim', `fault ${faultWords(fault)}`);
    if (!this.#toLinks(fault) && !this.#toCluster(fault)) this.#toNodes(fault);
  }

  #toLinks(fault: Fault): boolean {
    const rules = this.#rulesOf(fault);
    if (rules === null || !('forMs' in fault)) return false;
    this.#links.set(fault, rules);
    this.#setPlans();
    this.#later(fault.forMs, () => {
      this.#links.delete(fault);
      this.#setPlans();
    });
    return true;
  }

  /** False for a fault that is not one of the whole cluster. */
  #toCluster(fault: Fault): boolean {
    const { network } = this.#parts.cluster;
    switch (fault.kind) {
      case 'echo':
        network.echo = fault;
        this.#later(fault.forMs, () => {
          if (network.echo === fault) network.echo = null;
        });
        return true;
      case 'short-reigns':
        this.#reigns.begin(fault);
        this.#later(fault.forMs, () => this.#reigns.end(fault));
        return true;
      default:
        return false;
    }
  }

  /** Null for a fault that is not one of links. */
  #rulesOf(fault: Fault): readonly LinkFault[] | null {
    const all = [...this.#parts.cluster.nodes.keys()];
    switch (fault.kind) {
      case 'isolate': {
        const node = this.#find(fault.node);
        if (node === null) return [];
        if (fault.clockRate !== 1) this.#setRate(node, fault.clockRate, fault.forMs);
        return isolate(node.id, all);
      }
      case 'partition':
      case 'bridge':
        return partition(fault.groups);
      case 'one-way': {
        const node = this.#find(fault.node);
        if (node === null) return [];
        return [fault.direction === 'out' ? link(node.id, '*', { drop: 1 }) : link('*', node.id, { drop: 1 })];
      }
      case 'one-link':
        return [link(fault.from, fault.to, { drop: 1 })];
      case 'loss':
        return bothWays(link('*', '*', { drop: fault.probability }));
      case 'duplication':
        return bothWays(link('*', '*', { duplicate: fault.probability, delayMs: [0, 5] }));
      case 'delay':
      case 'reordering':
        return bothWays(link('*', '*', { delayMs: fault.delayMs }));
      default:
        return null;
    }
  }

  #toNodes(fault: Fault): void {
    if (fault.kind === 'power-loss') {
      const nodes = fault.nodes.flatMap((id) => this.#find(id) ?? []);
      for (const node of nodes) node.losePower();
      this.#later(fault.downMs, () => {
        for (const node of nodes) node.start();
      });
      return;
    }
    if (fault.kind === 'reset') {
      this.#reset(fault.from, fault.to);
      return;
    }
    const node = 'node' in fault ? this.#find(fault.node) : null;
    if (node === null) return;
    this.#toProcess(fault, node);
    this.#toDisk(fault, node);
    this.#toClock(fault, node);
  }

  #toProcess(fault: Fault, node: SimNode): void {
    switch (fault.kind) {
      case 'crash':
        node.crash();
        this.#later(fault.downMs, () => node.start());
        break;
      case 'crash-point':
        node.disk.armCrash(FILES[fault.file], fault.steps);
        node.whenCrashPoint(fault.power, () => this.#later(fault.downMs, () => node.start()));
        break;
      case 'pause':
        node.pause();
        this.#later(fault.forMs, () => node.resume());
        break;
      case 'transfer':
        this.#parts.cluster.leader()?.replica?.transferLeadership(node.id);
        break;
      case 'campaign':
        node.replica?.campaign();
        break;
      default:
    }
  }

  #toDisk(fault: Fault, node: SimNode): void {
    const { disk } = node;
    switch (fault.kind) {
      case 'slow-disk':
        disk.slow(fault.delayMs);
        this.#later(fault.forMs, () => disk.slow(null));
        break;
      case 'hung-disk':
        disk.hang(true);
        this.#later(fault.forMs, () => disk.hang(false));
        break;
      case 'full-disk':
        disk.fill(true);
        this.#later(fault.forMs, () => disk.fill(false));
        break;
      case 'sync-error':
        disk.failNext('sync');
        break;
      case 'write-error':
        disk.failNext('write');
        break;
      case 'bit-rot':
        node.crash('stopped for bit rot');
        this.#parts.note(node.id, `rot ${disk.rot(ROTTING[fault.file], fault.place, fault.bit)}`);
        this.#later(fault.downMs, () => node.start());
        break;
      default:
    }
  }

  #toClock(fault: Fault, node: SimNode): void {
    const { clock } = node;
    switch (fault.kind) {
      case 'clock-rate':
        this.#setRate(node, fault.rate, fault.forMs);
        break;
      case 'clock-jump':
        clock.jump(fault.byMs);
        break;
      case 'clock-leap':
        clock.leap(fault.byMs);
        break;
      default:
    }
  }

  #setRate({ clock }: SimNode, rate: number, forMs: number): void {
    clock.setRate(rate);
    this.#later(forMs, () => clock.setRate(1));
  }

  #reset(from: NodeId, to: NodeId): void {
    this.#parts.cluster.network.reset(from, to);
    const [a, b] = [this.#find(from), this.#find(to)];
    a?.enter(a.life, () => a.replica?.peerClosed(to));
    b?.enter(b.life, () => b.replica?.peerClosed(from));
  }

  #find(target: Target): SimNode | null {
    return target === 'leader' ? this.#parts.cluster.leader() : (this.#parts.cluster.nodes.get(target) ?? null);
  }

  #later(ms: number, run: () => void): void {
    this.#parts.cluster.queue.after(ms, () => this.#healed || run());
  }

  #setPlans(): void {
    this.#parts.cluster.setLinks([...this.#links.values()].flat());
  }
}
