/** The simulator's own parts: a wrong world would pass wrong code. */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, millis, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import { Machine } from '../../src/kv/machine.ts';
import { ORIGIN } from '../../src/raft/log.ts';
import type { Entry, PersistBatch } from '../../src/raft/messages.ts';
import type { LogStore, Recovered } from '../../src/replica/ports.ts';
import { SimClock } from '../../src/sim/clock.ts';
import { SimDisk } from '../../src/sim/disk.ts';
import { EventQueue } from '../../src/sim/event-queue.ts';
import { faultWords } from '../../src/sim/faults.ts';
import { DiskLedger } from '../../src/sim/ledger.ts';
import { StoreModel } from '../../src/sim/model.ts';
import { Trace } from '../../src/sim/trace.ts';

const entry = (index: number, inTerm = 1, data = ''): Entry => ({
  index: logIndex(index),
  term: term(inTerm),
  time: clusterTime(0),
  kind: data === '' ? 'noop' : 'command',
  data,
});

describe('virtual time', () => {
  it('comes in order, and for the same moment in the order of asking', () => {
    const random = seededRandom(3);
    const queue = new EventQueue();
    const seen: (readonly [number, number])[] = [];
    for (let i = 0; i < 500; i += 1) {
      const at = random.integer(0, 50);
      queue.after(at, () => seen.push([at, i]));
    }
    while (queue.step(1_000));
    expect(seen).toHaveLength(500);
    expect(seen).toEqual(seen.toSorted(([a, i], [b, j]) => a - b || i - j));
    expect(queue.now).toBe(Math.max(...seen.map(([at]) => at)));
  });

  it('leaves out what was cancelled, and stops at the end it was given', () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    const cancel = queue.after(1, () => seen.push('cancelled'));
    queue.after(2, () => seen.push('kept'));
    queue.after(9, () => seen.push('late'));
    cancel();
    while (queue.step(5));
    expect(seen).toEqual(['kept']);
  });

  it('runs at each machine as its clock does', () => {
    const queue = new EventQueue();
    const clock = new SimClock(queue, 100);
    const pass = (ms: number): void => {
      queue.after(ms, () => {});
      while (queue.step(queue.now + ms));
    };
    const wall = clock.wallTime();
    pass(10);
    expect(clock.now()).toBe(110);
    clock.setRate(2);
    pass(10);
    expect(clock.now()).toBe(130);
    expect(clock.virtual(40)).toBe(20);
    clock.leap(500);
    expect(clock.now()).toBe(630);
    clock.jump(-3_600_000);
    expect(clock.wallTime()).toBe(wall + 530 - 3_600_000);
    expect(clock.now()).toBe(millis(630));
  });
});

describe('a simulated disk', () => {
  const diskOf = (onCrashPoint: () => void = () => {}) => {
    const queue = new EventQueue();
    const disk = new SimDisk({ queue, random: seededRandom(1), syncMs: [1, 1], enter: (run) => run(), onCrashPoint });
    const settle = (): void => {
      while (queue.step(Number.POSITIVE_INFINITY));
    };
    return { queue, disk, settle };
  };
  const written = (world: ReturnType<typeof diskOf>): (string | null)[] => {
    const results: (string | null)[] = [];
    world.disk.port.create('/f', (_, file) => {
      file?.write(Buffer.from('abc'), 0, (error) => {
        results.push(error?.message ?? null);
        file.sync((failed) => results.push(failed?.message ?? null));
      });
    });
    world.settle();
    return results;
  };

  it('takes its time and keeps what it synced', () => {
    const world = diskOf();
    expect(written(world)).toEqual([null, null]);
    expect(world.queue.now).toBeGreaterThan(1);
  });

  it('does nothing while it hangs, and all of it afterwards', () => {
    const world = diskOf();
    world.disk.hang(true);
    const results = written(world);
    expect(results).toEqual([]);
    world.disk.hang(false);
    world.settle();
    expect(results).toEqual([null, null]);
  });

  it('is full for what grows, and fails when told to', () => {
    const full = diskOf();
    full.disk.fill(true);
    expect(written(full)[0]).toMatch(/ENOSPC/);
    expect(full.disk.failed).toBe(true);
    const broken = diskOf();
    broken.disk.failNext('sync');
    expect(written(broken)).toEqual([null, expect.stringMatching(/EIO/)]);
  });

  it('ends the process before the step that was armed', () => {
    let reached = 0;
    const world = diskOf(() => {
      reached += 1;
    });
    world.disk.armCrash(/./, 1);
    expect(written(world)).toEqual([]);
    expect(reached).toBe(1);
  });
});

