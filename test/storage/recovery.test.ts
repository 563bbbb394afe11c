/** What the end of a log means: each case by hand, and the last batch cut and zeroed at every byte. */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { LogStore } from '../../src/replica/ports.ts';
import { MemoryDisk, systemError } from '../../src/sim/memory-disk.ts';
import { encodeMark } from '../../src/storage/durable-mark.ts';
import { endOfRecord, HEADER_BYTES, nextHeader } from '../../src/storage/record.ts';
import { SEGMENT_HEADER_BYTES, segmentSeed } from '../../src/storage/segment.ts';
import { CLUSTER, NODE, openAmongOthers, openOn } from '../support/log-world.ts';

const IDENTITY = { clusterId: CLUSTER, nodeId: NODE };
const LOG = '/data/wal/00000001.log';
const NEXT_LOG = '/data/wal/00000002.log';

function append(disk: MemoryDisk, store: LogStore, from: number, texts: readonly string[], t = 1): void {
  const entries = texts.map((data, i) => ({
    index: logIndex(from + i),
    term: term(t),
    time: clusterTime(9),
    kind: 'command' as const,
    data,
  }));
  store.append({ hardState: { term: term(t), votedFor: null, repairFrom: null }, entries, commit: logIndex(0) }, () => {});
  disk.run();
}

/** Batches of these texts, then the process dies; `mark` is the durable batch that the mark tells. */
function logOf(batches: readonly (readonly string[])[], mark: number, terms: readonly number[] = []): MemoryDisk {
  const disk = new MemoryDisk();
  const { store } = openOn(disk);
  if (store === null) throw new Error('not opened');
  let next = 1;
  for (const [i, texts] of batches.entries()) {
    append(disk, store, next, texts, terms[i] ?? 1);
    next += texts.length;
  }
  const copy = disk.copy();
  copy.put('/data/mark', encodeMark(mark, IDENTITY));
  return copy;
}

function recordsOf(bytes: Buffer): readonly { readonly at: number; readonly end: number }[] {
  const found: { at: number; end: number }[] = [];
  for (let at = SEGMENT_HEADER_BYTES; ; ) {
    const next = nextHeader(bytes, at, segmentSeed(bytes));
    if (next === null) return found;
    at = endOfRecord(next.at, next.header);
    found.push({ at: next.at, end: at });
  }
}

const textsIn = (disk: MemoryDisk): readonly string[] | string => {
  const { recovered, error } = openOn(disk);
  if (recovered !== null) return Array.from(recovered.entries, ({ data }) => data);
  return error !== null && 'kind' in error ? String(error.kind) : 'no StorageError';
};

describe('the last batch', () => {
  const BATCHES = [['first'], ['a', 'b'.repeat(700), 'c']];
  const UNPROMISED = logOf(BATCHES, 1);
  const PROMISED = logOf(BATCHES, 2);

  it('zeroed from any eighth byte on is cut whole if nobody was promised it, and refused if somebody was', () => {
    const records = recordsOf(UNPROMISED.peek(LOG));
    const [from, to] = [records[1]?.at ?? 0, records[3]?.end ?? 0];
    for (let at = from; at < to; at += 8) {
      const unpromised = UNPROMISED.copy();
      unpromised.peek(LOG).fill(0, at);
      expect([at, textsIn(unpromised)]).toEqual([at, ['first']]);
      const promised = PROMISED.copy();
      promised.peek(LOG).fill(0, at);
      expect([at, textsIn(promised)]).toEqual([at, 'corrupt']);
    }
  });

  it('zeroed from any byte of a header on is the same: a write may stop anywhere', () => {
    for (const record of recordsOf(UNPROMISED.peek(LOG)).slice(1)) {
      for (let at = record.at; at <= record.at + HEADER_BYTES; at += 1) {
        const unpromised = UNPROMISED.copy();
        unpromised.peek(LOG).fill(0, at);
        expect([at, textsIn(unpromised)]).toEqual([at, ['first']]);
        const promised = PROMISED.copy();
        promised.peek(LOG).fill(0, at);
        expect([at, textsIn(promised)]).toEqual([at, 'corrupt']);
      }
    }
  });

  it('in a file cut at any byte is the same', () => {
    const records = recordsOf(UNPROMISED.peek(LOG));
    const [from, to] = [records[1]?.at ?? 0, records[3]?.end ?? 0];
    for (let size = from; size < to; size += 1) {
      for (const [image, expected] of [
        [UNPROMISED, ['first']],
        [PROMISED, 'corrupt'],
      ] as const) {
        const disk = image.copy();
        disk.put(LOG, Buffer.from(disk.peek(LOG).subarray(0, size)));
        expect([size, textsIn(disk)]).toEqual([size, expected]);
      }
    }
  });

  it('with any byte changed is refused, promised or not: it cannot be told apart', () => {
    const records = recordsOf(UNPROMISED.peek(LOG));
    const [from, to] = [records[1]?.at ?? 0, records[3]?.end ?? 0];
    for (let at = from; at < to; at += 1) {
      for (const [image, expected] of [
        [UNPROMISED, 'suspect'],
        [PROMISED, 'corrupt'],
      ] as const) {
        const disk = image.copy();
        const bytes = disk.peek(LOG);
        bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        expect([at, textsIn(disk)]).toEqual([at, expected]);
      }
    }
  });

  it('is not cut when the mark is damaged: then nobody knows what was promised', () => {
    const disk = logOf(BATCHES, 1);
    disk.put('/data/mark', Buffer.alloc(64, 1));
    const last = recordsOf(disk.peek(LOG))[3];
    disk.peek(LOG).fill(0, last?.at ?? 0);
    expect(textsIn(disk)).toBe('suspect');
  });

  it('a damaged mark alone is no trouble: it is written anew', () => {
    const disk = logOf(BATCHES, 2);
    disk.put('/data/mark', Buffer.alloc(64, 1));
    expect(textsIn(disk)).toHaveLength(4);
    expect(disk.peek('/data/mark').equals(encodeMark(2, IDENTITY))).toBe(true);
  });
});

