import { describe, expect, it } from 'vitest';
import { nodeId } from '../../../src/base/brand.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { NO_FAULTS } from '../../../src/fault/plan.ts';
import { NodeFaults } from '../../../src/node/faults/node-faults.ts';
import { MemoryDisk } from '../../../src/sim/memory-disk.ts';
import { FakeClock } from '../../fault/fake-clock.ts';

const [n1, n2] = [nodeId('n1'), nodeId('n2')];

function faultsOf(enabled: boolean) {
  const clock = new FakeClock();
  const disk = new MemoryDisk();
  return { clock, disk, faults: new NodeFaults({ self: n1, random: seededRandom(1), clock, disk, enabled }) };
}

describe('the faults of a node', () => {
  it('put nothing between the node and its machine where they are not enabled', () => {
    const { clock, disk, faults } = faultsOf(false);
    expect(faults.disk).toBe(disk);
    expect(faults.clock).toBe(clock);
  });

  it('are those for this node and those for all, and end at their time', () => {
    const { clock, faults } = faultsOf(true);
    const until = clock.wallTime() + 100;
    faults.set({
      ...NO_FAULTS,
      clocks: [
        { node: n1, rate: 2, offsetMs: 10, until },
        { node: '*', rate: 1, offsetMs: 5, until: null },
        { node: n2, rate: 0.5, offsetMs: 1_000, until: null },
      ],
    });
    clock.pass(50);
    expect(faults.clock.now()).toBe(100);
    expect(faults.clock.wallTime()).toBe(clock.wallTime() + 15);
    clock.pass(50);
    expect(faults.clock.now()).toBe(200);
    clock.pass(50);
    expect(faults.clock.now()).toBe(250);
    expect(faults.clock.wallTime()).toBe(clock.wallTime() + 5);
    faults.set(NO_FAULTS);
    expect(faults.clock.wallTime()).toBe(clock.wallTime());
  });

  it('let a disk that hangs go on at its time', () => {
    const { clock, disk, faults } = faultsOf(true);
    const until = clock.wallTime() + 100;
    faults.set({ ...NO_FAULTS, disks: [{ node: n1, slowMs: [0, 0], hang: true, full: false, fail: null, until }] });
    let made = false;
    faults.disk.makeDir('/wal', () => {
      made = true;
    });
    clock.pass(99);
    disk.run();
    expect(made).toBe(false);
    clock.pass(1);
    disk.run();
    expect(made).toBe(true);
    expect(clock.timers).toBe(0);
  });
});
