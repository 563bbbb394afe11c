/** Bad weather for a CoreCluster: one seed decides every loss, delay, crash and pause. Afterwards it must still work. */
import { assert } from '../../src/base/assert.ts';
import { millis, type NodeId } from '../../src/base/brand.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { Message } from '../../src/raft/messages.ts';
import { CoreCluster, ELECTION_MS } from './core-cluster.ts';

type Action = () => void;

export interface StormReport {
  readonly committed: number;
  readonly terms: number;
  readonly reads: number;
  readonly crashes: number;
}

export class CoreStorm {
  readonly cluster: CoreCluster;
  readonly #random: Random;
  /** Directed links that deliver nothing: `n1>n2`. */
  readonly #cut = new Set<string>();
  readonly #paused = new Set<NodeId>();
  readonly #actions: { readonly weight: number; readonly run: Action }[];
  readonly #totalWeight: number;
  #proposed = 0;
  #crashes = 0;

  /** With `leaseMs` most reads are by lease, and the weather is such as tries leases. */
  constructor(size: number, seed: number, leases: { readonly leaseMs?: number } = {}) {
    this.#random = seededRandom(seed).fork('storm');
    const ids = Array.from({ length: size }, (_, place) => `n${place + 1}`);
    const limits = {
      appendEntries: this.#random.integer(1, 4),
      inflightAppends: this.#random.integer(1, 5),
      uncommittedEntries: 20,
      commitWordMs: this.#random.integer(0, 2) * 5,
    };
    this.cluster = new CoreCluster({ ids, seed, quickDisks: this.#random.next() < 0.3, limits, ...leases });
    this.cluster.accepts = (message) => !this.#cut.has(`${message.from}>${message.to}`);
    this.#actions = [...this.#weather(), ...(leases.leaseMs === undefined ? [] : this.#leaseReads())];
    this.#totalWeight = this.#actions.reduce((sum, { weight }) => sum + weight, 0);
    this.cluster.startAll();
  }

  run(steps: number): StormReport {
    for (let step = 0; step < steps; step += 1) {
      let pick = this.#random.next() * this.#totalWeight;
      const action = this.#actions.find(({ weight }) => {
        pick -= weight;
        return pick < 0;
      });
      action?.run();
    }
    return this.#report();
  }

  /** Everything is repaired; within `limitMs` of virtual time there must be one leader, and all must commit its word. */
  calm(limitMs: number): void {
    const { cluster } = this;
    this.#cut.clear();
    this.#paused.clear();
    for (const [id, { core }] of cluster.nodes) if (core === null) cluster.start(id);
    const end = cluster.now + limitMs;
    const marker = `calm ${this.#proposed}`;
    let proposed = false;
    while (!this.#allApplied(marker)) {
      assert(cluster.now < end, 'a healed cluster makes progress', () =>
        [...cluster.nodes.keys()].map((id) => cluster.status(id)),
      );
      this.#flow();
      const leader = cluster.leader();
      if (leader !== null && !proposed) proposed = cluster.propose(leader, marker).ok;
      if (proposed && leader !== null && !this.#holds(leader, marker)) proposed = false;
      this.#flow();
      cluster.advance(10);
      for (const { id } of cluster.up()) cluster.tick(id);
    }
    assert(cluster.openReads().length === 0, 'every read is granted or refused in the end', () => cluster.openReads());
  }

  #report(): StormReport {
    const { cluster } = this;
    const terms = Math.max(...cluster.up().map(({ id }) => cluster.status(id).term), 0);
    return { committed: cluster.checker.commitIndex, terms, reads: cluster.granted.size, crashes: this.#crashes };
  }

  /** All that is in flight arrives in order, and disks write, until nothing moves. */
  #flow(): void {
    const { cluster } = this;
    for (let rounds = 0; rounds < 10_000; rounds += 1) {
      const message = cluster.wire[0];
      const slow = cluster.up().find(({ unsynced }) => unsynced.length > 0);
      if (message === undefined && slow === undefined) return;
      if (slow !== undefined) cluster.persist(slow.id);
      if (message !== undefined) cluster.deliver(message);
    }
    assert(false, 'the exchange of messages ends');
  }

