/** A log under a stream of batches, with a model of what it may hold: the entries after any batch from the last acknowledged on. */
import { clusterTime, logIndex, type NodeId, nodeId, term } from '../../src/base/brand.ts';
import type { Random } from '../../src/base/random.ts';
import type { Entry, HardState, PersistBatch } from '../../src/raft/messages.ts';
import type { LogStore, Recovered } from '../../src/replica/ports.ts';
import type { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { type LogStoreOptions, openLogStore } from '../../src/storage/log-store.ts';

export const CLUSTER = '0123456789abcdef0123456789abcdef';
export const NODE = nodeId('n1');
export const DIR = '/data';
export const SMALL = { segmentBytes: 3_000, aheadBytes: 1_024 };

export interface State {
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  readonly commit: number;
}

export interface Opening {
  readonly error: Error | null;
  readonly store: LogStore | null;
  readonly recovered: Recovered | null;
}

type Policy = Pick<LogStoreOptions, 'alone' | 'acceptLoss' | 'pause'>;

/** As a node that has others to ask. */
export const openAmongOthers = (disk: MemoryDisk): Opening => openOn(disk, NODE, CLUSTER, { alone: false });

/** Opens the log and runs the disk until it is open, refused or crashed. */
export function openOn(disk: MemoryDisk, node: NodeId = NODE, clusterId = CLUSTER, policy: Policy = {}): Opening {
  let opening: Opening = { error: null, store: null, recovered: null };
  openLogStore({ disk, dir: DIR, clusterId, nodeId: node, limits: SMALL, ...policy }, (error, value) => {
    opening = error === null ? { error, ...value } : { error, store: null, recovered: null };
  });
  disk.run();
  return opening;
}

export class LogWorld {
  /** After each batch, the empty log first. */
  readonly states: State[];
  acknowledged: number;
  readonly errors: Error[] = [];
  #writes = 0;

  constructor(first: State = { hardState: { term: term(0), votedFor: null, repairFrom: null }, entries: [], commit: 0 }) {
    this.states = [first];
    this.acknowledged = 0;
  }

  get newest(): State {
    return this.states.at(-1) ?? { hardState: { term: term(0), votedFor: null, repairFrom: null }, entries: [], commit: 0 };
  }

  append(store: LogStore, batch: PersistBatch): void {
    const before = this.newest;
    const first = batch.entries[0];
    const entries = first === undefined ? before.entries : [...before.entries.slice(0, first.index - 1), ...batch.entries];
    const commit = Math.max(before.commit, Math.min(batch.commit, entries.length));
    this.states.push({ hardState: batch.hardState ?? before.hardState, entries, commit });
    const place = this.states.length - 1;
    store.append(batch, (error) => {
      if (error !== null) return void this.errors.push(error);
      if (place !== this.acknowledged + 1) throw new Error('acknowledged out of order');
      this.acknowledged = place;
    });
  }

  /** A batch such as a core makes: more entries, a replaced tail, a vote, or a new term. */
  randomBatch(random: Random): PersistBatch {
    const { entries, hardState, commit } = this.newest;
    const newTerm = random.next() < 0.15;
    const state = newTerm
      ? {
          term: term(hardState.term + 1),
          votedFor: random.next() < 0.5 ? nodeId(`n${random.integer(1, 6)}`) : null,
          repairFrom: null,
        }
      : hardState;
    const current = state.term === 0 ? { term: term(1), votedFor: null, repairFrom: null } : state;
    const replace = random.next() < 0.2 && entries.length > commit;
    const from = replace ? random.integer(commit + 1, entries.length + 1) : entries.length + 1;
    const count = random.next() < 0.1 && newTerm ? 0 : random.integer(1, 5);
    const batch = Array.from({ length: count }, (_, i) => this.#entry(random, from + i, current.term));
    const last = count === 0 ? entries.length : from + count - 1;
    return {
      hardState: current === hardState ? null : current,
      entries: batch,
      commit: logIndex(random.next() < 0.5 ? commit : random.integer(commit, last + 1)),
    };
  }

  #entry(random: Random, index: number, entryTerm: Entry['term']): Entry {
    this.#writes += 1;
    const sizes = [0, 3, 40, 200, 700, 1_300];
    const filler = ['x', 'é', '\0', ' '][random.integer(0, 4)] ?? 'x';
    return {
      index: logIndex(index),
      term: entryTerm,
      time: clusterTime(random.next() < 0.1 ? 0 : 1_700_000_000_000 + this.#writes),
      kind: (['command', 'command', 'noop', 'config'] as const)[random.integer(0, 4)] ?? 'command',
      data: `${this.#writes}${filler.repeat(sizes[random.integer(0, sizes.length)] ?? 0)}`,
    };
  }

  /** Why a damaged log may not begin its repair with this; null when it may. */
  objectionToRepair({ hardState, entries, commitHint, damage }: Recovered): string | null {
    const highest = Math.max(...this.states.map((state) => state.hardState.term));
    const { term: now, votedFor, repairFrom } = hardState;
    if (now <= highest || votedFor !== null || repairFrom !== now)
      return `term ${now}, vote ${votedFor}, repair from ${repairFrom}`;
    const text = Array.from(entries, (entry) => JSON.stringify(entry));
    // A batch that is not whole leaves the beginning of the log that it made.
    const wasThere = this.states.some((state) => text.every((entry, i) => entry === JSON.stringify(state.entries[i])));
    if (!wasThere) return `${entries.length} entries came back that were never the beginning of a log`;
    const committed = this.newest.entries.slice(0, commitHint).map((entry) => JSON.stringify(entry));
    if (committed.some((entry, i) => entry !== text[i])) return `commit hint ${commitHint} covers what was never committed`;
    if (damage !== null && damage.firstLost !== entries.length + 1)
      return `lost from ${damage.firstLost} on, of ${entries.length}`;
    return null;
  }

  /** Why this may not come back from the disk; null when it may. */
  objection(recovered: Recovered): string | null {
    const allowed = this.states.slice(this.acknowledged);
    const text = JSON.stringify([...recovered.entries]);
    const match = allowed.find(({ entries }) => entries.length === recovered.entries.length && JSON.stringify(entries) === text);
    if (match === undefined) return `${recovered.entries.length} entries came back that never followed an acknowledged batch`;
    const { term: t, votedFor } = recovered.hardState;
    if (!allowed.some(({ hardState }) => hardState.term === t && hardState.votedFor === votedFor))
      return `hard state ${t} ${votedFor}`;
    const commits = Math.max(...this.states.map(({ commit }) => commit));
    if (recovered.commitHint > Math.min(commits, recovered.entries.length)) return `commit hint ${recovered.commitHint}`;
    return null;
  }
}
