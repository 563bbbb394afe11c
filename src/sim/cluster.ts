/** The machines of one cluster, their network and their time: what a seed's run and a scenario drive. */
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import { type LinkFault, NO_FAULTS } from '../fault/plan.ts';
import type { Message, RaftEvent, Role } from '../raft/messages.ts';
import type { Transport } from '../replica/ports.ts';
import type { SnapshotPolicy } from '../replica/snapshotter.ts';
import type { Span } from './disk.ts';
import { EventQueue } from './event-queue.ts';
import { SimNetwork } from './network.ts';
import { type Knobs, SimNode } from './node.ts';
import { nodeIds } from './options.ts';
import { Referee } from './referee.ts';

export interface SimClusterParts {
  readonly random: Random;
  /** How many: n1, n2 and so on. */
  readonly nodes: number;
  readonly latencyMs: Span;
  readonly syncMs: Span;
  readonly segmentBytes: number;
  /** Two writes may have the same value. Default: each value names its write. */
  readonly valuesRepeat?: boolean;
  readonly knobs?: Knobs;
  /** Where it differs from base/limits.ts. */
  readonly snapshotPolicy?: Partial<SnapshotPolicy>;
  /** Every message that arrives, every role that is taken, every end of a process. */
  readonly note: (who: string, what: string | Message) => void;
  readonly onEvent?: (id: NodeId, event: RaftEvent) => void;
  readonly onRole?: (id: NodeId, role: Role) => void;
  /** A turn of a node has ended, and what it did was checked. */
  readonly onTurn?: (node: SimNode) => void;
  /** A process has ended; `byItself` when nobody killed it. */
  readonly onDown?: (node: SimNode, byItself: boolean) => void;
}

export class SimCluster {
  readonly queue = new EventQueue();
  /** Throws InvariantViolation out of `step` as soon as a promise is broken. */
  readonly referee: Referee;
  readonly nodes: ReadonlyMap<NodeId, SimNode>;
  readonly network: SimNetwork;
  readonly #parts: SimClusterParts;
  #links: readonly LinkFault[] = [];
  #elections = 0;
  #ends = 0;
  #repairs = { begun: 0, done: 0 };
  #snapshots = { taken: 0, installed: 0 };

