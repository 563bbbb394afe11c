/**
 * Three real nodes with a million keys. Run with:
 *
 *     npm run bench:million -- [--keys N] [--steps import,snapshot,restart,catchup] [--rate N | --rate most | --share N] [--seconds N] [--json FILE]
 *
 * - import: as fast as `--in-flight` puts allow, with the rate and the times of each tenth; goes on where the last one ended.
 * - snapshot: overwrites at `--rate` until every node has taken one.
 * - restart: from the command to the first acknowledged put.
 * - catchup: a follower comes back with an empty disk, at `--rate`.
 * - late: a follower was away until the others' logs have no more what it needs, and comes back at `--rate`.
 *
 * With `--share 0.7` the rate is that part of what the cluster does in ten seconds in which `--in-flight` puts are always under way; with
 * `--rate most` they always are. `--probes DIR` keeps what the nodes' event loops were late for.
 *
 * `--home DIR` keeps the cluster there, so that a later run goes on with it (`--steps rm` takes it away); without, it lives in a
 * folder for temporary files and goes at the end. Every step ends after `--seconds` at the latest.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftKvClient } from '../src/cluster/client/client.ts';
import { readToken } from '../src/cluster/native/folder/directory.ts';
import { removeCluster, startCluster, stopCluster } from '../src/cluster/native/lifecycle.ts';
import { argumentsOf } from './arguments.ts';
import { Cleanup } from './cleanup.ts';
import { type Asked, late, wiped } from './million/behind.ts';
import { keyAt, Latencies, PacedLoad, putAll, round, summary, VALUE_BYTES, valueAt } from './million/load.ts';
import { type Cluster, forgetStart, isTaking, snapshotFiles, statuses, usage, Watch } from './million/watch.ts';

const { values } = argumentsOf(import.meta.filename, {
  keys: { type: 'string', default: '1000000' },
  steps: { type: 'string', default: 'import,snapshot,restart,catchup' },
  seconds: { type: 'string', default: '180' },
  'in-flight': { type: 'string', default: '128' },
  rate: { type: 'string', default: '5000' },
  share: { type: 'string' },
  home: { type: 'string' },
  probes: { type: 'string' },
  json: { type: 'string' },
});
const keys = Number(values.keys);
const inFlight = Number(values['in-flight']);
const rate = values.rate === 'most' ? Number.POSITIVE_INFINITY : Number(values.rate);
const NAME = 'million';
const STEPS: readonly string[] = ['import', 'snapshot', 'restart', 'catchup', 'late', 'rm'];
const CAPACITY_MS = 10_000;
const steps = values.steps.split(',');
const unknown = steps.find((step) => !STEPS.includes(step));
if (unknown !== undefined) {
  console.error(`There is no step ${unknown}: ${STEPS.join(', ')}.`);
  process.exit(2);
}
const cleanup = new Cleanup();
const home = values.home ?? cleanup.home('raftkv-million-');
const probes = values.probes ?? mkdtempSync(join(tmpdir(), 'raftkv-probes-'));
mkdirSync(probes, { recursive: true });
cleanup.add(async () => {
  await stopCluster({ home, name: NAME }).catch(() => []);
  if (values.probes === undefined) rmSync(probes, { recursive: true, force: true });
});
// For the nodes, which inherit them.
process.env['PROBE_DIR'] = probes;
process.env['NODE_OPTIONS'] =
  `${process.env['NODE_OPTIONS'] ?? ''} --require ${join(import.meta.dirname, 'million', 'probe.cjs')}`.trimStart();
const results: Record<string, unknown> = {};

const say = (step: string, what: Record<string, unknown>): void => console.log(`${step.padEnd(9)} ${JSON.stringify(what)}`);

async function open(): Promise<Cluster & { readonly tookMs: number }> {
  const { dir, file, tookMs } = await startCluster({ home, name: NAME, count: 3 });
  return { dir, file, tookMs, probes, kv: new RaftKvClient({ endpoints: file.nodes, token: await readToken(dir, 'client') }) };
}

/** Ends what a step does when its time is up. */
const timeIsUp = (): AbortSignal => AbortSignal.timeout(Number(values.seconds) * 1_000);

