/** What a start makes of a snapshot and a log that a crash has left together (docs/decisions/0006-snapshots.md, 4 and 5). */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import { Machine } from '../../src/kv/machine.ts';
import { cutOf } from '../../src/kv/snapshot.ts';
import type { Entry } from '../../src/raft/messages.ts';
import { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { type OpenedLog, openLogStore } from '../../src/storage/log-store.ts';
import { snapshotFile } from '../../src/storage/snapshot-format.ts';
import { CLUSTER, DIR, NODE, SMALL } from '../support/log-world.ts';

function open(disk: MemoryDisk): OpenedLog {
  const opened: OpenedLog[] = [];
  openLogStore({ disk, dir: DIR, clusterId: CLUSTER, nodeId: NODE, limits: SMALL, alone: false }, (error, log) => {
    if (error !== null) throw error;
    opened.push(log);
  });
  disk.run();
  const [log] = opened;
  if (log === undefined) throw new Error('the log was not opened');
  return log;
}

const entry = (index: number): Entry => ({
  index: logIndex(index),
  term: term(1),
  time: clusterTime(0),
  kind: 'command',
  data: 'o'.repeat(500),
});

/** A log of so many entries of term 1, in several segments. */
function logOf(count: number): { readonly disk: MemoryDisk; readonly log: OpenedLog } {
  const disk = new MemoryDisk();
  const log = open(disk);
  for (let index = 1; index <= count; index += 1) {
    const hardState = { term: term(2), votedFor: null, repairFrom: null };
    log.store.append({ hardState, entries: [entry(index)], commit: logIndex(0) }, (error) => expect(error).toBeNull());
    disk.run();
  }
  return { disk, log };
}

function addSnapshot(disk: MemoryDisk, { snapshots }: OpenedLog, index: number, inTerm: number): void {
  const configuration = { voters: [NODE, nodeId('n2')], outgoing: [], learners: [] };
  const head = { last: { index: logIndex(index), term: term(inTerm) }, time: clusterTime(0), configuration };
  using cut = cutOf(new Machine(), 100);
  snapshots.write(head, cut, (...[error]) => expect(error).toBeNull());
  disk.run();
}

function startOf(disk: MemoryDisk) {
  const { offset, entries, commitHint, snapshot, damage } = open(disk.copy()).recovered;
  const indexes = Array.from(entries, ({ index }) => index);
  return { offset, indexes, commitHint, snapshot: snapshot?.snapshot.last.index ?? null, isDamaged: damage !== null };
}

describe('a start with a snapshot', () => {
  it('keeps the log that holds its end, and what follows', () => {
    const { disk, log } = logOf(6);
    addSnapshot(disk, log, 4, 1);
    expect(startOf(disk)).toEqual({
      offset: { index: 0, term: 0 },
      indexes: [1, 2, 3, 4, 5, 6],
      commitHint: 4,
      snapshot: 4,
      isDamaged: false,
    });
  });

  it('begins the log anew when another entry stands at its end: what follows belongs to another log (openraft#559)', () => {
    const { disk, log } = logOf(6);
    addSnapshot(disk, log, 4, 2);
    const anew = { offset: { index: 4, term: 2 }, indexes: [], commitHint: 4, snapshot: 4, isDamaged: false };
    expect(startOf(disk)).toEqual(anew);
    open(disk);
    expect(startOf(disk), 'once more').toEqual(anew);
  });

  it('begins the log anew when it ends before the snapshot', () => {
    const { disk, log } = logOf(3);
    addSnapshot(disk, log, 6, 2);
    const anew = { offset: { index: 6, term: 2 }, indexes: [], commitHint: 6, snapshot: 6, isDamaged: false };
    expect(startOf(disk)).toEqual(anew);
  });

  it('uses no log that begins beyond it (redisraft#43)', () => {
    const { disk, log } = logOf(40);
    addSnapshot(disk, log, 4, 1);
    addSnapshot(disk, log, 30, 1);
    log.store.compact(logIndex(30), (error) => expect(error).toBeNull());
    disk.run();
    expect(startOf(disk)).toMatchObject({ snapshot: 30, isDamaged: false });
    disk.unlink(`${DIR}/snap/${snapshotFile(30, 1)}`, () => {});
    disk.run();
    expect(startOf(disk)).toEqual({
      offset: { index: 4, term: 1 },
      indexes: [],
      commitHint: 4,
      snapshot: 4,
      isDamaged: true,
    });
  });
});
