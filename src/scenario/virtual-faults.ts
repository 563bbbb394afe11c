/** Faults of a simulated cluster, as the ledger of a real one keeps them: numbered, healed one by one or all together. */
import type { NodeId } from '../base/brand.ts';
import type { ActionResult, ActiveFault } from '../cluster/driver.ts';
import { commandOf, type LinkAction, nodesOf, type ProcessAction, rulesOf } from '../cluster/native/faults/link-rules.ts';
import type { LinkFault } from '../fault/plan.ts';
import type { SimCluster } from '../sim/cluster.ts';
import type { SimNode } from '../sim/node.ts';

export type FaultAction = ProcessAction | LinkAction;

interface Kept extends ActiveFault {
  readonly links: readonly LinkFault[];
}

export class VirtualFaults {
  readonly #cluster: SimCluster;
  #faults: readonly Kept[] = [];
  #last = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  get active(): readonly ActiveFault[] {
    return this.#faults;
  }

  set(action: FaultAction): ActionResult {
    if (isOnProcesses(action)) {
      this.#without(action.nodes, ['pause']);
      for (const node of this.#named(action.nodes)) {
        if (action.type === 'kill') node.crash();
        else node.pause();
      }
      return this.#keep(action, `${action.type} ${action.nodes.join(',')}`, action.nodes, []);
    }
    const links = rulesOf(action, [...this.#cluster.nodes.keys()], null);
    const result = this.#keep(action, commandOf(action), nodesOf(action), links);
    this.#setLinks();
    return result;
  }

  restart(nodes: readonly NodeId[]): ActionResult {
    this.#without(nodes, ['kill', 'pause']);
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

  /** Null heals all. */
  heal(id: number | null): ActionResult {
    const over = this.#faults.filter((fault) => id === null || fault.id === id);
    this.#faults = this.#faults.filter((fault) => !over.includes(fault));
    this.#setLinks();
    const held = (node: NodeId): boolean => this.#faults.some(({ kind, nodes }) => kind === 'kill' && nodes.includes(node));
    for (const { kind, nodes } of over) {
      for (const node of this.#named(nodes)) {
        if (kind === 'pause') node.resume();
        if (kind === 'kill' && !held(node.id)) node.start();
      }
    }
    return { text: `healed ${over.map(({ command }) => command).join(', ')}`, fault: null };
  }

  undo(): ActionResult {
    const newest = this.#faults.at(-1);
    if (newest === undefined) throw new Error('No fault is active: there is nothing to undo.');
    return this.heal(newest.id);
  }

  #keep(action: FaultAction, command: string, nodes: readonly NodeId[], links: readonly LinkFault[]): ActionResult {
    this.#last += 1;
    const { forMs, type: kind } = action;
    const { now } = this.#cluster.queue;
    const id = this.#last;
    const until = forMs === null ? null : now + forMs;
    this.#faults = [...this.#faults, { id, kind, command, nodes, links, since: now, until, owner: 'scenario' }];
    if (forMs !== null) this.#cluster.queue.after(forMs, () => this.heal(id));
    return { text: command, fault: id };
  }

  /** As in the ledger: a fault of several nodes goes on for the others. */
  #without(nodes: readonly NodeId[], kinds: readonly ActiveFault['kind'][]): void {
    this.#faults = this.#faults.flatMap((fault) => {
      if (!kinds.includes(fault.kind)) return [fault];
      const left = fault.nodes.filter((node) => !nodes.includes(node));
      return left.length === 0 ? [] : [{ ...fault, nodes: left }];
    });
  }

  #setLinks(): void {
    this.#cluster.setLinks(this.#faults.flatMap(({ links }) => links));
  }

  #named(nodes: readonly NodeId[]): readonly SimNode[] {
    return nodes.flatMap((id) => this.#cluster.nodes.get(id) ?? []);
  }
}

function isOnProcesses(action: FaultAction): action is ProcessAction {
  return action.type === 'kill' || action.type === 'pause';
}
