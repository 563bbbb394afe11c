/**
 * Several cores, their disks and the messages between them, all driven by hand: nothing moves unless a test moves it.
 * After every step Raft's invariants are checked, and a few that only an all-seeing observer can check.
 */
import { assert } from '../../src/base/assert.ts';
import {
  after,
  clusterTime,
  type LogIndex,
  logIndex,
  millis,
  type NodeId,
  nextTerm,
  nodeId,
  term,
} from '../../src/base/brand.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { type CoreLimits, RaftCore } from '../../src/raft/core.ts';
import { InvariantChecker } from '../../src/raft/invariants.ts';
import type {
  Configuration,
  Entry,
  EntryId,
  HardState,
  Input,
  Message,
  PersistBatch,
  RaftEvent,
  ReadPath,
  ReadTicket,
  Ready,
} from '../../src/raft/messages.ts';

export class Disk {
  hardState: HardState = { term: term(0), votedFor: null, repairFrom: null };
  entries: Entry[] = [];
  commit: LogIndex = logIndex(0);
  /** Acknowledged, and then lost to damage. */
  readonly #lost = new Set<string>();

  /** What storage makes of damage at `from`: the log ends before it, in a new term without a vote (0005-repair.md). */
  damage(from: LogIndex): void {
    for (const entry of this.entries.splice(from - 1)) this.#lost.add(keyOf(entry));
    this.commit = logIndex(Math.min(this.commit, this.entries.length));
    const next = nextTerm(this.hardState.term);
    this.hardState = { term: next, votedFor: null, repairFrom: next };
  }

  write({ hardState, entries, commit }: PersistBatch): void {
    if (hardState !== null) this.hardState = hardState;
    const first = entries[0];
    if (first !== undefined) {
      assert(first.index <= this.entries.length + 1, 'batches leave no gap on disk', () => [first.index, this.entries.length]);
      assert(first.index > this.commit, 'what is committed is never overwritten on disk', () => [first.index, this.commit]);
      this.entries.splice(first.index - 1, Number.POSITIVE_INFINITY, ...entries);
    }
    this.commit = logIndex(Math.max(this.commit, Math.min(commit, this.entries.length)));
  }

  /** Whether the entry is here, or was until damage took it. */
  hasHeld(id: EntryId): boolean {
    return this.entries[id.index - 1]?.term === id.term || this.#lost.has(keyOf(id));
  }
}

const keyOf = ({ index, term: at }: EntryId): string => `${index}/${at}`;

export class CoreNode {
  readonly id: NodeId;
  readonly disk = new Disk();
  core: RaftCore | null = null;
  /** Handed out, not yet durable; lost in a crash. */
  unsynced: Ready[] = [];
  appliedIndex: LogIndex = logIndex(0);
  lives = 0;

  constructor(id: NodeId) {
    this.id = id;
  }
}

export interface ClusterOptions {
  readonly ids: readonly string[];
  readonly learners?: readonly string[];
  readonly seed?: number;
  /** Whether disks write at once; otherwise each batch waits for `persist`. */
  readonly quickDisks?: boolean;
  readonly limits?: Partial<CoreLimits>;
  /** Not given: no leases. */
  readonly leaseMs?: number;
}

interface ReadAsked {
  readonly atLeast: LogIndex;
}

export const HEARTBEAT_MS = 50;
export const ELECTION_MS = 500;

export class CoreCluster {
  readonly nodes = new Map<NodeId, CoreNode>();
  readonly configuration: Configuration;
  readonly checker = new InvariantChecker();
  /** In flight, oldest first. */
  wire: Message[] = [];
  /** Called for every message that leaves a node, before it gets on the wire; false drops it. */
  accepts: (message: Message) => boolean = () => true;
  onEvent: (id: NodeId, event: RaftEvent) => void = () => {};
  readonly quickDisks: boolean;
  readonly granted = new Map<string, LogIndex>();
  readonly failed = new Set<string>();
  readonly neverHappened: EntryId[] = [];
  readonly #random: Random;
  readonly #limits: Partial<CoreLimits>;
  readonly #leases: { readonly leaseMs?: number };
  readonly #reads = new Map<string, ReadAsked>();
  #now = 1_000;

  constructor({ ids, learners = [], seed = 1, quickDisks = true, limits = {}, leaseMs }: ClusterOptions) {
    this.configuration = {
      voters: ids.filter((id) => !learners.includes(id)).map(nodeId),
      outgoing: [],
      learners: learners.map(nodeId),
    };
    this.#random = seededRandom(seed);
    // Told at once, so that a story needs no pauses; the storms vary it.
    this.#limits = { commitWordMs: 0, ...limits };
    this.#leases = leaseMs === undefined ? {} : { leaseMs };
    this.quickDisks = quickDisks;
    for (const id of ids) this.nodes.set(nodeId(id), new CoreNode(nodeId(id)));
  }

