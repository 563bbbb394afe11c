/** One round of one load against one store: its speed, and the processor time of an operation by role. */
import { readFileSync } from 'node:fs';
import { type LoadOptions, runLoad } from '../../src/cli/bench-load.ts';
import type { Contender } from './contenders.ts';

export interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** User and system time for one operation, in microseconds: of the leader, of one follower, of the generator. */
  readonly leader: number;
  readonly follower: number;
  readonly client: number;
  readonly errors: number;
}

interface Look {
  readonly completed: number;
  readonly leader: number;
  readonly followers: number;
  readonly client: number;
}

export async function measure(contender: Contender, options: LoadOptions, connections: number): Promise<Measured> {
  const targets = await Promise.all(Array.from({ length: connections }, () => contender.open()));
  try {
    const { leader, followers } = await contender.servers();
    const looks: Look[] = [];
    const look = async (completed: number): Promise<void> => {
      const { user, system } = process.cpuUsage();
      looks.push({ completed, leader: cpuMicros([leader]), followers: cpuMicros(followers), client: user + system });
    };
    const { perSecond, latency, errors } = await runLoad(targets, options, {
      measured: (_, completed) => look(completed),
    });
    const [from, to] = looks;
    if (from === undefined || to === undefined) throw new Error('the load was not measured to its end');
    const each = (name: keyof Look): number => (to[name] - from[name]) / (to.completed - from.completed);
    return {
      perSecond,
      p50: latency.percentile(0.5),
      p99: latency.percentile(0.99),
      leader: each('leader'),
      follower: followers.length === 0 ? 0 : each('followers') / followers.length,
      client: each('client'),
      errors: [...errors.values()].reduce((sum, count) => sum + count, 0),
    };
  } finally {
    for (const target of targets) target.close();
  }
}

export function medianOf(all: readonly Measured[]): Measured {
  const of = (name: keyof Measured): number => median(all.map((each) => each[name]));
  return {
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    leader: of('leader'),
    follower: of('follower'),
    client: of('client'),
    errors: of('errors'),
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}

/** User and system time of the processes (proc(5)); the kernel counts in hundredths of a second. */
function cpuMicros(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}
