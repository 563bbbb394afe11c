/** Storms of short reigns: each new leader reaches only some of the others and is soon gone, until the storm is over. */
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { Role } from '../raft/messages.ts';
import type { SimCluster } from './cluster.ts';
import type { Span } from './disk.ts';
import type { FaultAction } from './faults.ts';
import type { SimNode } from './node.ts';

type ShortReigns = Extract<FaultAction, { kind: 'short-reigns' }>;

/** Some leaders reach everybody: what an earlier one left on a minority then spreads. */
const WHOLE_REIGNS = 0.3;
const CAMPAIGN_MS: Span = [0, 20];

export class Reigns {
  readonly #cluster: SimCluster;
  readonly #random: Random;
  readonly #storms = new Set<ShortReigns>();
  /** What ends the effects that last. */
  readonly #endings = new Set<() => boolean>();
  /** Leaders whose first commit is awaited. */
  readonly #reigns = new Map<SimNode, { readonly commitIndex: number; readonly end: () => void }>();

  constructor(cluster: SimCluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
  }

  begin(storm: ShortReigns): void {
    this.#storms.add(storm);
    const leader = this.#cluster.leader();
    if (leader !== null) this.#cut(leader, storm);
  }

  /** No more reigns are cut short; those who are away come back in their time. */
  end(storm: ShortReigns): void {
    this.#storms.delete(storm);
  }

  heal(): void {
    this.#storms.clear();
    this.#reigns.clear();
    for (const end of [...this.#endings]) end();
  }

  /** A node has taken a new role; its first messages in it are on their way. */
  began(id: NodeId, role: Role): void {
    const [storm] = this.#storms;
    const node = this.#cluster.nodes.get(id);
    if (storm === undefined || node === undefined) return;
    if (role === 'leader') this.#cut(node, storm);
    else if (role === 'candidate' && this.#random.next() < storm.campaigns)
      this.#cut(node, { ...storm, reignMs: CAMPAIGN_MS, untilCommit: false });
  }

  /** A turn of a node has ended: its first commit may end its reign. */
  turned(node: SimNode): void {
    const reign = this.#reigns.get(node);
    if (reign === undefined || (node.replica?.coreStatus().commitIndex ?? 0) <= reign.commitIndex) return;
    this.#reigns.delete(node);
    this.#cluster.queue.after(0, reign.end);
  }

  #cut(leader: SimNode, storm: ShortReigns): void {
    const { life } = leader;
    const reach = this.#random.next() < WHOLE_REIGNS ? 1 : storm.reach;
    const unreached = [...this.#cluster.nodes.keys()].filter((id) => id !== leader.id && this.#random.next() >= reach);
    const restore = this.#lasting(unreached.map((id) => this.#cluster.network.sever(leader.id, id)));
    const awayMs = this.#drawn(storm.awayMs);
    const end = (): void => {
      if (!restore() || leader.life !== life || this.#storms.size === 0) return;
      if (storm.crash) this.#crash(leader, awayMs);
      else this.#isolate(leader, awayMs);
    };
    if (storm.untilCommit) this.#reigns.set(leader, { commitIndex: leader.replica?.coreStatus().commitIndex ?? 0, end });
    this.#cluster.queue.after(this.#drawn(storm.reignMs), end);
  }

  #crash(leader: SimNode, awayMs: number): void {
    leader.crash();
    this.#cluster.queue.after(awayMs, () => leader.start());
  }

  #isolate({ id }: SimNode, awayMs: number): void {
    const { network, nodes, queue } = this.#cluster;
    const others = [...nodes.keys()].filter((other) => other !== id);
    queue.after(awayMs, this.#lasting(others.flatMap((other) => [network.sever(id, other), network.sever(other, id)])));
  }

  /** One function that undoes all of them, once; false when that was done before. */
  #lasting(undo: readonly (() => void)[]): () => boolean {
    const end = (): boolean => {
      if (!this.#endings.delete(end)) return false;
      for (const each of undo) each();
      return true;
    };
    this.#endings.add(end);
    return end;
  }

  #drawn([from, to]: Span): number {
    return from + this.#random.next() * (to - from);
  }
}
