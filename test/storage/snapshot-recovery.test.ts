/** What a start makes of snapshots and logs that do not quite fit each other. */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, term } from '../../src/base/brand.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { Machine } from '../../src/kv/machine.ts';
import { cutOf } from '../../src/kv/snapshot.ts';
import type { Entry, Snapshot } from '../../src/raft/messages.ts';
import { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { type OpenedLog, openLogStore } from '../../src/storage/log-store.ts';
import { CLUSTER, NODE, SMALL } from '../support/log-world.ts';

const entry = (index: number, inTerm: number): Entry => ({
  index: logIndex(index),
  term: term(inTerm),
  time: clusterTime(index),
  kind: 'command',
  data: `c${index}`.padEnd(200, '.'),
});

function open(disk: MemoryDisk, alone = false): OpenedLog | Error {
  let result: OpenedLog | Error = new Error('no answer');
  const options = { disk, dir: '/data', clusterId: CLUSTER, nodeId: NODE, limits: SMALL, alone };
  openLogStore(options, (error, opened) => {
    result = error ?? opened ?? new Error('nothing');
  });
  disk.run();
  return result;
}

function opened(disk: MemoryDisk): OpenedLog {
  const result = open(disk);
  if (result instanceof Error) throw result;
  return result;
}

/** A log of `count` entries of term 2, in several segments. */
function filled(disk: MemoryDisk, count: number): OpenedLog {
  const log = opened(disk);
  const hardState = { term: term(5), votedFor: null, repairFrom: null };
  log.store.append({ hardState, entries: [], commit: logIndex(0) }, () => {});
  for (let index = 1; index <= count; index += 1) {
    log.store.append({ hardState: null, entries: [entry(index, 2)], commit: logIndex(0) }, () => {});
    disk.run();
  }
  return log;
}

function take(disk: MemoryDisk, { snapshots, store }: OpenedLog, index: number, inTerm = 2): void {
  const head = {
    last: { index: logIndex(index), term: term(inTerm) },
    time: clusterTime(index),
    configuration: { voters: [NODE], outgoing: [], learners: [] },
  };
  using cut = cutOf(new Machine(), 1_000);
  snapshots.write(head, cut, (error, _snapshot) => expect(error).toBeNull());
  disk.run();
  snapshots.retire((_, upTo) => store.compact(upTo ?? logIndex(0), () => {}));
  disk.run();
}

const segments = (disk: MemoryDisk): string[] => disk.paths().filter((path) => /\/wal\/\d+\.log$/.test(path));
const whole = (disk: MemoryDisk): string[] =>
  disk.paths().filter((path) => path.endsWith('.snap') && path.startsWith('/data/snap/'));
const summary = ({ recovered: { offset, entries, snapshot, damage } }: OpenedLog) => ({
  snapshot: snapshot?.snapshot.last.index ?? 0,
  offset: offset.index,
  last: [...entries].at(-1)?.index ?? offset.index,
  damaged: damage !== null,
});

describe('a start', () => {
  it('reads the newest snapshot and what is left of the log', () => {
    const disk = new MemoryDisk();
    const log = filled(disk, 80);
    const before = segments(disk).length;
    take(disk, log, 40);
    expect(segments(disk)).toHaveLength(before);
    take(disk, log, 60);
    expect(segments(disk).length).toBeLessThan(before);
    const again = summary(opened(disk.afterProcessCrash()));
    expect(again).toMatchObject({ snapshot: 60, last: 80, damaged: false });
    expect(again.offset).toBeGreaterThan(0);
    expect(again.offset).toBeLessThanOrEqual(40);
  });

  it('keeps of the log before the newest snapshot what followers that are a little late may need', () => {
    const disk = new MemoryDisk();
    const log = opened(disk);
    const hardState = { term: term(5), votedFor: null, repairFrom: null };
    log.store.append({ hardState, entries: [], commit: logIndex(0) }, () => {});
    const count = LIMITS.logTailKept + 400;
    const entries = Array.from({ length: count }, (_, i) => ({ ...entry(i + 1, 2), data: `c${i + 1}` }));
    for (let i = 0; i < count; i += 500) {
      log.store.append({ hardState: null, entries: entries.slice(i, i + 500), commit: logIndex(i) }, () => {});
      disk.run();
    }
    take(disk, log, count - 100);
    const { recovered } = opened(disk.afterProcessCrash());
    expect(recovered.offset).toEqual({ index: 299, term: 2 });
    expect([...recovered.entries]).toEqual(entries.slice(299));
  });

  describe('after a snapshot that stands for most of the log', () => {
    /** Two snapshots, of `count` - 400 and `count` - 100 entries, and the log since the older one. */
    function long(): { readonly disk: MemoryDisk; readonly count: number } {
      const disk = new MemoryDisk();
      const log = opened(disk);
      const hardState = { term: term(5), votedFor: null, repairFrom: null };
      log.store.append({ hardState, entries: [], commit: logIndex(0) }, () => {});
      const count = 2 * LIMITS.logTailKept;
      const entries = Array.from({ length: count }, (_, i) => ({ ...entry(i + 1, 2), data: `c${i + 1}` }));
      for (let i = 0; i < count; i += 50) {
        log.store.append({ hardState: null, entries: entries.slice(i, i + 50), commit: logIndex(i) }, () => {});
        disk.run();
      }
      take(disk, log, count - 100);
      return { disk: disk.afterProcessCrash(), count };
    }

    it('does not read what is before, but knows of it: the next snapshots remove it', () => {
      const { disk, count } = long();
      const all = segments(disk);
      const log = opened(disk);
      expect(log.recovered.offset.index).toBe(count - 100 - LIMITS.logTailKept - 1);
      // The header of each, and all of those that are needed.
      const reads = all.map((path) => disk.trace.filter((step) => step === `read ${path}`).length);
      expect(new Set(reads)).toEqual(new Set([1, 2]));
      expect(reads.filter((count) => count === 2).length).toBeLessThan(0.6 * all.length);
      take(disk, log, count - 50);
      take(disk, log, count);
      expect(segments(disk).length).toBeLessThan(3);
      expect(summary(opened(disk.afterProcessCrash()))).toMatchObject({ snapshot: count, last: count, damaged: false });
    });

    it('reads the whole log when one of those is missing that it would pass over', () => {
      const { disk } = long();
      const all = segments(disk);
      const [gone, ...left] = [all[1] ?? '', ...all.filter((_, i) => i !== 1)];
      disk.put(gone, null);
      opened(disk);
      const first = disk.trace.findIndex((step) => step.startsWith('create'));
      const untilChanged = first < 0 ? disk.trace : disk.trace.slice(0, first);
      for (const path of left) expect(untilChanged.filter((step) => step === `read ${path}`).length, path).toBeGreaterThan(1);
    });

    it('passes over damage in what it does not read, and mends the whole log for damage in what it does', () => {
      const { disk, count } = long();
      const all = segments(disk);
      const before = disk.copy();
      before.flip(all[1] ?? '', 300, 1);
      expect(summary(opened(before))).toMatchObject({ snapshot: count - 100, last: count, damaged: false });
      const after = disk.copy();
      after.flip(all.at(-2) ?? '', 300, 1);
      const repairing = opened(after);
      const untilChanged = after.trace.slice(
        0,
        after.trace.findIndex((step) => step.startsWith('create')),
      );
      for (const path of all) expect(untilChanged.filter((step) => step === `read ${path}`).length, path).toBeGreaterThan(1);
      expect(repairing.recovered.damage).not.toBeNull();
      expect(repairing.recovered.hardState.repairFrom).toBe(6);
    });
  });

  it('takes the older snapshot and the longer log when the newest is damaged', () => {
    const disk = new MemoryDisk();
    const log = filled(disk, 80);
    take(disk, log, 40);
    take(disk, log, 60);
    const next = disk.afterProcessCrash();
    next.flip(whole(next).at(-1) ?? '', 100, 3);
    expect(summary(opened(next))).toMatchObject({ snapshot: 40, last: 80, damaged: false });
    expect(next.paths().filter((path) => path.startsWith('/data/quarantine/'))).toHaveLength(1);
    expect(whole(next)).toHaveLength(1);
  });

  it('repairs from nothing, or refuses when it is alone, if no snapshot reaches to the log (redisraft#43)', () => {
    const disk = new MemoryDisk();
    const log = filled(disk, 80);
    take(disk, log, 40);
    take(disk, log, 60);
    const next = disk.afterProcessCrash();
    for (const path of whole(next)) next.put(path, null);
    const alone = open(next.copy(), true);
    expect(alone).toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('no snapshot stands for all that is before'),
    });
    const repairing = opened(next);
    expect(summary(repairing)).toEqual({ snapshot: 0, offset: 0, last: 0, damaged: true });
    expect(repairing.recovered.hardState.repairFrom).toBe(6);
  });

  it('at every step between a received snapshot and the log that begins anew loses neither', () => {
    const reset: Snapshot = {
      last: { index: logIndex(100), term: term(4) },
      time: clusterTime(1),
      configuration: { voters: [NODE], outgoing: [], learners: [] },
      sizeBytes: 0,
      hash: '',
    };
    let cases = 0;
    for (let steps = 0; ; steps += 1) {
      const disk = new MemoryDisk();
      const log = filled(disk, 40);
      take(disk, log, 100, 4);
      disk.crashAt = disk.steps + steps;
      let acknowledged = false;
      log.store.append({ hardState: null, reset, entries: [entry(101, 5)], commit: logIndex(100) }, () => {
        acknowledged = true;
      });
      disk.run();
      for (const next of [disk.afterProcessCrash()]) {
        const found = summary(opened(next));
        expect(found, `step ${steps}`).toMatchObject({ snapshot: 100, offset: 100, damaged: false });
        if (acknowledged) expect(found.last, `step ${steps}`).toBe(101);
        cases += 1;
      }
      if (!disk.crashed) break;
    }
    expect(cases).toBeGreaterThan(5);
  });

  it('passes over segments that were being removed when it stopped', () => {
    const disk = new MemoryDisk();
    const log = filled(disk, 80);
    take(disk, log, 60);
    take(disk, log, 70);
    const next = disk.afterProcessCrash();
    const kept = segments(next);
    // As if an older one had come back after a power loss.
    next.put('/data/wal/00000001.log', Buffer.from(next.peek(kept[0] ?? '')));
    expect(summary(opened(next))).toMatchObject({ snapshot: 70, last: 80, damaged: false });
    expect(segments(next)).toEqual(kept);
  });
});
