/** Crashes at every step, by process and by power, also during the recovery from one. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { Recovered } from '../../src/replica/ports.ts';
import { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { LogWorld, openOn } from '../support/log-world.ts';

/** The same work for the same seed: batches, several of them together, over some segments, then a clean end. */
function work(disk: MemoryDisk, seed: number, batches: number, closing = true): LogWorld {
  const random = seededRandom(seed);
  const world = new LogWorld();
  const { store } = openOn(disk);
  if (store === null) return world;
  for (let i = 0; i < batches; i += 1) {
    world.append(store, world.randomBatch(random));
    if (random.next() < 0.6) disk.run();
    if (disk.crashed) return world;
  }
  disk.run();
  if (closing) store.close(() => {});
  disk.run();
  return world;
}

/** Opens, checks, works on, and opens again. */
function checkNextLife(disk: MemoryDisk, world: LogWorld, seed: number): string | null {
  const first = openOn(disk);
  if (first.recovered === null || first.store === null) return `refused: ${first.error?.message}`;
  const wrong = world.objection(first.recovered);
  if (wrong !== null) return wrong;
  const next = new LogWorld(stateOf(first.recovered));
  const random = seededRandom(seed + 1);
  for (let i = 0; i < 4; i += 1) next.append(first.store, next.randomBatch(random));
  disk.run();
  if (next.acknowledged !== 4) return `not writable: ${next.errors[0]?.message}`;
  // The hardest loss: nothing is there but what was synced, in this life or the one before.
  const second = openOn(disk.afterPowerLoss(random, 0));
  return second.recovered === null ? `refused later: ${second.error?.message}` : next.objection(second.recovered);
}

const stateOf = ({ hardState, entries, commitHint }: Recovered) => ({ hardState, entries: [...entries], commit: commitHint });

describe('a crash', () => {
  it('at any step loses nothing that was acknowledged, and the log goes on', () => {
    const failures: string[] = [];
    let cases = 0;
    for (let seed = 1; seed <= 4; seed += 1) {
      const whole = new MemoryDisk(seededRandom(seed));
      work(whole, seed, 16);
      for (let step = 0; step <= whole.steps; step += 1) {
        for (const power of [null, 1, 2]) {
          const disk = new MemoryDisk(seededRandom(seed));
          disk.crashAt = step;
          const world = work(disk, seed, 16);
          const random = seededRandom(step * 7 + (power ?? 0));
          const next = power === null ? disk.afterProcessCrash(random) : disk.afterPowerLoss(random);
          const failure = checkNextLife(next, world, seed);
          cases += 1;
          if (failure !== null) failures.push(`seed ${seed}, step ${step} (${disk.trace.at(-1)}), power ${power}: ${failure}`);
        }
      }
    }
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(1_000);
  }, 30_000);

  it('during the recovery from a crash is as harmless', () => {
    const failures: string[] = [];
    let torn = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = seededRandom(seed);
      const whole = new MemoryDisk();
      work(whole, seed, 12);
      const disk = new MemoryDisk();
      const syncs = [...whole.trace.keys()].filter((step) => /^sync .*log$/.test(whole.trace[step] ?? ''));
      disk.crashAt = syncs[random.integer(0, syncs.length)] ?? 0;
      const world = work(disk, seed, 12);
      const crashed = disk.afterPowerLoss(random);
      const plain = crashed.copy();
      torn += openOn(plain).recovered?.tornBytes === 0 ? 0 : 1;
      for (let step = 0; step <= plain.steps; step += 1) {
        const again = crashed.copy();
        again.crashAt = step;
        openOn(again);
        const next = step % 2 === 0 ? again.afterProcessCrash(random) : again.afterPowerLoss(random);
        const failure = checkNextLife(next, world, seed);
        if (failure !== null) failures.push(`seed ${seed}, step ${step} (${again.trace.at(-1)}): ${failure}`);
      }
    }
    expect(failures).toEqual([]);
    expect(torn).toBeGreaterThan(10);
  }, 30_000);

  it('keeps the bytes that it cuts off', () => {
    for (let seed = 1; seed < 200; seed += 1) {
      const random = seededRandom(seed);
      const disk = new MemoryDisk();
      disk.crashAt = 60 + (seed % 40);
      work(disk, seed, 25);
      const next = disk.afterPowerLoss(random);
      const before = next.copy();
      const { recovered } = openOn(next);
      if (recovered === null || recovered.tornBytes === 0) continue;
      const kept = next.paths().find((path) => path.startsWith('/data/quarantine/')) ?? '';
      const [, segment = '', from = ''] = /(\d+\.log)-(\d+)$/.exec(kept) ?? [];
      const end = Number(from) + recovered.tornBytes;
      expect(next.peek(kept).equals(before.peek(`/data/wal/${segment}`).subarray(Number(from), end))).toBe(true);
      expect(next.peek(`/data/wal/${segment}`)).toHaveLength(Number(from));
      return;
    }
    expect.unreachable('no seed tore a batch');
  });
});
