/**
 * This store and etcd on the same machine, in the same run, with the same generator: alternating rounds, medians, ratios.
 * Run with: npm run bench:etcd -- [--nodes 3] [--rounds 5] [--seconds 4] [--only put,get] [--json FILE]
 * Everything lives in one folder for temporary files; only processes that it started are stopped.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fill, type LoadOptions, type LoadTarget, type Mix, runLoad } from '../../src/cli/bench-load.ts';
import { RaftKvClient } from '../../src/cluster/client/client.ts';
import { readToken } from '../../src/cluster/native/folder/directory.ts';
import { startCluster, stopCluster } from '../../src/cluster/native/lifecycle.ts';
import { nodeProcess } from '../../src/cluster/native/process/processes.ts';
import { EtcdClient } from './etcd-client.ts';
import { EtcdCluster, etcdMissing, etcdVersion } from './etcd-cluster.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    'value-size': { type: 'string', default: '256' },
    only: { type: 'string', default: 'put,get,stale,range,mixed' },
    clients: { type: 'string', default: '1,64,256,256/16' },
    json: { type: 'string' },
  },
});
const nodes = Number(values.nodes);
const rounds = Number(values.rounds);
const KEYS = 10_000;
const NAME = 'ours';

/** A store that is up: opens clients, and tells what its servers have used. */
interface Contender {
  readonly name: string;
  open(): Promise<LoadTarget & { close(): void }>;
  pids(): Promise<readonly number[]>;
}

interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Processor time of all servers for one operation, in microseconds. */
  readonly serverMicros: number;
  readonly errors: number;
}

const missing = etcdMissing();
if (missing !== null) {
  console.error(missing);
  process.exit(1);
}

const home = mkdtempSync(join(tmpdir(), 'raftkv-etcd-'));
const etcd = await EtcdCluster.start(join(home, 'etcd'), nodes, await freePort(2 * nodes));
const { dir, file } = await startCluster({ home, name: NAME, count: nodes });
const token = await readToken(dir, 'client');
const contenders: readonly Contender[] = [
  {
    name: 'raftkv',
    open: () => Promise.resolve(new RaftKvClient({ endpoints: file.nodes, token })),
    pids: () => Promise.all(file.nodes.map(async ({ id }) => (await nodeProcess(dir, id)).pid ?? 0)),
  },
  {
    name: 'etcd',
    open: async () => new EtcdClient((await etcd.leader()).url),
    pids: () => Promise.resolve(etcd.pids()),
  },
];

try {
  console.log(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, etcd ${etcdVersion()}`);
  console.log(`${nodes} nodes each, 16-byte keys, ${values['value-size']}-byte values, medians of ${rounds} alternating rounds`);
  for (const contender of contenders) await fillIn(contender);
  const results: unknown[] = [];
  for (const mix of values.only.split(',') as Mix[])
    for (const load of values.clients.split(',')) results.push(await compare(mix, load));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await Promise.all([etcd.stop(), stopCluster({ home, name: NAME })]);
  rmSync(home, { recursive: true, force: true });
}

/** `load` is `CLIENTS` with a connection each, or `CLIENTS/CONNECTIONS`. */
async function compare(mix: Mix, load: string): Promise<unknown> {
  const [clients = 1, connections = clients] = load.split('/').map(Number);
  const measured = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Whoever goes first changes, so that what drifts on the machine meets both.
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contender of order) measured.get(contender.name)?.push(await measure(contender, mix, clients, connections));
  }
  const medians = Object.fromEntries([...measured].map(([name, all]) => [name, medianOf(all)]));
  const [ours, theirs] = [medians['raftkv'], medians['etcd']];
  if (ours === undefined || theirs === undefined) throw new Error('both must have been measured');
  const ratios = (measured.get('raftkv') ?? []).map(
    ({ perSecond }, i) => perSecond / (measured.get('etcd')?.[i]?.perSecond ?? Number.NaN),
  );
  console.log(`${mix}, ${clients} clients over ${connections} connections: ${median(ratios).toFixed(2)} x (${span(ratios)})`);
  for (const [name, { perSecond, p50, p99, serverMicros, errors }] of Object.entries(medians)) {
    const times = `p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  servers ${serverMicros.toFixed(0)} us an operation`;
    console.log(
      `  ${name.padEnd(7)} ${String(Math.round(perSecond)).padStart(7)}/s  ${times}${errors > 0 ? `  ${errors} errors` : ''}`,
    );
  }
  return { mix, clients, connections, ratio: median(ratios), ratios, medians };
}

/** Reads need something to read. */
async function fillIn(contender: Contender): Promise<void> {
  const target = await contender.open();
  await fill(target, loadOptions('put', 64), () => {});
  target.close();
}

function loadOptions(mix: Mix, clients: number): LoadOptions {
  return {
    ...{ mix, clients, seconds: Number(values.seconds), warmUpSeconds: 1, rate: null },
    ...{ valueBytes: Number(values['value-size']), keys: KEYS, signal: new AbortController().signal },
  };
}

async function measure(contender: Contender, mix: Mix, clients: number, connections: number): Promise<Measured> {
  const targets = await Promise.all(Array.from({ length: connections }, () => contender.open()));
  const pids = await contender.pids();
  try {
    const before = cpuMicros(pids);
    const startedAt = performance.now();
    const { operations, seconds, latency, errors } = await runLoad(targets, loadOptions(mix, clients), () => {});
    const wholeSeconds = (performance.now() - startedAt) / 1_000;
    const serverMicros = ((cpuMicros(pids) - before) / operations) * (seconds / wholeSeconds);
    const failed = [...errors.values()].reduce((sum, count) => sum + count, 0);
    return {
      perSecond: operations / seconds,
      p50: latency.percentile(0.5),
      p99: latency.percentile(0.99),
      serverMicros,
      errors: failed,
    };
  } finally {
    for (const target of targets) target.close();
  }
}

function medianOf(all: readonly Measured[]): Measured {
  const of = (name: keyof Measured): number => median(all.map((each) => each[name]));
  return { perSecond: of('perSecond'), p50: of('p50'), p99: of('p99'), serverMicros: of('serverMicros'), errors: of('errors') };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}

function span(numbers: readonly number[]): string {
  return `${Math.min(...numbers).toFixed(2)} to ${Math.max(...numbers).toFixed(2)}`;
}

/** User and system time of the processes; the kernel counts in hundredths of a second. */
function cpuMicros(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}

/** The first of `count` ports in a row that nobody listens on now. */
async function freePort(count: number): Promise<number> {
  for (let base = 23_790; base < 60_000; base += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
