/** A damaged log among others: it is mended into the beginning of a repair, and nothing of it is thrown away or made up. */
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { Recovered } from '../../src/replica/ports.ts';
import { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { StorageError } from '../../src/storage/storage-error.ts';
import { CLUSTER, LogWorld, NODE, type Opening, openAmongOthers, openOn } from '../support/log-world.ts';

interface Image {
  readonly disk: MemoryDisk;
  readonly world: LogWorld;
}

/** A log whose process was killed while it was idle: everything is acknowledged and durable. */
function image(seed: number, batches: number): Image {
  const random = seededRandom(seed);
  const disk = new MemoryDisk();
  const world = new LogWorld();
  const { store } = openOn(disk);
  for (let i = 0; i < batches && store !== null; i += 1) {
    world.append(store, world.randomBatch(random));
    if (random.next() < 0.7) disk.run();
  }
  disk.run();
  return { disk: disk.copy(), world };
}

/** A stretch of bytes of one file becomes others, or zeros, or is cut off with all that follows; sometimes in several places. */
function harm(disk: MemoryDisk, random: Random): string {
  const places = random.next() < 0.8 ? 1 : random.integer(2, 5);
  const done: string[] = [];
  for (let i = 0; i < places; i += 1) {
    const paths = disk.paths();
    const path = paths[random.integer(0, paths.length)] ?? '';
    const bytes = Buffer.from(disk.peek(path));
    const at = random.integer(0, Math.max(1, bytes.length));
    const end = Math.min(bytes.length, at + (random.next() < 0.7 ? 1 : random.integer(1, 600)));
    const how = random.integer(0, 20);
    if (how === 0) disk.put(path, bytes.subarray(0, at));
    else {
      for (let place = at; place < end; place += 1) bytes[place] = how < 4 ? 0 : random.integer(0, 256);
      disk.put(path, bytes);
    }
    done.push(`${path} ${at} to ${end} (${how})`);
  }
  return done.join(', ');
}

const refusedAs = ({ error }: Opening): string =>
  error instanceof StorageError ? error.kind : `no StorageError: ${error?.stack}`;

function isSame(mended: Recovered, again: Recovered | null): boolean {
  if (again === null || again.damage !== null) return false;
  return JSON.stringify([[...again.entries], again.hardState]) === JSON.stringify([[...mended.entries], mended.hardState]);
}

/** Why this is wrong, or what it was. */
function judge(
  { world }: Image,
  disk: MemoryDisk,
  reopens: boolean,
): { readonly wrong: string | null; readonly outcome: string } {
  const opening = openAmongOthers(disk);
  const { recovered } = opening;
  if (recovered === null) {
    const outcome = refusedAs(opening);
    return { wrong: outcome === 'vote' ? null : outcome, outcome };
  }
  if (recovered.damage === null) return { wrong: world.objection(recovered), outcome: 'whole' };
  const missing = recovered.damage.quarantined.filter((path) => !disk.paths().includes(path));
  if (missing.length > 0) return { wrong: `not in quarantine: ${missing.join()}`, outcome: 'repair' };
  const stands = !reopens || isSame(recovered, openAmongOthers(disk.afterPowerLoss(seededRandom(1), 0)).recovered);
  return { wrong: stands ? world.objectionToRepair(recovered) : 'mended, but not the same at the next start', outcome: 'repair' };
}

describe('random bytes in any file', () => {
  const IMAGES = 100;
  const ROUNDS = 120;

  it(`${IMAGES * ROUNDS} times: the log is whole, or repaired, or without a vote it is refused; alone it is whole or refused`, () => {
    const failures: string[] = [];
    const outcomes = new Map<string, number>();
    for (let seed = 1; seed <= IMAGES; seed += 1) {
      const original = image(seed, 3 + (seed % 12));
      for (let round = 0; round < ROUNDS; round += 1) {
        const random = seededRandom(seed * 1_000 + round);
        const disk = original.disk.copy();
        const what = harm(disk, random);
        const alone = openOn(disk.copy());
        const objection = alone.recovered === null ? null : original.world.objection(alone.recovered);
        if (objection !== null) failures.push(`seed ${seed}.${round}, ${what}, alone: ${objection}`);
        const { wrong, outcome } = judge(original, disk, round % 4 === 0);
        if (wrong !== null) failures.push(`seed ${seed}.${round}, ${what}: ${wrong}`);
        if ((outcome === 'whole') !== (alone.recovered !== null)) failures.push(`seed ${seed}.${round}, ${what}: alone differs`);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    expect(failures).toEqual([]);
    expect(outcomes.get('repair')).toBeGreaterThan((IMAGES * ROUNDS) / 4);
    expect(outcomes.get('whole')).toBeGreaterThan((IMAGES * ROUNDS) / 20);
  }, 120_000);
});

describe('a crash while a log is mended', () => {
  it('at any step leaves a log that begins its repair at the next start, with nothing made up', () => {
    const failures: string[] = [];
    let cases = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const original = image(seed, 14);
      const random = seededRandom(seed);
      const harmed = original.disk.copy();
      while (openAmongOthers(harmed.copy()).recovered?.damage == null) harm(harmed, random);
      const whole = harmed.copy();
      openAmongOthers(whole);
      for (let step = 0; step <= whole.steps; step += 1) {
        for (const power of [false, true]) {
          const disk = harmed.copy();
          disk.crashAt = step;
          openAmongOthers(disk);
          const next = power ? disk.afterPowerLoss(random) : disk.afterProcessCrash(random);
          const opening = openAmongOthers(next);
          const wrong = opening.recovered === null ? refusedAs(opening) : original.world.objectionToRepair(opening.recovered);
          if (wrong !== null) failures.push(`seed ${seed}, step ${step} (${disk.trace.at(-1)}), power ${power}: ${wrong}`);
          cases += 1;
        }
      }
    }
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(500);
  }, 120_000);
});

describe('a loss that is accepted', () => {
  it('starts with what is before the damage, in a new term and without a repair, and keeps the rest aside', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const original = image(seed, 10);
      const disk = original.disk.copy();
      const random = seededRandom(seed);
      while (openOn(disk.copy()).recovered !== null) harm(disk, random);
      const before = openOn(disk.copy()).error;
      expect(before?.message).toContain(
        before instanceof StorageError && before.kind === 'vote' ? 'backup' : '--accept-data-loss',
      );
      const { recovered, error } = openOn(disk, NODE, CLUSTER, { alone: true, acceptLoss: true });
      expect(error?.message ?? null).toBeNull();
      expect(recovered?.hardState).toMatchObject({ votedFor: null, repairFrom: null });
      expect(recovered?.damage).not.toBeNull();
      const again = openOn(disk).recovered;
      expect([...(again?.entries ?? [])]).toEqual([...(recovered?.entries ?? [])]);
    }
  });

  it('ends a repair that nobody can finish', () => {
    const { disk } = image(3, 10);
    const random = seededRandom(3);
    while (openAmongOthers(disk.copy()).recovered?.damage == null) harm(disk, random);
    const repairing = openAmongOthers(disk).recovered;
    expect(repairing?.hardState.repairFrom).not.toBeNull();
    const forced = openOn(disk, NODE, CLUSTER, { alone: false, acceptLoss: true }).recovered;
    expect(forced?.hardState).toEqual({ ...repairing?.hardState, repairFrom: null });
    expect(openAmongOthers(disk).recovered?.hardState.repairFrom).toBeNull();
  });
});
