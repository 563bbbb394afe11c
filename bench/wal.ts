/**
 * Records a second that the log makes durable, with 1, 64 and 1,024 appends in flight, on this machine's disk.
 * Run: node_modules/.bin/node bench/wal.ts [seconds per case] [directory, default: a new one under the working directory]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { clusterTime, logIndex, nodeId, term } from '../src/base/brand.ts';
import type { Entry } from '../src/raft/messages.ts';
import { type OpenedLog, openLogStore } from '../src/storage/log-store.ts';
import { nodeDisk } from '../src/storage/node-disk.ts';
import { argumentsOf } from './arguments.ts';

const [seconds = '2', PARENT = process.cwd()] = argumentsOf(import.meta.filename, {}).positionals;
const SECONDS = Number(seconds);
const DATA = 'x'.repeat(300);
const ROUNDS = 5;

function open(dir: string, aheadBytes: number): Promise<OpenedLog> {
  const options = { disk: nodeDisk, dir, clusterId: '0'.repeat(32), nodeId: nodeId('n1'), limits: { aheadBytes } };
  return new Promise((resolve, reject) =>
    openLogStore(options, (error, value) => (error === null ? resolve(value) : reject(error))),
  );
}

const entryAt = (index: number): Entry => ({
  index: logIndex(index),
  term: term(1),
  time: clusterTime(1_700_000_000_000),
  kind: 'command',
  data: DATA,
});

interface Result {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopP99Ms: number;
}

/** Appends one entry per batch and keeps `inflight` of them waiting, as a replica under load does. */
async function measure(inflight: number, aheadBytes: number): Promise<Result> {
  const dir = await mkdtemp(join(PARENT, '.bench-wal-'));
  const { store } = await open(dir, aheadBytes);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  let index = 0;
  let answered = 0;
  let waiting = 0;
  const startedAt = performance.now();
  const until = startedAt + SECONDS * 1_000;
  loop.enable();
  await new Promise<void>((resolve, reject) => {
    store.append({ hardState: { term: term(1), votedFor: null, repairFrom: null }, entries: [], commit: logIndex(0) }, () => {});
    const send = (): void => {
      index += 1;
      waiting += 1;
      store.append({ hardState: null, entries: [entryAt(index)], commit: logIndex(0) }, (error) => {
        if (error !== null) return reject(error);
        answered += 1;
        waiting -= 1;
        if (performance.now() < until) send();
        else if (waiting === 0) resolve();
      });
    };
    for (let i = 0; i < inflight; i += 1) send();
  });
  const elapsedS = (performance.now() - startedAt) / 1_000;
  loop.disable();
  const { p50Ms, p99Ms } = store.syncTimes();
  await new Promise<void>((resolve) => store.close(() => resolve()));
  await rm(dir, { recursive: true });
  return { perSecond: answered / elapsedS, p50Ms, p99Ms, loopP99Ms: loop.percentile(99) / 1e6 };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

console.log(`300-byte records, ${SECONDS} s each, median of ${ROUNDS} rounds, Node ${process.version}`);
console.log('in flight  zeros ahead  records/s  sync p50 ms  sync p99 ms  loop p99 ms');
for (const inflight of [1, 64, 1_024]) {
  // Alternating, so that a busier moment of the machine meets both.
  const results = new Map<number, Result[]>([
    [0, []],
    [1_048_576, []],
  ]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [aheadBytes, found] of results) found.push(await measure(inflight, aheadBytes));
  }
  for (const [aheadBytes, found] of results) {
    const row = [
      String(inflight).padStart(9),
      (aheadBytes === 0 ? 'none' : `${aheadBytes >> 10} KiB`).padStart(11),
      Math.round(median(found.map((each) => each.perSecond)))
        .toLocaleString('en')
        .padStart(9),
      ...(['p50Ms', 'p99Ms', 'loopP99Ms'] as const).map((key) =>
        median(found.map((each) => each[key]))
          .toFixed(2)
          .padStart(11),
      ),
    ];
    console.log(row.join('  '));
  }
}