describe('an earlier batch', () => {
  it('whose sector is gone is refused even if the mark is older, because a later batch was written', () => {
    const disk = logOf([['first'], ['x'.repeat(900)], ['third']], 0);
    const bytes = disk.peek(LOG);
    bytes.fill(0, 512, 1_024);
    expect(textsIn(disk)).toBe('corrupt');
  });

  it('at the end of a segment is missed by the next segment, even an empty one', () => {
    const disk = logOf([['first'], ['x'.repeat(2_000)], ['y'.repeat(2_000)]], 0);
    const [, second] = recordsOf(disk.peek(LOG));
    disk.peek(LOG).fill(0, second?.at ?? 0);
    disk.peek(NEXT_LOG).fill(0, SEGMENT_HEADER_BYTES);
    expect(textsIn(disk)).toBe('corrupt');
  });
});

describe('a directory', () => {
  it('without any segment is refused when it has voted, and is begun again when it has not', () => {
    const voted = logOf([['first']], 0);
    voted.put(LOG, null);
    expect(textsIn(voted)).toBe('corrupt');
    const fresh = logOf([], 0);
    fresh.put(LOG, null);
    fresh.put('/data/meta-b', null);
    expect(textsIn(fresh)).toEqual([]);
  });

  it('with a term older than its log’s is refused: a vote has been forgotten', () => {
    const disk = logOf([['first'], ['second']], 2, [1, 2]);
    const older = logOf([['first']], 1);
    for (const name of ['meta-a', 'meta-b']) disk.put(`/data/${name}`, Buffer.from(older.peek(`/data/${name}`)));
    expect(textsIn(disk)).toBe('vote');
  });

  it('with one bad copy of the vote uses the other and writes both anew', () => {
    for (const name of ['meta-a', 'meta-b']) {
      const disk = logOf([['first']], 1);
      const path = `/data/${name}`;
      const whole = Buffer.from(disk.peek(path));
      disk.peek(path).fill(7);
      expect(textsIn(disk)).toEqual(['first']);
      expect(disk.peek(path).equals(whole)).toBe(true);
    }
  });

  it('with two bad copies of the vote is refused in plain words', () => {
    const disk = logOf([['first']], 1);
    for (const name of ['meta-a', 'meta-b']) disk.peek(`/data/${name}`).fill(7);
    expect(openOn(disk).error?.message).toContain('could vote twice');
  });

  it('that ends with fewer batches than its vote saw is refused', () => {
    const disk = logOf([['first'], ['second'], ['third']], 0, [1, 1, 2]);
    const [, second] = recordsOf(disk.peek(LOG));
    disk.peek(LOG).fill(0, second?.at ?? 0);
    expect(textsIn(disk)).toBe('corrupt');
  });
});

