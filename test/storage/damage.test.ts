/** Damage to files at rest: it is refused, or it touched nothing that matters. An acknowledged entry is never lost or changed. */
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { isZero } from '../../src/storage/bytes.ts';
import { decodeMark, encodeMark } from '../../src/storage/durable-mark.ts';
import { endOfRecord, nextHeader } from '../../src/storage/record.ts';
import { SEGMENT_HEADER_BYTES, segmentSeed } from '../../src/storage/segment.ts';
import { StorageError } from '../../src/storage/storage-error.ts';
import { CLUSTER, LogWorld, NODE, openOn } from '../support/log-world.ts';

const IDENTITY = { clusterId: CLUSTER, nodeId: NODE };

interface Image {
  readonly disk: MemoryDisk;
  /** The same directory some batches earlier. */
  readonly earlier: MemoryDisk;
  readonly world: LogWorld;
}

/** A log whose process was killed while it was idle: everything is acknowledged and durable. */
function image(seed: number, batches = 20): Image {
  const random = seededRandom(seed);
  const disk = new MemoryDisk();
  const world = new LogWorld();
  const { store } = openOn(disk);
  let earlier = disk.copy();
  for (let i = 0; i < batches && store !== null; i += 1) {
    world.append(store, world.randomBatch(random));
    if (random.next() < 0.7) disk.run();
    if (i === batches >> 1) {
      disk.run();
      earlier = disk.copy();
    }
  }
  disk.run();
  return { disk: disk.copy(), earlier, world };
}

