/** Several replicas in virtual time over simulated disks and links: one plain loop, the same run for the same seed. */
import { clusterTime, type LogIndex, logIndex, type Millis, millis, type NodeId, nodeId, term } from '../../src/base/brand.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { ORIGIN } from '../../src/raft/log.ts';
import type { Entry, HardState, Message, PersistBatch, RaftEvent } from '../../src/raft/messages.ts';
import type { Awaited, Cancel, Clock, Done, LogStore, SnapshotStore } from '../../src/replica/ports.ts';
import { Replica } from '../../src/replica/replica.ts';
import type { SnapshotPolicy } from '../../src/replica/snapshotter.ts';
import type { ProposalOutcome, ReadOutcome } from '../../src/replica/waiting.ts';

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

class Disk {
  hardState: HardState = { term: term(0), votedFor: null, repairFrom: null };
  entries: Entry[] = [];
  commitHint = logIndex(0);

  write(batch: PersistBatch): void {
    if (batch.hardState !== null) this.hardState = batch.hardState;
    const first = batch.entries[0];
    if (first !== undefined) this.entries = [...this.entries.slice(0, first.index - 1), ...batch.entries];
    if (batch.commit > this.commitHint && batch.commit <= this.entries.length) this.commitHint = batch.commit;
  }
}

class Member {
  readonly id: NodeId;
  readonly disk = new Disk();
  replica: Replica | null = null;
  /** Callbacks of an earlier life are void. */
  life = 0;
  readonly events: RaftEvent[] = [];
  fatal: Error | null = null;

  constructor(id: NodeId) {
    this.id = id;
  }
}

/** Snapshots that are begun and never ready. */
const noSnapshots = (begins: (index: LogIndex) => void): SnapshotStore => ({
  newest: null,
  write: ({ last }) => {
    begins(last.index);
    return () => {};
  },
  read: () => {},
  receive: () => {},
  retire: () => {},
});

export class ReplicaWorld {
  readonly members: readonly Member[];
  readonly random: Random;
  /** Directed links that deliver nothing: `n1>n2`. */
  readonly cut = new Set<string>();
  syncMs = 1;
  /** What members looked out for, in its order. */
  readonly expected: Awaited[] = [];
  linkMs = 1;
  /** What a look at the clock takes, and how much of that each member waits for a processor. */
  lookMs = 0;
  waitingShare = 0;
  /** Where each member began its snapshot; these are never ready, so there is one in each of its lives. */
  readonly snapshotsBegun = new Map<NodeId, LogIndex>();
  readonly #snapshotPolicy: Partial<SnapshotPolicy>;
  /** Members whose disk fails from now on. */
  readonly brokenDisks = new Set<NodeId>();
  #now = 1_000;
  #order = 0;
  #queue: Scheduled[] = [];

  constructor(size: number, seed = 1, snapshotPolicy: Partial<SnapshotPolicy> = {}) {
    this.#snapshotPolicy = snapshotPolicy;
    this.random = seededRandom(seed);
    this.members = Array.from({ length: size }, (_, i) => new Member(nodeId(`n${i + 1}`)));
    for (const member of this.members) this.start(member.id);
  }