  get now() {
    return millis(this.#now);
  }

  node(id: NodeId): CoreNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  core(id: NodeId): RaftCore {
    const { core } = this.node(id);
    if (core === null) throw new Error(`${id} is down`);
    return core;
  }

  up(): CoreNode[] {
    return [...this.nodes.values()].filter(({ core }) => core !== null);
  }

  status(id: NodeId) {
    return this.core(id).status(this.now);
  }

  /** The leader of the highest term, if anyone leads. */
  leader(): NodeId | null {
    const leaders = this.up()
      .map(({ id }) => this.status(id))
      .filter(({ role }) => role === 'leader');
    leaders.sort((a, b) => b.term - a.term);
    return leaders[0]?.id ?? null;
  }

  start(id: NodeId): void {
    const node = this.node(id);
    node.lives += 1;
    const { hardState, entries, commit } = node.disk;
    node.core = new RaftCore({
      id,
      configuration: this.configuration,
      hardState,
      entries: [...entries],
      commitHint: commit,
      now: this.now,
      random: this.#random.fork(`${id}/${node.lives}`),
      heartbeatMs: HEARTBEAT_MS,
      electionMs: ELECTION_MS,
      limits: this.#limits,
      ...this.#leases,
    });
    node.unsynced = [];
    node.appliedIndex = logIndex(0);
    this.checker.restarted(id);
    this.collect(id);
  }

  startAll(): this {
    for (const id of this.nodes.keys()) this.start(id);
    return this;
  }

  /** Loses everything that is not on disk. */
  crash(id: NodeId): void {
    const node = this.node(id);
    node.core = null;
    node.unsynced = [];
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  step(id: NodeId, input: Input): void {
    this.core(id).step(this.now, input);
    this.collect(id);
  }

  /** Ticks `id` if its deadline has come. */
  tick(id: NodeId): void {
    if (this.core(id).deadline <= this.now) this.step(id, { type: 'tick' });
  }

  propose(id: NodeId, data: string) {
    const result = this.core(id).propose(this.now, clusterTime(this.#now), data);
    this.collect(id);
    return result;
  }

  /** Returns the read's name, or null when `id` does not lead. */
  read(id: NodeId, path: ReadPath = 'leader'): string | null {
    // A linearizable read must see all that anybody could already know to be committed.
    const atLeast = this.checker.commitIndex;
    const result = this.core(id).readIndex(this.now, path);
    if (!result.ok) return null;
    const name = this.#readName(id, result.ticket);
    this.#reads.set(name, { atLeast });
    this.collect(id);
    return name;
  }

  /** Takes `message` off the wire and gives it to its receiver, if that is up. */
  deliver(message: Message): void {
    this.drop(message);
    this.hand(message);
  }

  drop(message: Message): void {
    const place = this.wire.indexOf(message);
    if (place >= 0) this.wire.splice(place, 1);
  }

  hand(message: Message): void {
    // As text and back: no core ever shares an object with another.
    const copy: Message = JSON.parse(JSON.stringify(message));
    if (this.node(message.to).core !== null) this.step(message.to, { type: 'message', message: copy });
  }

  /** The oldest batch of `id` becomes durable. */
  persist(id: NodeId): void {
    const node = this.node(id);
    const ready = node.unsynced.shift();
    if (ready === undefined || node.core === null) return;
    if (ready.persist !== null) node.disk.write(ready.persist);
    for (const message of ready.messagesAfterPersist) this.#send(message);
    if (ready.seq !== null) this.step(id, { type: 'persisted', seq: ready.seq });
  }

  /** Carries out all Readys of `id`. */
  collect(id: NodeId): void {
    const node = this.node(id);
    const core = this.core(id);
    const wasReady = core.hasReady();
    while (core.hasReady()) {
      const ready = core.ready();
      for (const message of ready.messages) this.#send(message);
      node.unsynced.push(ready);
      this.#apply(node, ready);
    }
    this.#observe(id);
    if (wasReady && this.quickDisks) while (node.unsynced.length > 0 && node.core === core) this.persist(id);
  }

  #send(message: Message): void {
    this.checker.sent(message);
    if (this.accepts(message)) this.wire.push(message);
  }

  #apply(node: CoreNode, ready: Ready): void {
    for (const entry of ready.committed) {
      assert(entry.index === node.appliedIndex + 1, 'entries are applied one by one, in order', () => [
        node.id,
        node.appliedIndex,
        entry.index,
      ]);
      node.appliedIndex = entry.index;
    }
    for (const { ticket, index } of ready.grantedReads) {
      const name = this.#readName(node.id, ticket);
      const asked = this.#reads.get(name);
      assert(asked !== undefined && this.#reads.delete(name), 'a read is answered once', () => name);
      assert(index >= asked.atLeast, 'no read is stale', () => [name, index, asked.atLeast]);
      this.granted.set(name, index);
    }
    for (const ticket of ready.failedReads) {
      const name = this.#readName(node.id, ticket);
      assert(this.#reads.delete(name), 'a read is answered once', () => name);
      this.failed.add(name);
    }
    this.neverHappened.push(...ready.truncated);
    for (const event of ready.events) this.onEvent(node.id, event);
  }

  #observe(id: NodeId): void {
    const core = this.core(id);
    const status = core.status(this.now);
    const before = this.checker.commitIndex;
    this.checker.observe({ status, entries: (from, limit) => core.entries(from, limit) });
    // Whatever is committed is on the disks of a majority, without anyone's word for it (or was, before damage took it).
    for (let index = after(before); index <= this.checker.commitIndex; index = after(index)) {
      const at = core.termAt(index) ?? term(0);
      const { voters } = status.configuration;
      const durable = voters.filter((each) => this.nodes.get(each)?.disk.hasHeld({ index, term: at }));
      assert(durable.length > voters.length / 2, 'what is committed is on the disks of a majority', () => ({ id, index, at }));
    }
    for (const never of this.neverHappened) {
      assert(!this.checker.isCommitted(never), 'what was reported as never happened is never committed', () => never);
    }
  }

  /** Reads that nobody has answered yet, and whose asker still waits. */
  openReads(): string[] {
    const lives = this.up().map(({ id, lives }) => `${id}/${lives}/`);
    return [...this.#reads.keys()].filter((name) => lives.some((life) => name.startsWith(life)));
  }

  #readName(id: NodeId, ticket: ReadTicket): string {
    return `${id}/${this.node(id).lives}/${ticket}`;
  }
}
