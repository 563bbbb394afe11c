/** How quick and how large the skip list is. Run: node --expose-gc bench/skip-list.ts [most keys, default 1000000]. */
import { seededRandom } from '../src/base/random.ts';
import { SkipList } from '../src/kv/skip-list.ts';

const RANGE_ROWS = 100;
const most = Number(process.argv[2] ?? 1_000_000);
const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');

function randomKeys(count: number): string[] {
  const random = seededRandom(count);
  // Through JSON, so that each key is one flat string as in a node.
  return Array.from({ length: count }, () => JSON.parse(`"${hex(random.next())}${hex(random.next())}"`));
}

function hex(fraction: number): string {
  return Math.floor(fraction * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
}

function perSecond(operations: number, run: () => void): number {
  const start = performance.now();
  run();
  return Math.round(operations / ((performance.now() - start) / 1_000));
}

function usedBytes(): number {
  // Array buffers are given back only in the round after the one that found them dead.
  for (let round = 0; round < 3; round += 1) collect?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function measure(count: number): Record<string, number> {
  const keys = randomKeys(count);
  const payload = {};
  const before = usedBytes();
  const list = new SkipList<object>(seededRandom(1));
  const inserts = perSecond(count, () => {
    for (const key of keys) list.set(key, payload);
  });
  const bytes = (usedBytes() - before) / count;
  const sample = keys
    .filter((_, i) => i % Math.ceil(count / 100_000) === 0)
    .toSorted((a, b) => (a.slice(4) < b.slice(4) ? -1 : 1));
  const gets = perSecond(sample.length, () => {
    for (const key of sample) list.find(key);
  });
  const starts = sample.slice(0, 20_000);
  const ranges = perSecond(starts.length, () => {
    for (const start of starts) {
      let place = list.seek(start);
      for (let row = 0; row < RANGE_ROWS && place !== 0; row += 1) place = list.next(place);
    }
  });
  const counts = perSecond(starts.length, () => {
    for (const start of starts) list.rank(start);
  });
  const deletes = perSecond(sample.length, () => {
    for (const key of sample) list.delete(key);
  });
  return {
    keys: count,
    'inserts/s': inserts,
    'gets/s': gets,
    'ranges of 100/s': ranges,
    'ranks/s': counts,
    'deletes/s': deletes,
    'bytes/key beside key and payload': Math.round(bytes * 10) / 10,
  };
}

measure(10_000);
console.table([10_000, 100_000, 1_000_000].filter((count) => count <= most).map(measure));
