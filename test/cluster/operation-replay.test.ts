import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { replayOperations } from '../../src/cluster/native/faults/operation-replay.ts';
import {
  type DiskOperation,
  decodeRecords,
  encodeRecord,
  type OperationRecord,
} from '../../src/node/faults/operation-records.ts';
import { type OperationNotes, RecordedDisk } from '../../src/node/faults/recorded-disk.ts';
import type { LogStore } from '../../src/replica/ports.ts';
import { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { openLogStore } from '../../src/storage/log-store.ts';
import { CLUSTER, DIR, LogWorld, NODE, openOn, SMALL } from '../support/log-world.ts';

const records = (...operations: (DiskOperation | [DiskOperation, string])[]): readonly OperationRecord[] =>
  operations.map((each) =>
    Array.isArray(each) ? { operation: each[0], bytes: Buffer.from(each[1]) } : { operation: each, bytes: Buffer.alloc(0) },
  );

const write = (at: number, text: string): [DiskOperation, string] => [{ op: 'write', file: 1, at, size: text.length }, text];

const CREATED = [
  { op: 'start' },
  { op: 'create', path: 'log', file: 1 },
  { op: 'syncDir', path: '', id: 1 },
  { op: 'synced', id: 1 },
] as const;

describe('the replay of a power loss', () => {
  it('keeps what a sync held, whatever the rest becomes', () => {
    const { disk, unsynced } = replayOperations(
      records(...CREATED, write(0, 'kept'), { op: 'sync', file: 1, id: 2 }, { op: 'synced', id: 2 }, write(4, 'lost')),
    );
    expect(unsynced).toBe(1);
    const kept = (share: number): string => disk.afterPowerLoss(seededRandom(1), share).peek('/log').toString().slice(0, 8);
    expect(kept(0).slice(0, 4)).toBe('kept');
    expect(kept(0)).not.toContain('lost');
    expect(kept(1)).toBe('keptlost');
  });

  it('does not believe a sync that never came back, nor that it held what came later', () => {
    const begun = replayOperations(records(...CREATED, write(0, 'lost'), { op: 'sync', file: 1, id: 2 }));
    expect(begun.disk.afterPowerLoss(seededRandom(2), 0).peek('/log').toString()).not.toContain('lost');
    const overtaken = replayOperations(
      records(...CREATED, { op: 'sync', file: 1, id: 2 }, write(0, 'lost'), { op: 'synced', id: 2 }),
    );
    expect(overtaken.unsynced).toBe(1);
    expect(overtaken.disk.afterPowerLoss(seededRandom(2), 0).peek('/log').toString()).not.toContain('lost');
  });

  it('does not take a later process’s sync for an earlier one of the same number', () => {
    const replayed = replayOperations(
      records(
        ...CREATED,
        write(0, 'lost'),
        { op: 'sync', file: 1, id: 2 },
        { op: 'start' },
        { op: 'open', path: 'log', file: 1 },
        { op: 'sync', file: 1, id: 1 },
        { op: 'synced', id: 2 },
      ),
    );
    expect(replayed.unsynced).toBe(1);
  });

  it('loses a name that was never synced, and finds what was there in the beginning', () => {
    const { disk } = replayOperations(
      records(
        [{ op: 'found', path: 'meta', size: 6 }, 'meta'],
        { op: 'start' },
        { op: 'create', path: 'log', file: 1 },
        write(0, 'x'),
        { op: 'sync', file: 1, id: 1 },
        { op: 'synced', id: 1 },
      ),
    );
    expect(disk.afterPowerLoss(seededRandom(1), 0).paths()).toEqual(['/meta']);
    expect(disk.peek('/meta').toString()).toBe('meta\0\0');
  });

  it('refuses a log that leaves its directory', () => {
    expect(() => replayOperations(records({ op: 'makeDir', path: '../..' }))).toThrow(/stays in its directory/);
  });
});

/** Notes in memory what a node would write to a file. */
class MemoryLog implements OperationNotes {
  readonly parts: Buffer[] = [];
  #last = 0;

  note(operation: DiskOperation, bytes?: Buffer): void {
    this.parts.push(...encodeRecord(operation, bytes).map((part) => Buffer.from(part)));
  }

  nextFile(): number {
    this.#last += 1;
    return this.#last;
  }

  nextSync(): number {
    return this.nextFile();
  }

  get records(): readonly OperationRecord[] {
    return decodeRecords(Buffer.concat(this.parts)).records;
  }
}

/** A process that works until it is killed, after so many steps of its disk. */
function live(disk: MemoryDisk, log: MemoryLog, world: LogWorld, random: Random): void {
  log.note({ op: 'start' });
  const recorded = new RecordedDisk(disk, log, DIR);
  let store: LogStore | null = null;
  openLogStore({ disk: recorded, dir: DIR, clusterId: CLUSTER, nodeId: NODE, limits: SMALL }, (error, opened) => {
    if (error !== null) throw error;
    store = opened.store;
  });
  disk.run();
  for (let batch = 0; batch < 16 && store !== null && !disk.crashed; batch += 1) {
    world.append(store, world.randomBatch(random));
    if (random.next() < 0.6) disk.run();
  }
  disk.run();
}

describe('a log of entries', () => {
  it('has all that was acknowledged after a replayed power loss, whenever the process was killed', () => {
    let cut = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 20, max: 150 }), (seed, steps) => {
        const random = seededRandom(seed);
        const [disk, log, world] = [new MemoryDisk(random.fork('order')), new MemoryLog(), new LogWorld()];
        disk.crashAt = steps;
        live(disk, log, world, random);
        const after = replayOperations(log.records).disk.afterPowerLoss(random);
        const moved = new MemoryDisk();
        for (const path of after.paths()) moved.put(`${DIR}${path}`, after.peek(path));
        const { error, recovered } = openOn(moved);
        if (recovered === null) throw error;
        if (world.acknowledged < world.states.length - 1) cut += 1;
        expect(world.objection(recovered)).toBeNull();
      }),
      { numRuns: 400, seed: 1 },
    );
    // Else nothing was ever at stake.
    expect(cut).toBeGreaterThan(50);
  });
});
