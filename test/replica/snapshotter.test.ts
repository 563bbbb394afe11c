import { describe, expect, it } from 'vitest';
import { type LogIndex, logIndex, nodeId, term } from '../../src/base/brand.ts';
import { Machine } from '../../src/kv/machine.ts';
import type { Snapshot, SnapshotHead } from '../../src/raft/messages.ts';
import type { SnapshotStore } from '../../src/replica/ports.ts';
import { inTurn, type SnapshotPolicy, Snapshotter } from '../../src/replica/snapshotter.ts';

const configuration = { voters: [nodeId('n1')], outgoing: [], learners: [] };

/**
 * The indices at which a node takes its snapshots while it applies so many entries, each on its disk at once; up to the entry `busyTo` it
 * has more urgent things to do.
 */
function takenAt(policy: Partial<SnapshotPolicy>, entries: number, busyTo = 0): number[] {
  const taken: number[] = [];
  let applied = logIndex(0);
  let newest: Snapshot | null = null;
  const head = (index: LogIndex): SnapshotHead => ({
    last: { index, term: term(1) },
    time: 0 as SnapshotHead['time'],
    configuration,
  });
  const store = {
    get newest() {
      return newest;
    },
    write: ({ last }: SnapshotHead, _cut: unknown, done: (error: null, snapshot: Snapshot) => void) => {
      taken.push(last.index);
      newest = { last, configuration, sizeBytes: 100, checksum: 0 } as unknown as Snapshot;
      done(null, newest);
      return () => {};
    },
    retire: () => {},
  } as unknown as SnapshotStore;
  const log = {
    get commitIndex() {
      return applied;
    },
    get durableIndex() {
      return applied;
    },
    unitsAt: () => null,
    snapshotHead: head,
  };
  const nothing = (): void => {};
  const parts = { id: nodeId('n1'), store, logStore: { compact: nothing }, policy, log };
  const snapshotter = new Snapshotter({
    ...parts,
    isBusy: () => applied <= busyTo,
    send: nothing,
    accept: nothing,
    onTrouble: nothing,
  });
  const machine = new Machine();
  for (let index = 1; index <= entries; index += 1) {
    applied = logIndex(index);
    snapshotter.applied({ index: applied, term: term(1), type: 'command', data: 'x'.repeat(10) } as never);
    snapshotter.consider(machine, applied);
  }
  return taken;
}

describe('members that take their snapshots in turn', () => {
  it('take the first one after different parts of the growth, and then each after all of it', () => {
    const all = [0, 1, 2].map((place) => takenAt({ entries: 30, ...inTurn(place, 3) }, 95));
    expect(all).toEqual([
      [30, 60, 90],
      [20, 50, 80],
      [10, 40, 70],
    ]);
  });

  it('do so by bytes as well', () => {
    const all = [0, 1].map((place) => takenAt({ entries: 1_000, logBytes: 200, share: 0, ...inTurn(place, 2) }, 65));
    expect(all).toEqual([
      [20, 40, 60],
      [10, 30, 50],
    ]);
  });
});

describe('a member with more urgent things to do', () => {
  it('takes its snapshots half as often, and one that is due as soon as it is free', () => {
    const all = [0, 100, 50].map((busyTo) => takenAt({ entries: 20, share: 0 }, 100, busyTo));
    expect(all).toEqual([
      [20, 40, 60, 80, 100],
      [40, 80],
      [40, 60, 80, 100],
    ]);
    expect(takenAt({ entries: 20, share: 0 }, 100, 25)).toEqual([26, 46, 66, 86]);
    expect(takenAt({ entries: 1_000, logBytes: 200, share: 0 }, 45, 100)).toEqual([40]);
    expect(takenAt({ entries: 10, share: 2 }, 85, 100)).toEqual([20, 60]);
  });
});