describe('the ledger of a disk', () => {
  const batch = (entries: readonly Entry[], inTerm: number | null = null): PersistBatch => ({
    hardState: inTerm === null ? null : { term: term(inTerm), votedFor: nodeId('n1'), repairFrom: null },
    entries,
    commit: logIndex(0),
  });
  const recovered = (entries: readonly Entry[], inTerm: number): Recovered => ({
    hardState: { term: term(inTerm), votedFor: inTerm === 0 ? null : nodeId('n1'), repairFrom: null },
    snapshot: null,
    offset: ORIGIN,
    entries,
    commitHint: logIndex(0),
    tornBytes: 0,
    damage: null,
  });
  /** Acknowledges the first `acknowledged` batches. */
  const ledgerAfter = (batches: readonly PersistBatch[], acknowledged: number): DiskLedger => {
    const ledger = new DiskLedger('n1');
    let left = acknowledged;
    const store: LogStore = {
      append: (_, done) => {
        left -= 1;
        if (left >= 0) done(null);
      },
      isFull: false,
      compact: (_, done) => done(null),
      syncTimes: () => ({ p50Ms: 0, p99Ms: 0, maxMs: 0, count: 0 }),
      close: () => {},
    };
    const watched = ledger.watch(store);
    for (const each of batches) watched.append(each, () => {});
    return ledger;
  };
  const history = [batch([entry(1), entry(2)], 1), batch([entry(2, 2)], 2), batch([entry(3, 2)])];

  it('accepts what was acknowledged, and what came later up to the end of any batch', () => {
    for (const entries of [
      [entry(1), entry(2)],
      [entry(1), entry(2, 2)],
      [entry(1), entry(2, 2), entry(3, 2)],
    ])
      expect(() => ledgerAfter(history, 1).checkRecovered(recovered(entries, 1), false)).not.toThrow();
  });

  it('misses an entry, a replacement and a vote', () => {
    expect(() => ledgerAfter(history, 1).checkRecovered(recovered([entry(1)], 1), false)).toThrow(/what the disk acknowledged/);
    expect(() => ledgerAfter(history, 2).checkRecovered(recovered([entry(1), entry(2)], 2), false)).toThrow(
      /what the disk acknowledged/,
    );
    expect(() => ledgerAfter(history, 2).checkRecovered(recovered([entry(1), entry(2, 2)], 1), false)).toThrow(/term and vote/);
  });

  it('lets rot alone take the end of a log, and only into a new term', () => {
    const damage = { file: 'x', offset: 0, detail: 'x', firstLost: logIndex(2), quarantined: [] };
    const repairing = (entries: readonly Entry[], inTerm: number): Recovered => ({
      ...recovered(entries, inTerm),
      hardState: { term: term(inTerm), votedFor: null, repairFrom: term(inTerm) },
      damage,
    });
    const check = (found: Recovered, rotten = true) => ledgerAfter(history, 3).checkRecovered(found, rotten);
    for (const entries of [[], [entry(1)], [entry(1), entry(2)], [entry(1), entry(2, 2)]])
      expect(() => check(repairing(entries, 3))).not.toThrow();
    expect(() => check(repairing([entry(1)], 3), false)).toThrow(/only rot damages a log/);
    expect(() => check(repairing([entry(1)], 2))).toThrow(/a repair begins in a new term/);
    expect(() => check({ ...recovered([entry(1)], 3), damage })).toThrow(/a repair begins in a new term/);
    expect(() => check(repairing([entry(1, 2)], 3))).toThrow(/what a damaged log still has/);
    // What was replaced stands in the file still: a second damage, before its replacement, brings it back.
    const twice = ledgerAfter(history, 3);
    twice.checkRecovered(repairing([entry(1), entry(2, 2)], 3), true);
    expect(() => twice.checkRecovered(repairing([entry(1), entry(2, 2), entry(3, 2)], 4), true)).toThrow(/what a damaged log/);
    expect(() => twice.checkRecovered(repairing([entry(1), entry(2)], 4), true)).not.toThrow();
    expect(() => twice.checkRecovered(repairing([entry(1), entry(2, 2)], 5), true)).toThrow(/what a damaged log still has/);
  });
});

describe('the model of the store', () => {
  it('answers as the real one does', () => {
    const random = seededRandom(11);
    const model = new StoreModel();
    const machine = new Machine();
    for (let index = 1; index <= 2_000; index += 1) {
      const key = `k${random.integer(0, 5)}`;
      const request =
        random.next() < 0.3
          ? null
          : { session: random.integer(1, 20), sequence: random.integer(1, 40), acknowledged: random.integer(0, 20) };
      const kind = random.integer(0, 8);
      const value = `v${index}`;
      const current = random.next() < 0.6 ? (machine.get(key)?.value ?? null) : 'other';
      const data =
        kind === 0
          ? encodeCommand({ type: 'open-session' })
          : kind < 4
            ? encodeCommand({ type: 'put', key, value, request })
            : kind < 6
              ? encodeCommand({ type: 'cas', key, expect: current, value, request })
              : encodeCommand({ type: 'delete', key, request });
      model.apply(entry(index, 1, data));
      expect(model.replyAt(index)).toEqual(machine.apply(logIndex(index), data).reply);
      expect(model.at(key, model.revision)).toEqual(machine.get(key));
    }
    expect(model.revision).toBe(machine.revision);
    expect(model.revision).toBeGreaterThan(400);
  });
});

describe('the trace', () => {
  it('is another number for any other history, and keeps the last lines', () => {
    const traced = (words: readonly string[]): Trace => {
      const trace = new Trace(() => 1, null);
      for (const word of words) trace.note('n1', word);
      return trace;
    };
    const many = Array.from({ length: 200 }, (_, i) => `line ${i}`);
    expect(traced(many).hash()).toBe(traced(many).hash());
    expect(traced(many).hash()).not.toBe(traced([...many.slice(0, 100), 'another', ...many.slice(101)]).hash());
    expect(
      traced(many)
        .last(3)
        .map(({ what }) => what),
    ).toEqual(['line 197', 'line 198', 'line 199']);
    expect(traced(['one']).last(3)).toHaveLength(1);
  });

  it('names a fault on one line', () => {
    const words = faultWords({
      kind: 'partition',
      groups: [[nodeId('n1')], [nodeId('n2'), nodeId('n3')]],
      forMs: 500,
      atMs: 1_250,
    });
    expect(words).toBe('1.250 s  partition  groups n1 / n2,n3  forMs 500');
  });
});
