/** A follower that comes back under load: without its disk, or behind what the others keep of their logs. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '../../src/base/brand.ts';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { spawnNode, stopNode } from '../../src/cluster/native/process/processes.ts';
import type { MemberStatus } from '../../src/replica/status.ts';
import { type Latencies, PacedLoad, putAll, summary } from './load.ts';
import { type Cluster, statuses, Watch } from './watch.ts';

/** What the load is to be, and when the step is to end at the latest. */
export interface Asked {
  readonly keys: number;
  /** Puts a second; Infinity: `inFlight` are always under way. */
  readonly rate: number;
  readonly inFlight: number;
  readonly timeIsUp: () => AbortSignal;
}

const SETTLE_MS = 5_000;
const START_LOOK_MS = 50;
/** Puts that a node which is back may still have to apply: half a second's, or as many as that is at most. */
const FEW_BEHIND = 2_000;

async function leaderAndFollower(cluster: Cluster): Promise<{ readonly leader: MemberStatus; readonly follower: MemberStatus }> {
  const all = await statuses(cluster);
  const follower = all.find(({ role }) => role === 'follower');
  const leader = all.find(({ role }) => role === 'leader');
  if (follower === undefined || leader === undefined) throw new Error('no leader, or nobody who follows it');
  return { leader, follower };
}

/** A follower comes back with an empty disk, to a leader that remembers what it had. */
export async function wiped(cluster: Cluster, asked: Asked): Promise<Record<string, unknown>> {
  const { leader, follower } = await leaderAndFollower(cluster);
  await stopNode(cluster.dir, follower.id);
  rmSync(paths.data(cluster.dir, follower.id), { recursive: true });
  return { compacted: leader.compactedIndex, ...(await comesBack(cluster, leader.id, follower.id, asked)) };
}

/** A follower is stopped, and the log moves on beyond what the others keep of it. */
export async function late(cluster: Cluster, asked: Asked): Promise<Record<string, unknown>> {
  const { leader, follower } = await leaderAndFollower(cluster);
  await stopNode(cluster.dir, follower.id);
  const passed = new AbortController();
  const checking = setInterval(async () => {
    const now = (await statuses(cluster)).find(({ id }) => id === leader.id);
    if ((now?.compactedIndex ?? 0) > follower.lastIndex) passed.abort();
  }, 1_000);
  const wanted = { from: 0, to: Number.MAX_SAFE_INTEGER, keys: asked.keys, inFlight: asked.inFlight };
  let wrote = 0;
  await putAll(cluster.kv, wanted, (count) => (wrote = count), AbortSignal.any([asked.timeIsUp(), passed.signal]));
  clearInterval(checking);
  return { wrote, compacted: passed.signal.aborted, ...(await comesBack(cluster, leader.id, follower.id, asked)) };
}

/** Starts a node that is behind, under load, and waits until it has what the leader has. */
async function comesBack(cluster: Cluster, leader: NodeId, behind: NodeId, asked: Asked): Promise<Record<string, unknown>> {
  const { rate } = asked;
  const signal = asked.timeIsUp();
  const watch = new Watch(cluster);
  const load = new PacedLoad(cluster.kv, asked);
  await sleep(SETTLE_MS);
  const without = load.latencies.take();
  const startedAt = performance.now();
  await spawnNode(cluster.dir, behind);
  while (!(await statuses(cluster)).some(({ id }) => id === behind) && !signal.aborted) await sleep(START_LOOK_MS);
  watch.began(behind);
  const during: (ReturnType<Latencies['take']> & { readonly state: string; readonly behind: number })[] = [];
  let isBack = false;
  while (!isBack && !signal.aborted) {
    await sleep(1_000);
    const [times, now] = [load.latencies.take(), await statuses(cluster)];
    const leading = now.find(({ id }) => id === leader);
    const applied = now.find(({ id }) => id === behind)?.appliedIndex ?? 0;
    const state = leading?.peers.find(({ id }) => id === behind)?.state ?? 'away';
    during.push({ ...times, state, behind: (leading?.commitIndex ?? Number.POSITIVE_INFINITY) - applied });
    isBack = (during.at(-1)?.behind ?? 0) < Math.min(rate / 2, FEW_BEHIND);
  }
  const tookMs = Math.round(performance.now() - startedAt);
  await load.stop();
  const times = {
    rate: Number.isFinite(rate) ? rate : 'most',
    without,
    during: summary(during),
    seconds: during,
    errors: load.latencies.errors,
  };
  return { node: behind, leader, isBack, tookMs, ...times, ...(await watch.stop()) };
}