  #holds(id: NodeId, data: string): boolean {
    const { lastIndex } = this.cluster.status(id);
    return this.cluster.node(id).core?.entries(lastIndex, 1)[0]?.data === data;
  }

  #allApplied(marker: string): boolean {
    return this.cluster
      .up()
      .every(({ id, appliedIndex }) => this.#holds(id, marker) && appliedIndex === this.cluster.status(id).lastIndex);
  }

  /** Each storm has its own mixture, so that rare combinations become common in some. */
  #weather(): { weight: number; run: Action }[] {
    const often = (weight: number, run: Action) => ({ weight, run });
    const maybe = (weight: number, run: Action) => ({
      weight: this.#random.next() < 0.6 ? weight * this.#random.next() : 0,
      run,
    });
    return [
      often(30, () => this.#onWire((message) => this.cluster.deliver(message), 0.8)),
      often(12, () => this.#onNode((id) => this.cluster.persist(id))),
      often(8, () => this.#time(this.#random.integer(0, 30))),
      maybe(4, () => this.#time(this.#random.integer(0, 150))),
      often(3, () => this.#proposeSomewhere()),
      often(1, () => this.#onNode((id) => this.cluster.read(id))),
      often(0.5, () => this.#restartSomeone()),
      often(0.3, () => this.#cut.clear()),
      often(0.2, () => this.#paused.clear()),
      maybe(6, () => this.#onWire((message) => this.cluster.drop(message), 0)),
      maybe(6, () => this.#onWire((message) => this.cluster.hand(message), 0)),
      maybe(0.3, () => this.#crashSomeone()),
      maybe(0.5, () => this.#crashLeader()),
      maybe(1, () => this.#cut.add(`${this.#anyNode()}>${this.#anyNode()}`)),
      maybe(0.3, () => this.#isolateSomeone()),
      maybe(0.3, () => this.#paused.add(this.#anyNode())),
      maybe(0.5, () => this.#time(this.#random.integer(ELECTION_MS, 4 * ELECTION_MS))),
      maybe(1, () => this.#onNode((id) => this.cluster.step(id, { type: 'peer-closed', peer: this.#anyNode() }))),
      maybe(0.3, () => this.#onNode((id) => this.cluster.step(id, { type: 'transfer-leadership', to: this.#anyNode() }))),
      maybe(0.3, () => this.#onNode((id) => this.cluster.step(id, { type: 'campaign' }))),
    ];
  }

  #leaseReads(): { weight: number; run: Action }[] {
    return [
      { weight: 12, run: () => this.#onLeaders((id) => this.cluster.read(id, 'lease')) },
      { weight: 0.5, run: () => this.#onLeaders((id) => this.#isolate(id)) },
      {
        weight: 0.5,
        run: () => this.#onLeaders((id) => this.cluster.step(id, { type: 'transfer-leadership', to: this.#anyNode() })),
      },
      { weight: 0.5, run: () => this.#onNode((id) => this.#restart(id)) },
    ];
  }

  /** All who believe that they lead. */
  #onLeaders(act: (id: NodeId) => void): void {
    for (const { id } of this.cluster.up()) if (!this.#paused.has(id) && this.cluster.status(id).role === 'leader') act(id);
  }

  #restart(id: NodeId): void {
    this.#crashes += 1;
    this.cluster.crash(id);
    this.cluster.start(id);
  }

  #onWire(act: (message: Message) => void, inOrder: number): void {
    const { wire } = this.cluster;
    const place = this.#random.next() < inOrder ? 0 : this.#random.integer(0, wire.length);
    const message = wire[place];
    // A paused receiver's messages wait; nothing is as old as what a paused sender left behind.
    if (message !== undefined && !this.#paused.has(message.to)) act(message);
    if (wire.length > 400) wire.splice(0, 200);
  }

  #onNode(act: (id: NodeId) => void): void {
    const id = this.#anyNode();
    if (this.cluster.node(id).core !== null && !this.#paused.has(id)) act(id);
  }

  #time(ms: number): void {
    this.cluster.advance(ms);
    for (const { id } of this.cluster.up()) if (!this.#paused.has(id)) this.cluster.tick(id);
  }

  #proposeSomewhere(): void {
    const leaders = this.cluster.up().filter(({ id }) => !this.#paused.has(id) && this.cluster.status(id).role === 'leader');
    const leader = leaders[this.#random.integer(0, leaders.length)];
    if (leader === undefined) return;
    this.#proposed += 1;
    this.cluster.propose(leader.id, `p${this.#proposed}`);
  }

  #crashSomeone(): void {
    this.#crashes += 1;
    this.cluster.crash(this.#anyNode());
  }

  /** Others may still hold what it sent last, on fewer disks than a majority: the ground for figure 8. */
  #crashLeader(): void {
    const leader = this.cluster.leader();
    if (leader === null) return;
    this.#crashes += 1;
    this.cluster.crash(leader);
    for (const { id } of this.cluster.up()) this.cluster.step(id, { type: 'peer-closed', peer: leader });
  }

  #restartSomeone(): void {
    const down = [...this.cluster.nodes.values()].filter(({ core }) => core === null);
    const chosen = down[this.#random.integer(0, down.length)];
    if (chosen !== undefined) this.cluster.start(chosen.id);
  }

  #isolateSomeone(): void {
    this.#isolate(this.#anyNode());
  }

  #isolate(lonely: NodeId): void {
    for (const id of this.cluster.nodes.keys()) {
      this.#cut.add(`${lonely}>${id}`);
      this.#cut.add(`${id}>${lonely}`);
    }
  }

  #anyNode(): NodeId {
    const ids = [...this.cluster.nodes.keys()];
    const id = ids[this.#random.integer(0, ids.length)];
    if (id === undefined) throw new Error('a cluster has nodes');
    return id;
  }
}

export const CALM_LIMIT_MS = millis(20_000);