const segments = (disk: MemoryDisk): readonly string[] => disk.paths().filter((path) => path.endsWith('.log'));
const pick = <T>(random: Random, from: readonly T[]): T => {
  const found = from[random.integer(0, from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};

/** Where the records of a segment are. */
function records(bytes: Buffer): readonly { readonly at: number; readonly end: number }[] {
  const found: { at: number; end: number }[] = [];
  let at = SEGMENT_HEADER_BYTES;
  for (;;) {
    const next = nextHeader(bytes, at, segmentSeed(bytes));
    if (next === null) return found;
    at = endOfRecord(next.at, next.header);
    found.push({ at: next.at, end: at });
  }
}

type Damage = (image: Image, random: Random) => string;

/** Each changes the image's disk and says what it did. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'flipped bits': ({ disk }, random) => {
    const path = pick(random, disk.paths());
    const bytes = disk.peek(path);
    const count = pick(random, [1, 1, 2, 8, 64]);
    const places = Array.from({ length: count }, () => [random.integer(0, bytes.length), 1 << random.integer(0, 8)] as const);
    for (const [at, bit] of places) bytes[at] = (bytes[at] ?? 0) ^ bit;
    return `${path} ${places.map(([at, bit]) => `${at}^${bit}`)}`;
  },
  'flipped bits in a record': ({ disk }, random) => {
    const path = pick(
      random,
      segments(disk).filter((each) => records(disk.peek(each)).length > 0),
    );
    const { at, end } = pick(random, records(disk.peek(path)));
    const place = random.integer(at, end);
    const bytes = disk.peek(path);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << random.integer(0, 8));
    return `${path} ${place}`;
  },
  'a zeroed sector': ({ disk }, random) => {
    const path = pick(random, disk.paths());
    const bytes = disk.peek(path);
    const from = random.integer(0, Math.ceil(bytes.length / 512)) * 512;
    bytes.fill(0, from, Math.min(bytes.length, from + 512));
    return `${path} ${from}`;
  },
  'a zeroed tail': ({ disk }, random) => {
    const path = pick(random, segments(disk));
    const bytes = disk.peek(path);
    const from = random.integer(0, bytes.length);
    bytes.fill(0, from);
    return `${path} from ${from}`;
  },
  'a cut file': ({ disk }, random) => {
    const path = pick(random, disk.paths());
    const size = random.integer(0, disk.peek(path).length);
    disk.put(path, Buffer.from(disk.peek(path).subarray(0, size)));
    return `${path} to ${size}`;
  },
  'a missing file': ({ disk }, random) => {
    const path = pick(random, disk.paths());
    disk.put(path, null);
    return path;
  },
  'a record over another': ({ disk }, random) => {
    const [from, to] = [pick(random, segments(disk)), pick(random, segments(disk))];
    const source = records(disk.peek(from));
    const targets = records(disk.peek(to));
    if (source.length === 0 || targets.length === 0) return 'none';
    const [record, target] = [pick(random, source), pick(random, targets)];
    const bytes = Buffer.from(disk.peek(from).subarray(record.at, record.end));
    bytes.copy(disk.peek(to), target.at);
    return `${from} ${record.at} over ${to} ${target.at}`;
  },
  'a record repeated at the end': ({ disk }, random) => {
    const path = segments(disk).at(-1) ?? '';
    const all = records(disk.peek(path));
    if (all.length === 0) return 'none';
    const record = pick(random, all);
    const bytes = Buffer.concat([disk.peek(path)], disk.peek(path).length + 2_000);
    bytes.copy(bytes, all.at(-1)?.end ?? 0, record.at, record.end);
    disk.put(path, bytes);
    return `${path} ${record.at}`;
  },
  'two records swapped': ({ disk }, random) => {
    const path = pick(
      random,
      segments(disk).filter((each) => records(disk.peek(each)).length > 1),
    );
    const bytes = disk.peek(path);
    const all = records(bytes);
    const place = random.integer(0, all.length - 1);
    const [a, b] = [all[place], all[place + 1]];
    if (a === undefined || b === undefined) return 'none';
    const swapped = Buffer.concat([bytes.subarray(b.at, b.end), bytes.subarray(a.at, a.end)]);
    swapped.copy(bytes, a.at);
    return `${path} ${a.at} and ${b.at}`;
  },
  'a removed record': ({ disk }, random) => {
    const path = pick(
      random,
      segments(disk).filter((each) => records(disk.peek(each)).length > 0),
    );
    const bytes = disk.peek(path);
    const { at, end } = pick(random, records(bytes));
    disk.put(path, Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)], bytes.length));
    return `${path} ${at}`;
  },
  'a segment under the name of another': ({ disk }, random) => {
    const [from, to] = [pick(random, segments(disk)), pick(random, segments(disk))];
    disk.put(to, Buffer.from(disk.peek(from)));
    return `${from} as ${to}`;
  },
  'an older copy of one file': ({ disk, earlier }, random) => {
    const outdated = earlier.paths().filter((each) => !earlier.peek(each).equals(disk.peek(each)));
    const path = pick(random, outdated);
    disk.put(path, Buffer.from(earlier.peek(path)));
    return path;
  },
};

/** Null when the damage was refused in plain words, or did not matter. */
function verdict(disk: MemoryDisk, world: LogWorld): { readonly wrong: string | null; readonly refused: boolean } {
  const { recovered, error } = openOn(disk);
  if (recovered !== null) return { wrong: world.objection(recovered), refused: false };
  if (!(error instanceof StorageError)) return { wrong: `not a StorageError: ${error?.stack}`, refused: true };
  return {
    wrong: error.kind === 'corrupt' || error.kind === 'suspect' || error.kind === 'foreign' ? null : error.message,
    refused: true,
  };
}

describe('damage', () => {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    it(`${name}: refused or harmless`, () => {
      const failures: string[] = [];
      let refusals = 0;
      for (let seed = 1; seed <= 24; seed += 1) {
        const original = image(seed);
        for (let round = 0; round < 25; round += 1) {
          const random = seededRandom(seed * 1_000 + round);
          const disk = original.disk.copy();
          const what = damage({ ...original, disk }, random);
          const before = disk.copy();
          const { wrong, refused } = verdict(disk, original.world);
          if (refused) refusals += 1;
          if (wrong !== null) failures.push(`seed ${seed}.${round}, ${what}: ${wrong}`);
          const untouched = disk
            .paths()
            .every((path) => before.paths().includes(path) && disk.peek(path).equals(before.peek(path)));
          if (refused && !untouched) failures.push(`seed ${seed}.${round}, ${what}: refused, but changed`);
        }
      }
      expect(failures).toEqual([]);
      expect(refusals).toBeGreaterThan(50);
    }, 30_000);
  }

  it('after a power loss that also took the mark, flipped bits still never cost an acknowledged entry', () => {
    const failures: string[] = [];
    let suspects = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const { disk, world } = image(seed);
      for (let round = 0; round < 25; round += 1) {
        const random = seededRandom(seed * 1_000 + round);
        const next = disk.copy();
        // As if the kernel had not yet written the newest one back.
        next.put('/data/mark', encodeMark((decodeMark(next.peek('/data/mark'), IDENTITY) ?? 0) - 1, IDENTITY));
        DAMAGES['flipped bits in a record']?.({ disk: next, earlier: next, world }, random);
        const { recovered, error } = openOn(next);
        if (recovered !== null)
          failures.push(`seed ${seed}.${round}: ${world.objection(recovered) ?? 'a flipped bit in a record was accepted'}`);
        if (error instanceof StorageError && error.kind === 'suspect') suspects += 1;
      }
    }
    expect(failures).toEqual([]);
    expect(suspects).toBeGreaterThan(20);
  }, 30_000);

  it('another member’s or another cluster’s directory is refused by name', () => {
    const { disk } = image(1);
    expect(openOn(disk.copy(), nodeId('n2')).error).toMatchObject({ kind: 'foreign' });
    expect(openOn(disk.copy(), nodeId('n2')).error?.message).toContain('node n1');
    expect(openOn(disk.copy(), nodeId('n1'), CLUSTER.replace('0', 'f')).error).toMatchObject({ kind: 'foreign' });
  });

  it('names the file, the place and the lost entry', () => {
    const { disk } = image(3);
    const path = segments(disk)[0] ?? '';
    const bytes = disk.peek(path);
    const record = records(bytes)[1];
    if (record === undefined) throw new Error('too few records');
    const header = nextHeader(bytes, record.at, segmentSeed(bytes))?.header;
    bytes[record.end - 8] = (bytes[record.end - 8] ?? 0) ^ 1;
    const { error } = openOn(disk);
    expect(error).toMatchObject({ kind: 'corrupt', file: path, offset: record.at });
    expect(error?.message).toContain(`index ${header?.index} in term ${header?.term}`);
    expect(error?.message).toContain('--accept-data-loss');
  });

  it('no part of a sector of an undamaged record is all zeros, whatever it holds', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const { disk } = image(seed);
      for (const path of segments(disk)) {
        const bytes = disk.peek(path);
        for (const { at, end } of records(bytes)) {
          // A boundary between sectors leaves a record's beginning, its end, or a whole sector of it.
          expect(isZero(bytes, at, at + 8)).toBe(false);
          expect(isZero(bytes, end - 8, end)).toBe(false);
          for (let from = at; from + 512 <= end; from += 8) expect(isZero(bytes, from, from + 512)).toBe(false);
        }
      }
    }
  });
});
