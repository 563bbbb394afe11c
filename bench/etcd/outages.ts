/**
 * How long this store and etcd answer nothing, in the same run on the same machine, in turn: launched anew, robbed of their
 * leader, started again with all their keys; and the memory that they take then.
 * Run with: npm run bench:etcd-outages -- [--only launch,kill,pause,restart] [--nodes 3] [--trials 5] [--keys 1000000]
 * `launch`, `restart`: from the command (etcd: from its processes) to the first acknowledged put; `kill`, `pause`: from SIGKILL or
 * SIGSTOP of the leader to the next acknowledged put. `restart` fills both with `--keys` first, writes a while, and tells of memory.
 */
import { cpus } from 'node:os';
import { argumentsOf } from '../arguments.ts';
import { Cleanup } from '../cleanup.ts';
import { etcdMissing, etcdVersion } from './etcd-cluster.ts';
import { median } from './measure.ts';
import { Etcds, Ours, type Pair, type Subject } from './subjects.ts';

const { values } = argumentsOf(import.meta.filename, {
  only: { type: 'string', default: 'launch,kill,pause' },
  nodes: { type: 'string', default: '3' },
  trials: { type: 'string', default: '5' },
  keys: { type: 'string', default: '1000000' },
});
const missing = etcdMissing();
if (missing !== null) {
  console.error(missing);
  process.exit(2);
}

const VALUE = 'v'.repeat(256);
const nodes = Number(values.nodes);
const trials = Number(values.trials);
const keys = Number(values.keys);
const wanted = values.only.split(',');
const cleanup = new Cleanup();
const home = cleanup.home('raftkv-outages-');
const subjects: readonly Subject[] = [new Ours(home, nodes, cleanup), new Etcds(home, nodes, cleanup)];

type Trial = (subject: Subject, trial: number) => Promise<number>;

try {
  console.log(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, etcd ${etcdVersion()}`);
  console.log(`${nodes} nodes, ${trials} trials in turn; the first of a pair is ours, the second etcd's, in ms\n`);
  console.log('| what | median | ratio | least | worst |\n|---|---|---|---|---|');
  if (wanted.includes('launch')) tell('launch to the first accepted put', await inTurn(launch));
  if (wanted.includes('kill') || wanted.includes('pause')) await losses();
  if (wanted.includes('restart')) await restarts();
} finally {
  for (const subject of subjects) await subject.stop().catch(() => {});
  await cleanup.run();
}

async function inTurn(trial: Trial): Promise<readonly (readonly number[])[]> {
  const times: number[][] = subjects.map(() => []);
  for (let count = 0; count < trials; count += 1) {
    for (const [i, subject] of subjects.entries()) times[i]?.push(await trial(subject, count));
  }
  return times;
}

function tell(what: string, [ours = [], theirs = []]: readonly (readonly number[])[]): void {
  const both = (of: (times: readonly number[]) => number): string => `${of(ours).toFixed(0)}, ${of(theirs).toFixed(0)}`;
  const ratio = (median(ours) / median(theirs)).toFixed(2);
  console.log(
    `| ${what} | ${both(median)} | ${ratio} | ${both((all) => Math.min(...all))} | ${both((all) => Math.max(...all))} |`,
  );
}

async function launch(subject: Subject): Promise<number> {
  const took = await timed(async () => {
    await subject.launch();
    await subject.put('before', VALUE);
  });
  await subject.stop();
  subject.erase();
  return took;
}

async function losses(): Promise<void> {
  for (const subject of subjects) {
    await subject.launch();
    await subject.put('before', VALUE);
  }
  if (wanted.includes('kill')) tell('SIGKILL of the leader to the next acknowledged put', await inTurn(loss('SIGKILL')));
  if (wanted.includes('pause')) tell('SIGSTOP of the leader to the next acknowledged put', await inTurn(loss('SIGSTOP')));
  for (const subject of subjects) {
    await subject.stop();
    subject.erase();
  }
}

function loss(how: 'SIGKILL' | 'SIGSTOP'): Trial {
  return async (subject, trial) => {
    await subject.put(`before-${trial}`, VALUE);
    let regain = (): Promise<void> => Promise.resolve();
    const took = await timed(async () => {
      regain = await subject.loseLeader(how);
      await subject.put(`after-${trial}`, VALUE);
    });
    await regain();
    return took;
  };
}

/** One at a time: two stores with a million keys would fight for the page cache. */
async function restarts(): Promise<void> {
  const times: number[][] = [];
  const memory: string[] = [];
  for (const subject of subjects) {
    await subject.launch();
    await subject.put('before', VALUE);
    const seconds = (await timed(() => subject.fill(pairs(0, keys)))) / 1_000;
    await subject.fill(pairs(0, keys / 10));
    const [loaded, restarted]: [readonly number[], number[]] = [await subject.residentMiB(), []];
    for (let trial = 0; trial < trials; trial += 1) {
      await subject.stop();
      restarted.push(await timed(() => subject.launch().then(() => subject.put(`again-${trial}`, VALUE))));
    }
    times.push(restarted);
    const after = (await subject.residentMiB()).join(', ');
    memory.push(
      `${subject.name}: ${keys} keys in ${seconds.toFixed(0)} s; resident ${loaded.join(', ')} MiB, ${after} after a restart`,
    );
    await subject.stop();
    subject.erase();
  }
  tell(`restart with ${keys} keys to the first accepted put`, times);
  console.log(`\n${memory.join('\n')}`);
}

/** Keys of sixteen bytes, spread over the whole order; some of them once more are overwritten. */
function* pairs(from: number, to: number): Generator<Pair> {
  for (let at = from; at < to; at += 1) yield [`k${String((at * 7_919) % keys).padStart(15, '0')}`, VALUE];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