  get now(): Millis {
    return millis(this.#now);
  }

  member(id: NodeId): Member {
    const member = this.members.find((each) => each.id === id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  replica(id: NodeId): Replica {
    const { replica } = this.member(id);
    if (replica === null) throw new Error(`${id} is down`);
    return replica;
  }

  start(id: NodeId): void {
    const member = this.member(id);
    member.life += 1;
    const { disk, life } = member;
    const alive = (): boolean => member.life === life;
    member.replica = new Replica({
      id,
      configuration: { voters: this.members.map((each) => each.id), outgoing: [], learners: [] },
      recovered: {
        snapshot: null,
        offset: ORIGIN,
        hardState: disk.hardState,
        entries: [...disk.entries],
        commitHint: disk.commitHint,
        tornBytes: 0,
        damage: null,
      },
      clock: this.#clock(alive),
      random: this.random.fork(`${id}/${life}`),
      logStore: this.#logStore(id, disk, alive),
      snapshots: noSnapshots((index) => this.snapshotsBegun.set(id, index)),
      snapshotPolicy: this.#snapshotPolicy,
      transport: { send: (message) => this.#deliver(message) },
      heartbeatMs: 50,
      electionMs: 500,
      onEvent: (event) => member.events.push(event),
      onFatal: (error) => {
        member.fatal = error;
      },
    });
  }

  /** Loses all that was not yet synced, as a power failure does. The others see the connection close when `seen`. */
  kill(id: NodeId, seen = true): void {
    const member = this.member(id);
    member.life += 1;
    member.replica = null;
    if (!seen) return;
    for (const other of this.members) if (other.id !== id) this.#after(2, () => other.replica?.peerClosed(id));
  }

  isolate(id: NodeId): void {
    for (const other of this.members) {
      this.cut.add(`${id}>${other.id}`);
      this.cut.add(`${other.id}>${id}`);
    }
  }

  leader(): NodeId | null {
    let best: { id: NodeId; term: number } | null = null;
    for (const { id, replica } of this.members) {
      const status = replica?.coreStatus();
      if (status?.role === 'leader' && status.term > (best?.term ?? -1)) best = { id, term: status.term };
    }
    return best?.id ?? null;
  }

  run(forMs: number): void {
    const end = this.#now + forMs;
    while (this.#step(end));
    this.#now = end;
  }

  /** Runs until `done` holds; throws when it does not within `limitMs` of virtual time. */
  until(what: string, done: () => boolean, limitMs = 20_000): void {
    const end = this.#now + limitMs;
    while (!done()) if (!this.#step(end)) throw new Error(`not within ${limitMs} virtual ms: ${what}`);
  }

  elect(): NodeId {
    this.until('a leader', () => this.leader() !== null);
    return this.leader() ?? nodeId('');
  }

  propose(id: NodeId, data: string, deadlineMs = 5_000): { outcome: ProposalOutcome | null } {
    const result: { outcome: ProposalOutcome | null } = { outcome: null };
    this.replica(id).propose(data, millis(this.#now + deadlineMs), (outcome) => {
      if (result.outcome !== null) throw new Error('answered twice');
      result.outcome = outcome;
    });
    return result;
  }

  read(id: NodeId, deadlineMs = 5_000): { outcome: ReadOutcome | null } {
    const result: { outcome: ReadOutcome | null } = { outcome: null };
    this.replica(id).read(millis(this.#now + deadlineMs), (outcome) => {
      if (result.outcome !== null) throw new Error('answered twice');
      result.outcome = outcome;
    });
    return result;
  }

  #deliver(message: Message): void {
    if (this.cut.has(`${message.from}>${message.to}`)) return;
    // Through text and back: no two members may share an object.
    const text = JSON.stringify(message);
    const life = this.member(message.to).life;
    this.#after(this.linkMs, () => {
      const target = this.member(message.to);
      if (target.life === life) target.replica?.receive(JSON.parse(text));
    });
  }

  #logStore(id: NodeId, disk: Disk, alive: () => boolean): LogStore {
    let freeAt = 0;
    return {
      append: (batch: PersistBatch, done: Done) => {
        freeAt = Math.max(freeAt, this.#now) + this.syncMs;
        this.#after(freeAt - this.#now, () => {
          if (!alive()) return;
          if (this.brokenDisks.has(id)) {
            done(new Error('EIO'), undefined);
            return;
          }
          disk.write(batch);
          done(null, undefined);
        });
      },
      isFull: false,
      compact: (_: LogIndex, done: Done) => done(null, undefined),
      syncTimes: () => ({ p50Ms: 0, p99Ms: 0, maxMs: 0, count: 0 }),
      close: (done: Done) => done(null, undefined),
    };
  }

  #clock(alive: () => boolean): Clock {
    const guarded = (run: () => void) => () => {
      if (alive()) run();
    };
    let waited = 0;
    return {
      now: () => {
        this.#now += this.lookMs;
        waited += this.lookMs * this.waitingShare;
        return this.now;
      },
      waited: () => millis(waited),
      wallTime: () => clusterTime(1_700_000_000_000 + this.#now),
      after: (delay, run) => this.#after(delay, guarded(run)),
      soon: (run) => void this.#after(0, guarded(run)),
      expect: (what) => void this.expected.push(what),
    };
  }

  #after(delay: number, run: () => void): Cancel {
    const scheduled: Scheduled = { at: this.#now + delay, order: this.#order++, run, cancelled: false };
    this.#queue.push(scheduled);
    return () => {
      scheduled.cancelled = true;
    };
  }

  #step(end: number): boolean {
    let next: Scheduled | undefined;
    for (const each of this.#queue) {
      if (next === undefined || each.at < next.at || (each.at === next.at && each.order < next.order)) next = each;
    }
    if (next === undefined || next.at > end) return false;
    this.#queue.splice(this.#queue.indexOf(next), 1);
    this.#now = Math.max(this.#now, next.at);
    if (!next.cancelled) next.run();
    return true;
  }
}
