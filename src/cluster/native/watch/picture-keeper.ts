/** Keeps the newest picture of a cluster. What did not change stays the same object, and listeners hear once per loop turn. */
import { type NodeId, type Term, term } from '../../../base/brand.ts';
import type { ActiveFault, ClusterPicture, NodeView } from '../../driver.ts';

export interface PictureStart {
  readonly name: string;
  readonly dir: string | null;
  readonly nodes: readonly { readonly id: NodeId; readonly url: string }[];
}

export class PictureKeeper {
  readonly #listeners = new Set<() => void>();
  #picture: ClusterPicture;
  #announced = false;

  constructor({ name, dir, nodes }: PictureStart) {
    const views = nodes.map(({ id, url }) => ({ id, url, pid: null, state: 'down', status: null, seenAt: null }) as const);
    this.#picture = { name, dir, nodes: views, leader: null, term: term(0), faults: [] };
  }

  get picture(): ClusterPicture {
    return this.#picture;
  }

  node(id: NodeId): NodeView | null {
    return this.#picture.nodes.find((node) => node.id === id) ?? null;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  updateNode(id: NodeId, change: Partial<NodeView>): void {
    const old = this.node(id);
    if (old === null || isSame(old, change)) return;
    const nodes = this.#picture.nodes.map((node) => (node === old ? { ...node, ...change } : node));
    this.#picture = { ...this.#picture, nodes, leader: leaderOf(nodes), term: termOf(nodes) };
    this.#announce();
  }

  /** What the process before it had told says nothing of a new one; `told`: the new one has told of itself already. */
  updateProcess(id: NodeId, { state, pid }: Pick<NodeView, 'state' | 'pid'>, told: boolean): void {
    const isNew = pid !== null && pid !== this.node(id)?.pid && !told;
    this.updateNode(id, isNew ? { state, pid, status: null, seenAt: null } : { state, pid });
  }

  updateFaults(faults: readonly ActiveFault[]): void {
    const old = this.#picture.faults;
    const unchanged = faults.length === old.length && faults.every(({ id }, place) => id === old[place]?.id);
    // Only its nodes can change in an active fault, and its command names them.
    if (unchanged && faults.every(({ command }, place) => command === old[place]?.command)) return;
    this.#picture = { ...this.#picture, faults };
    this.#announce();
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    setImmediate(() => {
      this.#announced = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

function isSame(view: NodeView, change: Partial<NodeView>): boolean {
  const { id = view.id, url = view.url, pid = view.pid, state = view.state, status = view.status, seenAt = view.seenAt } = change;
  const same = id === view.id && url === view.url && pid === view.pid;
  return same && state === view.state && status === view.status && seenAt === view.seenAt;
}

/** A node that has not noticed yet that it was replaced says it leads too, in an older term. */
function leaderOf(nodes: readonly NodeView[]): NodeId | null {
  let leader: NodeView | null = null;
  for (const node of nodes) {
    if (node.state !== 'up' || node.status?.role !== 'leader') continue;
    if (leader === null || node.status.term > (leader.status?.term ?? 0)) leader = node;
  }
  return leader?.id ?? null;
}

function termOf(nodes: readonly NodeView[]): Term {
  return term(Math.max(0, ...nodes.map((node) => node.status?.term ?? 0)));
}