describe('after a failed sync', () => {
  it('what the next life reads back is made durable again before it counts', () => {
    const disk = new MemoryDisk();
    const { store } = openOn(disk);
    if (store === null) throw new Error('not opened');
    append(disk, store, 1, ['first']);
    disk.fault = (operation, path) => (operation === 'sync' && path === LOG ? systemError('EIO') : null);
    append(disk, store, 2, ['second']);
    // The page cache still has the batch, though the disk does not.
    const next = disk.afterProcessCrash();
    expect(textsIn(next)).toEqual(['first', 'second']);
    expect(textsIn(next.afterPowerLoss(seededRandom(1), 0))).toEqual(['first', 'second']);
  });

  it('a vote that the next life reads back is made durable again too', () => {
    const disk = new MemoryDisk();
    const { store } = openOn(disk);
    if (store === null) throw new Error('not opened');
    disk.fault = (operation, path) => (operation === 'sync' && path === '/data/meta-a' ? systemError('EIO') : null);
    const vote = { term: term(3), votedFor: nodeId('n2'), repairFrom: null };
    store.append({ hardState: vote, entries: [], commit: logIndex(0) }, () => {});
    disk.run();
    const next = disk.afterProcessCrash();
    expect(openOn(next).recovered?.hardState).toEqual(vote);
    expect(openOn(next.afterPowerLoss(seededRandom(1), 0)).recovered?.hardState).toEqual(vote);
  });
});

describe('a cut that never reached the disk', () => {
  const LONG = [['first'], ['a'.repeat(2_000)]];

  /** The next start finds that file's syncs failing; then the process dies. */
  function afterFailedStart(disk: MemoryDisk): MemoryDisk {
    disk.fault = (operation, path) => (operation === 'sync' && path.startsWith(LOG) ? systemError('EIO') : null);
    expect(openAmongOthers(disk).error?.message).toContain('EIO');
    return disk.afterProcessCrash();
  }

  it('is made again, so that what was torn does not stand behind what is acknowledged later', () => {
    const torn = logOf(LONG, 1);
    const last = recordsOf(torn.peek(LOG))[1];
    torn.put(LOG, Buffer.from(torn.peek(LOG).fill(0, (last?.end ?? 0) - 8)));
    const next = afterFailedStart(torn);
    const { store } = openAmongOthers(next);
    if (store === null) throw new Error('not opened');
    append(next, store, 2, ['second']);
    expect(textsIn(next.afterPowerLoss(seededRandom(1), 0))).toEqual(['first', 'second']);
  });

  it('is made again, so that damage that was mended does not come back', () => {
    const damaged = logOf([...LONG, ['third']], 3);
    damaged.flip(LOG, (recordsOf(damaged.peek(LOG))[1]?.end ?? 0) - 9, 1);
    const next = afterFailedStart(damaged);
    expect(openAmongOthers(next).recovered?.damage).not.toBeNull();
    expect(openAmongOthers(next.afterPowerLoss(seededRandom(1), 0)).recovered?.damage).toBeNull();
  });
});

describe('the name of a file', () => {
  it('given just before a crash is made durable by the next life', () => {
    const whole = new MemoryDisk();
    openOn(whole);
    for (const [step, what] of whole.trace.entries()) {
      if (!what.startsWith('rename')) continue;
      const disk = new MemoryDisk();
      disk.crashAt = step + 1;
      openOn(disk);
      const next = disk.afterProcessCrash();
      const { store } = openOn(next);
      if (store === null) throw new Error('not opened');
      append(next, store, 1, ['first']);
      expect([what, textsIn(next.afterPowerLoss(seededRandom(1), 0))]).toEqual([what, ['first']]);
    }
  });
});

describe('zeros ahead of the log', () => {
  it('never land on records, in whatever order the disk works', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const disk = new MemoryDisk(seededRandom(seed));
      const { store } = openOn(disk);
      if (store === null) throw new Error('not opened');
      const texts = ['x'.repeat(700), 'y'.repeat(500), 'z'.repeat(400)];
      for (const [i, data] of texts.entries()) {
        const entry = { index: logIndex(i + 1), term: term(1), time: clusterTime(9), kind: 'command' as const, data };
        store.append(
          { hardState: { term: term(1), votedFor: null, repairFrom: null }, entries: [entry], commit: logIndex(0) },
          () => {},
        );
      }
      disk.run();
      expect(textsIn(disk.afterProcessCrash())).toEqual(texts);
    }
  });
});
