/**
 * What a node's start costs: a directory with a snapshot and a log, read until everything is applied, in a process of its own.
 * Run with: npm run bench:start -- [--keys N] [--after N] [--rounds N] [--dir DIR]
 * `--dir` keeps the directory there for later runs; `--after` entries are to be applied, as many lie before the snapshot.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks';
import { clusterTime, logIndex, nodeId, term } from '../src/base/brand.ts';
import { LIMITS } from '../src/base/limits.ts';
import { encodeCommand } from '../src/kv/command-text.ts';
import { Machine } from '../src/kv/machine.ts';
import { cutOf } from '../src/kv/snapshot.ts';
import { NODE_RUNTIME, setGarbageCollection } from '../src/node/runtime.ts';
import type { Entry } from '../src/raft/messages.ts';
import type { StartProgress } from '../src/storage/find-snapshots.ts';
import { type OpenedLog, openLogStore } from '../src/storage/log-store.ts';
import { nodeDisk } from '../src/storage/node-disk.ts';
import { argumentsOf } from './arguments.ts';
import { keyAt, valueAt } from './million/load.ts';

const { values } = argumentsOf(import.meta.filename, {
  keys: { type: 'string', default: '300000' },
  after: { type: 'string', default: '60000' },
  rounds: { type: 'string', default: '3' },
  dir: { type: 'string' },
  measure: { type: 'boolean', default: false },
});
const keys = Number(values.keys);
const after = Number(values.after);
const TERM = term(1);
const BATCH = 200;

function open(dir: string, onProgress: (progress: StartProgress) => void = () => {}): Promise<OpenedLog> {
  return new Promise((resolve, reject) => {
    openLogStore({ disk: nodeDisk, dir, clusterId: '0'.repeat(32), nodeId: nodeId('n1'), onProgress }, (error, opened) =>
      error === null ? resolve(opened) : reject(error),
    );
  });
}

const close = ({ store }: OpenedLog): Promise<void> => new Promise((resolve) => store.close(() => resolve()));

function entryAt(at: number): Entry {
  // The session that the snapshot has: see `prepare`.
  const session = { session: after, sequence: at, acknowledged: at - 1 };
  const put = { type: 'put', key: keyAt(at * 31, keys), value: valueAt(at), request: session } as const;
  const data = at === 1 ? 'o' : encodeCommand(put);
  return { index: logIndex(at), term: TERM, time: clusterTime(at), kind: 'command', data };
}

async function prepare(dir: string): Promise<void> {
  const opened = await open(dir);
  const machine = new Machine();
  const hardState = { term: TERM, votedFor: null, repairFrom: null };
  await new Promise<void>((resolve) => opened.store.append({ hardState, entries: [], commit: logIndex(0) }, () => resolve()));
  const append = (from: number, to: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const entries = Array.from({ length: to - from }, (_, i) => entryAt(from + i));
      opened.store.append({ hardState: null, entries, commit: logIndex(from - 1) }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  const write = async (first: number, last: number): Promise<void> => {
    for (let from = first; from <= last; from += BATCH) await append(from, Math.min(last + 1, from + BATCH));
  };
  const whole = Array.from(
    { length: keys },
    (_, at) => ({ type: 'put', key: keyAt(at, keys), value: valueAt(at), request: null }) as const,
  );
  for (const [at, put] of whole.entries()) machine.apply(logIndex(at + 1), encodeCommand(put));
  await write(1, after);
  machine.apply(logIndex(after), 'o');
  using cut = cutOf(machine, LIMITS.snapshotChunkBytes);
  const configuration = { voters: [nodeId('n1')], outgoing: [], learners: [] };
  const head = { last: { index: logIndex(after), term: TERM }, time: clusterTime(1), configuration };
  await new Promise<void>((resolve, reject) => {
    opened.snapshots.write(head, cut, (error, _taken) => (error === null ? resolve() : reject(error)));
  });
  await write(after + 1, 2 * after);
  await close(opened);
}

/** As nodes run; see node/main.ts and the launcher. */
async function measure(dir: string): Promise<void> {
  setGarbageCollection();
  const pauses: { readonly ms: number; readonly major: boolean }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as { readonly detail?: NodeGCPerformanceDetail }).detail ?? {};
      pauses.push({ ms: entry.duration, major: kind !== 1 });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const begun = performance.now();
  const atBegin = process.cpuUsage();
  let atLog = atBegin;
  const opened = await open(dir, ({ reading }) => {
    if (reading === 'log') atLog = process.cpuUsage();
  });
  const atApply = process.cpuUsage();
  const machine = opened.recovered.snapshot?.machine ?? new Machine();
  const from = opened.recovered.snapshot?.snapshot.last.index ?? 0;
  let applied = 0;
  for (const entry of opened.recovered.entries) {
    if (entry.index <= from) continue;
    machine.apply(entry.index, entry.data, entry.time);
    applied += 1;
    if (applied % 512 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const atEnd = process.cpuUsage();
  const ms = performance.now() - begun;
  await new Promise((resolve) => setTimeout(resolve, 10));
  const sum = (of: typeof pauses): number => Math.round(of.reduce((total, pause) => total + pause.ms, 0));
  const major = pauses.filter((pause) => pause.major);
  const seconds = (from: NodeJS.CpuUsage, to: NodeJS.CpuUsage): number =>
    Math.round((to.user + to.system - from.user - from.system) / 1e4) / 100;
  console.log(
    JSON.stringify({
      keys: machine.size,
      applied,
      ms: Math.round(ms),
      cpuSeconds: seconds(atBegin, atEnd),
      snapshotSeconds: seconds(atBegin, atLog),
      logSeconds: seconds(atLog, atApply),
      applySeconds: seconds(atApply, atEnd),
      majorCollections: major.length,
      majorMs: sum(major),
      longestMs: Math.round(Math.max(0, ...pauses.map((pause) => pause.ms))),
      minorMs: sum(pauses.filter((pause) => !pause.major)),
      longestTurnMs: Math.round(loop.max / 1e6),
      rssMiB: Math.round(process.memoryUsage.rss() / 1_048_576),
    }),
  );
  await close(opened);
}

if (values.measure) {
  await measure(values.dir ?? '');
} else {
  const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'raftkv-start-'));
  try {
    if (!existsSync(join(dir, 'snap'))) await prepare(dir);
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const args = [...NODE_RUNTIME, import.meta.filename, '--measure', '--dir', dir];
      process.stdout.write(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    }
  } finally {
    if (values.dir === undefined) rmSync(dir, { recursive: true });
  }
}