  constructor(parts: SimClusterParts) {
    this.#parts = parts;
    this.referee = new Referee(parts.valuesRepeat);
    this.network = this.#createNetwork();
    this.nodes = new Map(nodeIds(parts.nodes).map((id) => [id, this.#createNode(id)]));
  }

  /** How often a node has become leader. */
  get elections(): number {
    return this.#elections;
  }

  /** How often a process has ended. */
  get ends(): number {
    return this.#ends;
  }

  /** How many logs were found damaged, and how many others have made whole again. */
  get snapshots(): { readonly taken: number; readonly installed: number } {
    return this.#snapshots;
  }

  get repairs(): { readonly begun: number; readonly done: number } {
    return this.#repairs;
  }

  start(): void {
    for (const node of this.nodes.values()) node.start();
  }

  /** Carries out the next event; false when there is none until `end`, in milliseconds of virtual time. */
  step(end: number): boolean {
    return this.queue.step(end);
  }

  /** Lets time pass until `done`; false when that is not so after `patienceMs`. */
  until(done: () => boolean, patienceMs: number): boolean {
    const end = this.queue.now + patienceMs;
    for (let steps = 0; ; steps += 1) {
      // Asked now and then: it may look at every node.
      if (steps % 8 === 0 && done()) return true;
      if (!this.step(end)) return done();
    }
  }

  /** Of those that believe to lead, the one of the highest term. */
  leader(): SimNode | null {
    let found: { readonly node: SimNode; readonly term: number } | null = null;
    for (const node of this.nodes.values()) {
      const status = node.replica?.coreStatus();
      if (status?.role === 'leader' && status.term > (found?.term ?? -1)) found = { node, term: status.term };
    }
    return found?.node ?? null;
  }

  /** Whether somebody leads, and a majority knows. */
  isLed(): boolean {
    const leader = this.leader();
    const followers = [...this.nodes.values()].filter(({ replica }) => replica?.coreStatus().leader === leader?.id);
    return leader !== null && followers.length > this.nodes.size / 2;
  }

  /** One leads, and every node has applied all that any of them has; none repairs its log any more. */
  areEqual(): boolean {
    const nodes = [...this.nodes.values()];
    const [first] = nodes;
    const lastIndex = first?.replica?.coreStatus().lastIndex;
    return (
      this.leader() !== null &&
      nodes.every(({ replica }) => {
        const status = replica?.coreStatus();
        return replica?.appliedIndex === lastIndex && status?.lastIndex === lastIndex && !status?.repairing;
      })
    );
  }

  /** Where each node stands, for a message. */
  standings(): readonly unknown[] {
    return [...this.nodes.values()].map(({ id, state, replica }) => {
      const status = replica?.coreStatus();
      const { role, term, leader, lastIndex, commitIndex } = status ?? {};
      return { id, state, role, term, leader, lastIndex, commitIndex, applied: replica?.appliedIndex };
    });
  }

  /** Replaces all that stands in the way of messages. */
  setLinks(links: readonly LinkFault[]): void {
    this.#links = links;
    for (const node of this.nodes.values()) node.setPlan({ ...NO_FAULTS, links });
  }

  /** Whether a message from one node to another cannot arrive. */
  isCut(from: NodeId, to: NodeId): boolean {
    return this.#links.some(
      (rule) => rule.drop === 1 && (rule.from === '*' || rule.from === from) && (rule.to === '*' || rule.to === to),
    );
  }

  #createNetwork(): SimNetwork {
    const { random, latencyMs, note } = this.#parts;
    return new SimNetwork({
      queue: this.queue,
      random: random.fork('network'),
      latencyMs,
      lifeOf: (id) => this.nodes.get(id)?.life ?? 0,
      deliver: (message) => {
        const node = this.nodes.get(message.to);
        node?.enter(node.life, () => {
          note(message.to, message);
          node.replica?.receive(message);
        });
      },
    });
  }

  #createNode(id: NodeId): SimNode {
    const { random, nodes, syncMs, segmentBytes, snapshotPolicy = {}, knobs, note, onEvent, onRole, onTurn } = this.#parts;
    const { transport } = this.network;
    const watched: Transport = {
      send: (message) => {
        this.referee.sent(message);
        transport.send(message);
      },
    };
    return new SimNode({
      id,
      queue: this.queue,
      random: random.fork(id),
      configuration: { voters: nodeIds(nodes), outgoing: [], learners: [] },
      syncMs,
      segmentBytes,
      snapshotPolicy,
      network: watched,
      knobs: knobs ?? {},
      onRecovered: (_, recovered) => {
        this.referee.restarted(id, recovered);
        if (recovered.damage === null) return;
        this.#repairs.begun += 1;
        note(id, `repairs its log from index ${recovered.damage.firstLost} on: ${recovered.damage.detail}`);
      },
      onTurn: (node) => {
        this.referee.observe(node);
        onTurn?.(node);
      },
      onEvent: (_, event) => {
        onEvent?.(id, event);
        if (event.type === 'repair' && event.state === 'done') {
          this.#repairs.done += 1;
          note(id, `has repaired its log since term ${event.since}`);
        }
        if (event.type === 'snapshot') {
          if (event.state !== 'sending') this.#snapshots[event.state] += 1;
          note(id, `snapshot ${event.state} at ${event.index}`);
        }
        if (event.type !== 'role') return;
        if (event.role === 'leader') this.#elections += 1;
        onRole?.(id, event.role);
        note(id, `becomes ${event.role} of term ${event.term}: ${event.reason}`);
      },
      onTrouble: (_, error) => note(id, `snapshot failed: ${error.message}`),
      onDown: (node, why, byItself) => this.#onDown(node, why, byItself),
    });
  }

  #onDown(node: SimNode, why: string, byItself: boolean): void {
    const { id } = node;
    this.#parts.note(id, `down: ${why}`);
    this.#ends += 1;
    this.referee.ended(id);
    this.#parts.onDown?.(node, byItself);
    if (why === 'power lost') return;
    for (const other of this.nodes.values()) {
      if (other === node || this.isCut(id, other.id)) continue;
      const { life } = other;
      this.queue.after(this.network.latency(), () => other.enter(life, () => other.replica?.peerClosed(id)));
    }
  }
}
