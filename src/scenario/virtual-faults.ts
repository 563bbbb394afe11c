/** Faults of a simulated cluster, as the ledger of a real one keeps them: numbered, healed one by one or all together. */
import type { NodeId } from '../base/brand.ts';
import type { ActionResult, ActiveFault, ClusterAction, FaultKind } from '../cluster/driver.ts';
import { commandOf, type LinkAction, nodesOf, type ProcessAction, rulesOf } from '../cluster/native/faults/link-rules.ts';
import { type ClockAction, type DiskAction, nodeCommand, nodeRules } from '../cluster/native/faults/node-rules.ts';
import { type FaultPlan, NO_FAULTS } from '../fault/plan.ts';
import type { SimCluster } from '../sim/cluster.ts';
import type { SimNode } from '../sim/node.ts';

type PowerLossAction = Extract<ClusterAction, { readonly type: 'power-loss' }>;
type DownAction = ProcessAction | PowerLossAction;
export type FaultAction = DownAction | LinkAction | DiskAction | ClockAction;

interface Kept extends ActiveFault {
  readonly plan: FaultPlan;
}

const LOG_FILE = /\.log$/;
const DOWN_KINDS: readonly FaultKind[] = ['kill', 'power-loss'];

export class VirtualFaults {
  readonly #cluster: SimCluster;
  #faults: readonly Kept[] = [];
  #last = 0;
  /** How far each wall clock was set wrong. */
  readonly #offsets = new Map<NodeId, number>();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  get active(): readonly ActiveFault[] {
    return this.#faults;
  }

  set(action: FaultAction): ActionResult {
    if (isOnProcesses(action)) {
      this.#without(action.nodes, action.type === 'pause' ? ['pause'] : [...DOWN_KINDS, 'pause']);
      for (const node of this.#named(action.nodes)) strike(node, action.type);
      return this.#keep(action, `${action.type} ${action.nodes.join(',')}`, action.nodes, NO_FAULTS);
    }
    const onNodes = action.type === 'disk' || action.type === 'clock';
    const all = [...this.#cluster.nodes.keys()];
    const plan = onNodes ? nodeRules(action, null) : { ...NO_FAULTS, links: rulesOf(action, all, null) };
    const command = onNodes ? nodeCommand(action) : commandOf(action);
    const result = this.#keep(action, command, onNodes ? action.nodes : nodesOf(action), plan);
    this.#apply();
    return result;
  }

  stall(nodes: readonly NodeId[], ms: number): ActionResult {
    for (const node of this.#named(nodes)) {
      node.pause();
      this.#cluster.queue.after(ms, () => node.resume());
    }
    return { text: `stalled ${nodes.join(', ')}`, fault: null };
  }

  /** In the middle of what the newest file of the log holds. */
  rot(nodes: readonly NodeId[]): ActionResult {
    this.#without(nodes, [...DOWN_KINDS, 'pause']);
    for (const node of this.#named(nodes)) {
      node.crash('stopped for bit rot');
      node.disk.rot(LOG_FILE, 0.5, 3);
      node.start();
    }
    return { text: `turned bits over in the logs of ${nodes.join(', ')}`, fault: null };
  }

  restart(nodes: readonly NodeId[]): ActionResult {
    this.#without(nodes, [...DOWN_KINDS, 'pause']);
    for (const node of this.#named(nodes)) {
      node.crash('stopped');
      node.start();
    }
    return { text: `restarted ${nodes.join(', ')}`, fault: null };
  }

  resume(nodes: readonly NodeId[]): ActionResult {
    this.#without(nodes, ['pause']);
    for (const node of this.#named(nodes)) node.resume();
    return { text: `resumed ${nodes.join(', ')}`, fault: null };
  }

  /** Null heals all. A node that stopped since its disk failed is started too. */
  heal(id: number | null): ActionResult {
    const over = this.#faults.filter((fault) => id === null || fault.id === id);
    this.#faults = this.#faults.filter((fault) => !over.includes(fault));
    this.#apply();
    const held = (node: NodeId): boolean =>
      this.#faults.some(({ kind, nodes }) => DOWN_KINDS.includes(kind) && nodes.includes(node));
    for (const { kind, nodes } of over) {
      for (const node of this.#named(nodes)) {
        if (kind === 'pause') node.resume();
        if ((DOWN_KINDS.includes(kind) || kind === 'disk') && !held(node.id)) node.start();
      }
    }
    return { text: `healed ${over.map(({ command }) => command).join(', ')}`, fault: null };
  }

  undo(): ActionResult {
    const newest = this.#faults.at(-1);
    if (newest === undefined) throw new Error('No fault is active: there is nothing to undo.');
    return this.heal(newest.id);
  }

  #keep(action: FaultAction, command: string, nodes: readonly NodeId[], plan: FaultPlan): ActionResult {
    this.#last += 1;
    const { forMs, type: kind } = action;
    const { now } = this.#cluster.queue;
    const id = this.#last;
    const until = forMs === null ? null : now + forMs;
    this.#faults = [...this.#faults, { id, kind, command, nodes, plan, since: now, until, owner: 'scenario' }];
    if (forMs !== null) this.#cluster.queue.after(forMs, () => this.heal(id));
    return { text: command, fault: id };
  }

  /** As in the ledger: a fault of several nodes goes on for the others. */
  #without(nodes: readonly NodeId[], kinds: readonly FaultKind[]): void {
    this.#faults = this.#faults.flatMap((fault) => {
      if (!kinds.includes(fault.kind)) return [fault];
      const left = fault.nodes.filter((node) => !nodes.includes(node));
      return left.length === 0 ? [] : [{ ...fault, nodes: left }];
    });
  }

  /** Makes links, disks and clocks what all faults together say. */
  #apply(): void {
    const plans = this.#faults.map(({ plan }) => plan);
    this.#cluster.setLinks(plans.flatMap(({ links }) => links));
    for (const node of this.#cluster.nodes.values()) {
      const mine = ({ node: id }: { readonly node: NodeId | '*' }): boolean => id === node.id;
      const disks = plans.flatMap((plan) => plan.disks.filter(mine));
      const slow = disks.map(({ slowMs }) => slowMs).filter(([, most]) => most > 0);
      const sum = (pick: 0 | 1): number => slow.reduce((total, span) => total + span[pick], 0);
      node.disk.slow(slow.length === 0 ? null : [sum(0), sum(1)]);
      node.disk.hang(disks.some(({ hang }) => hang));
      node.disk.fill(disks.some(({ full }) => full));
      node.disk.failNext(disks.find(({ fail }) => fail !== null)?.fail ?? null);
      const clocks = plans.flatMap((plan) => plan.clocks.filter(mine));
      node.clock.setRate(clocks.reduce((rate, clock) => rate * clock.rate, 1));
      this.#setWallClock(
        node,
        clocks.reduce((total, { offsetMs }) => total + offsetMs, 0),
      );
    }
  }

  #setWallClock({ id, clock }: SimNode, offsetMs: number): void {
    clock.jump(offsetMs - (this.#offsets.get(id) ?? 0));
    this.#offsets.set(id, offsetMs);
  }

  #named(nodes: readonly NodeId[]): readonly SimNode[] {
    return nodes.flatMap((id) => this.#cluster.nodes.get(id) ?? []);
  }
}

function isOnProcesses(action: FaultAction): action is DownAction {
  return action.type === 'kill' || action.type === 'pause' || action.type === 'power-loss';
}

function strike(node: SimNode, how: DownAction['type']): void {
  if (how === 'kill') node.crash();
  else if (how === 'pause') node.pause();
  else node.losePower();
}
