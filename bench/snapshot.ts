/**
 * A snapshot of a large store under writes: how long it takes, how long the event loop stands still for it, and the way back.
 * Run with: npm run bench:snapshot -- [KEYS]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { clusterTime, logIndex, nodeId, term } from '../src/base/brand.ts';
import { LIMITS } from '../src/base/limits.ts';
import { encodeCommand } from '../src/kv/command-text.ts';
import { Machine } from '../src/kv/machine.ts';
import { cutOf } from '../src/kv/snapshot.ts';
import type { Snapshot } from '../src/raft/messages.ts';
import { type OpenedLog, openLogStore } from '../src/storage/log-store.ts';
import { nodeDisk } from '../src/storage/node-disk.ts';
import { argumentsOf } from './arguments.ts';

const KEYS = Number(argumentsOf(import.meta.filename, {}).positionals[0] ?? 100_000);
const VALUE = 'v'.repeat(256);
const WRITES_PER_MS = 5;
const N1 = nodeId('n1');

const dir = mkdtempSync(join(tmpdir(), 'raftkv-snapshot-'));
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const ms = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(0)} ms`;

function open(): Promise<OpenedLog> {
  return new Promise((resolve, reject) => {
    openLogStore({ disk: nodeDisk, dir, clusterId: '0'.repeat(32), nodeId: N1 }, (error, opened) =>
      error === null ? resolve(opened) : reject(error),
    );
  });
}

const close = ({ store }: OpenedLog): Promise<void> => new Promise((resolve) => store.close(() => resolve()));

function watched(): ReturnType<typeof monitorEventLoopDelay> {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  return loop;
}

const machine = new Machine();
let writes = 0;
function put(key: number): void {
  writes += 1;
  const text = encodeCommand({ type: 'put', key: `key-${String(key).padStart(12, '0')}`, value: VALUE + writes, request: null });
  machine.apply(logIndex(writes), text);
}

async function take(opened: OpenedLog): Promise<Snapshot> {
  const head = {
    last: { index: logIndex(KEYS), term: term(1) },
    time: clusterTime(1),
    configuration: { voters: [N1], outgoing: [], learners: [] },
  };
  using cut = cutOf(machine, LIMITS.snapshotChunkBytes);
  let longest = 0;
  const timed = {
    counts: cut.counts,
    next: () => {
      const begun = performance.now();
      const chunk = cut.next();
      longest = Math.max(longest, performance.now() - begun);
      return chunk;
    },
    [Symbol.dispose]: () => {},
  };
  const before = writes;
  const load = setInterval(() => {
    for (let each = 0; each < WRITES_PER_MS; each += 1) put((writes * 31) % KEYS);
  }, 1);
  const loop = watched();
  const begun = performance.now();
  const taken = await new Promise<Snapshot | null>((resolve, reject) => {
    opened.snapshots.write(head, timed, (error, snapshot) => (error === null ? resolve(snapshot) : reject(error)));
  });
  const took = performance.now() - begun;
  loop.disable();
  clearInterval(load);
  if (taken === null) throw new Error('the snapshot was cancelled');
  console.log(`snapshot      ${took.toFixed(0)} ms, ${megabytes(taken.sizeBytes)}, ${writes - before} writes meanwhile`);
  console.log(`slice         longest ${longest.toFixed(1)} ms`);
  console.log(`event loop    longest ${ms(loop.max)}, p99 ${ms(loop.percentile(99))}`);
  return taken;
}

try {
  for (let key = 0; key < KEYS; key += 1) put((key * 7_919) % KEYS);
  const opened = await open();
  const hardState = { term: term(1), votedFor: null, repairFrom: null };
  await new Promise<void>((resolve) => opened.store.append({ hardState, entries: [], commit: logIndex(0) }, () => resolve()));
  console.log(`${KEYS} keys of ${VALUE.length} bytes, resident ${megabytes(process.memoryUsage.rss())}`);
  await take(opened);
  console.log(`resident      ${megabytes(process.memoryUsage.rss())}`);
  await close(opened);
  const loop = watched();
  const begun = performance.now();
  const again = await open();
  const took = performance.now() - begun;
  loop.disable();
  const keys = again.recovered.snapshot?.machine.size ?? 0;
  console.log(`start         ${took.toFixed(0)} ms for ${keys} keys, event loop longest ${ms(loop.max)}`);
  await close(again);
} finally {
  rmSync(dir, { recursive: true });
}