async function importKeys(cluster: Cluster): Promise<Record<string, unknown>> {
  const signal = timeIsUp();
  const begun = (await statuses(cluster))[0]?.keys ?? 0;
  const parts: Record<string, number>[] = [];
  const latencies = new Latencies();
  let [markAt, marked, done] = [performance.now(), begun, begun];
  const watch = new Watch(cluster);
  const part = Math.min(100_000, keys / 10);
  const startedAt = performance.now();
  const before = await usage(cluster);
  await putAll(
    cluster.kv,
    { from: begun, to: keys, keys, inFlight },
    (count, ms) => {
      done = count;
      latencies.add(ms);
      if (done - marked < part && done < keys) return;
      const now = performance.now();
      const { p50Ms, p99Ms, maxMs } = latencies.take();
      parts.push({ done, perSecond: Math.round(((done - marked) / (now - markAt)) * 1_000), p50Ms, p99Ms, maxMs });
      say('import', parts.at(-1) ?? {});
      [markAt, marked] = [now, done];
    },
    signal,
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await usage(cluster);
  const cpuMicros = after.map(({ cpuSeconds }, i) => round(((cpuSeconds - (before[i]?.cpuSeconds ?? 0)) / (done - begun)) * 1e6));
  return {
    done,
    seconds: round(seconds),
    perSecond: Math.round((done - begun) / seconds),
    parts,
    cpuMicros,
    ...(await watch.stop()),
  };
}

/** Overwrites at the given rate until every node has taken a snapshot; tells the load's times with and without. */
async function snapshotUnderLoad(cluster: Cluster): Promise<Record<string, unknown>> {
  const perSecond = await wantedRate(cluster);
  const signal = timeIsUp();
  const known = new Set(snapshotFiles(cluster).map(({ node, name }) => node + name));
  const isNew = ({ node, name }: { readonly node: string; readonly name: string }): boolean => !known.has(node + name);
  const watch = new Watch(cluster);
  const load = new PacedLoad(cluster.kv, { keys, rate: perSecond, inFlight });
  const [quiet, busy] = [[], []] as ReturnType<Latencies['take']>[][];
  const before = await usage(cluster);
  const startedAt = performance.now();
  while (!signal.aborted && snapshotFiles(cluster).filter(isNew).length < cluster.file.nodes.length) {
    const taking = isTaking(cluster);
    await sleep(1_000);
    const seen = load.latencies.take();
    (taking && isTaking(cluster) ? busy : quiet)?.push(seen);
  }
  await load.stop();
  const after = await usage(cluster);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = after.map(({ cpuSeconds }, i) => round((cpuSeconds - (before[i]?.cpuSeconds ?? 0)) / seconds));
  return {
    rate: perSecond,
    seconds: round(seconds),
    errors: load.latencies.errors,
    without: summary(quiet),
    during: summary(busy),
    snapshots: snapshotFiles(cluster)
      .filter(isNew)
      .map(({ node, sizeMB, tookMs }) => ({ node, sizeMB, tookMs })),
    cores: cpu,
    ...(await watch.stop()),
    rssMiB: after.map(({ rssMiB }) => rssMiB),
  };
}

const asked = async (cluster: Cluster): Promise<Asked> => ({ keys, rate: await wantedRate(cluster), inFlight, timeIsUp });

async function wantedRate(cluster: Cluster): Promise<number> {
  return values.share === undefined ? rate : Math.round(Number(values.share) * (await capacity(cluster)));
}

/** Puts a second when there is always one more to send. */
async function capacity(cluster: Cluster): Promise<number> {
  let last = 0;
  const range = { from: 0, to: Number.MAX_SAFE_INTEGER, keys, inFlight };
  await putAll(cluster.kv, range, (done) => (last = done), AbortSignal.timeout(CAPACITY_MS));
  return last / (CAPACITY_MS / 1_000);
}

/** From the command to the first acknowledged put. */
async function restart(cluster: Cluster): Promise<{ readonly reopened: Cluster; readonly told: Record<string, unknown> }> {
  cluster.kv.close();
  const stopping = performance.now();
  await stopCluster({ home, name: NAME });
  const stopMs = Math.round(performance.now() - stopping);
  const startedAt = performance.now();
  const reopened = await open();
  const servingMs = Math.round(performance.now() - startedAt);
  await reopened.kv.put('first', 'put', { deadlineMs: 60_000 });
  const firstPutMs = Math.round(performance.now() - startedAt);
  const used = await usage(reopened);
  const [status] = await statuses(reopened);
  return {
    reopened,
    told: {
      stopMs,
      servingMs,
      firstPutMs,
      cpuSeconds: used.map(({ cpuSeconds }) => cpuSeconds),
      rssMiB: used.map(({ rssMiB }) => rssMiB),
      keys: status?.keys,
      replayed: (status?.lastIndex ?? 0) - (status?.snapshotIndex ?? 0),
    },
  };
}

async function run(step: string, cluster: Cluster): Promise<Cluster> {
  let [told, next]: [Record<string, unknown>, Cluster] = [{}, cluster];
  if (step !== 'restart') await forgetStart(cluster);
  if (step === 'import') told = await importKeys(cluster);
  else if (step === 'snapshot') told = await snapshotUnderLoad(cluster);
  else if (step === 'catchup') told = await wiped(cluster, await asked(cluster));
  else if (step === 'late') told = await late(cluster, await asked(cluster));
  else if (step === 'restart') ({ told, reopened: next } = await restart(cluster));
  results[step] = told;
  say(step, told);
  return next;
}

let cluster: Cluster | null = null;
try {
  if (!steps.includes('rm')) {
    cluster = await open();
    console.log(
      `${keys} keys of ${keyAt(0, keys).length} bytes, values of ${Buffer.byteLength(valueAt(0))} (${VALUE_BYTES}), 3 nodes`,
    );
    for (const step of steps) cluster = await run(step, cluster);
    for (const { id, rssMiB } of await usage(cluster))
      say('resident', { id, rssMiB, bytesPerKey: Math.round((rssMiB * 1_048_576) / keys) });
  }
} finally {
  cluster?.kv.close();
  await cleanup.run();
  if (steps.includes('rm')) await removeCluster({ home, name: NAME }).catch(() => '');
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ keys, rate, ...results }, null, 2)}\n`);
}
