/**
 * The figures of a cluster that no throughput test shows. Run with: node bench/figures.ts [startup|failover|pause|cut|idle|all] [--nodes N] [--trials N]
 * Uses a home of its own in the system's folder for temporary files and stops what it started.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftKvClient } from '../src/cluster/client/client.ts';
import { readClusterFile, readToken } from '../src/cluster/native/folder/directory.ts';
import { startCluster, stopCluster } from '../src/cluster/native/lifecycle.ts';
import { nodeProcess } from '../src/cluster/native/process/processes.ts';
import { argumentsOf } from './arguments.ts';
import { Cleanup } from './cleanup.ts';
import { type Loss, leaderOf, lose, regain, untilCaughtUp } from './leader-loss.ts';

const PROGRAM = join(import.meta.dirname, '../bin/raftkv-tui.js');

const { positionals, values } = argumentsOf(import.meta.filename, {
  nodes: { type: 'string', default: '5' },
  trials: { type: 'string', default: '20' },
  seconds: { type: 'string', default: '20' },
});
const PARTS: readonly string[] = ['startup', 'failover', 'pause', 'cut', 'idle', 'all'];
const nodes = Number(values.nodes);
const trials = Number(values.trials);
const wanted = positionals[0] ?? 'all';
if (!PARTS.includes(wanted)) {
  console.error(`There is no figure ${wanted}: ${PARTS.join(', ')}.`);
  process.exit(2);
}
const cleanup = new Cleanup();
const home = cleanup.home('raftkv-figures-');

function summary(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  return `median ${at(0.5)} ms, least ${at(0)}, worst ${at(1)} (${sorted.length} trials)`;
}

async function client(name: string): Promise<RaftKvClient> {
  const dir = join(home, name);
  const file = await readClusterFile(dir);
  return new RaftKvClient({ endpoints: file?.nodes ?? [], token: await readToken(dir, 'client') });
}

/** From the command line's first instruction to the first acknowledged put. */
async function startup(): Promise<void> {
  const times: number[] = [];
  for (let trial = 0; trial < Math.min(trials, 10); trial += 1) {
    const name = `startup-${trial}`;
    const from = performance.now();
    execFileSync(process.execPath, [PROGRAM, 'start', `${nodes}`, '--detach', '--home', home, '--cluster', name, '--quiet'], {
      stdio: 'pipe',
    });
    const kv = await client(name);
    await kv.put('first', 'put');
    times.push(performance.now() - from);
    kv.close();
    await stopCluster({ home, name });
  }
  console.log(`start ${nodes} --detach to the first accepted put: ${summary(times)}`);
}

/** From the loss of the leader to the next acknowledged write that was begun after it. */
async function failover(how: Loss): Promise<void> {
  const name = `failover-${how.toLowerCase()}`;
  const { dir, file } = await startCluster({ home, name, count: nodes });
  const ids = file.nodes.map(({ id }) => id);
  const kv = await client(name);
  const times: number[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    await kv.put(`before-${trial}`, 'x');
    const leader = await leaderOf(kv, ids);
    const from = performance.now();
    await lose(how, dir, leader);
    await kv.put(`after-${trial}`, 'x', { deadlineMs: 20_000 });
    times.push(performance.now() - from);
    await regain(how, dir, leader);
    await untilCaughtUp(kv, ids, leader);
  }
  kv.close();
  await stopCluster({ home, name });
  console.log(
    `${how === 'cut' ? 'isolation' : how} of the leader to the next acknowledged write, ${nodes} nodes: ${summary(times)}`,
  );
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Processor time of every node while nobody asks for anything, and its resident memory. */
async function idle(): Promise<void> {
  const name = 'idle';
  const { dir, file } = await startCluster({ home, name, count: nodes });
  const pids = await Promise.all(file.nodes.map(async ({ id }) => (await nodeProcess(dir, id)).pid ?? 0));
  await sleep(3_000);
  const before = pids.map(cpuSeconds);
  const seconds = Number(values.seconds);
  await sleep(seconds * 1_000);
  const shares = pids.map((pid, i) => ((cpuSeconds(pid) - (before[i] ?? 0)) / seconds) * 100);
  const memory = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  console.log(`idle for ${seconds} s, % of a core per node: ${shares.map((share) => share.toFixed(2)).join(' ')}`);
  console.log(`resident memory per node, MiB: ${memory.map((mib) => mib.toFixed(0)).join(' ')}`);
  await stopCluster({ home, name });
}

try {
  if (wanted === 'startup' || wanted === 'all') await startup();
  if (wanted === 'failover' || wanted === 'all') await failover('SIGKILL');
  if (wanted === 'pause' || wanted === 'all') await failover('SIGSTOP');
  if (wanted === 'cut' || wanted === 'all') await failover('cut');
  if (wanted === 'idle' || wanted === 'all') await idle();
} finally {
  await cleanup.run();
}
