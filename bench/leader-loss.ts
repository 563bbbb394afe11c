/** A cluster of this machine that loses its leader, and gets it back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type NodeId, nodeId } from '../src/base/brand.ts';
import type { RaftKvClient } from '../src/cluster/client/client.ts';
import { withFaults } from '../src/cluster/native/faults/fault-admin.ts';
import { killNode, pauseNode, resumeNode, spawnNode } from '../src/cluster/native/process/processes.ts';
import type { MemberStatus } from '../src/replica/status.ts';

export type Loss = 'SIGKILL' | 'SIGSTOP' | 'cut';

const POLL_MS = 20;
const ASK_MS = 500;

export async function lose(how: Loss, dir: string, leader: string): Promise<void> {
  if (how === 'SIGKILL') await killNode(dir, leader);
  else if (how === 'SIGSTOP') await pauseNode(dir, leader);
  else await withFaults(dir, 'figures', (faults) => faults.set({ type: 'isolate', nodes: [nodeId(leader)], forMs: null }));
}

export async function regain(how: Loss, dir: string, leader: string): Promise<void> {
  if (how === 'SIGKILL') await spawnNode(dir, leader);
  else if (how === 'SIGSTOP') await resumeNode(dir, leader);
  else await withFaults(dir, 'figures', (faults) => faults.heal(null));
}

/** Whoever says first that it leads. */
export async function leaderOf(kv: RaftKvClient, ids: readonly string[]): Promise<NodeId> {
  for (;;) {
    for (const id of ids) {
      const status = await askOnce(kv, id);
      if (status?.role === 'leader') return status.id;
    }
    await sleep(POLL_MS);
  }
}

/** Resolves when `node` has applied what its leader had committed, and the leader is connected to all. */
export async function untilCaughtUp(kv: RaftKvClient, ids: readonly string[], node: string): Promise<void> {
  for (;;) {
    const leader = await kv.status(await leaderOf(kv, ids));
    const status = await askOnce(kv, node);
    if (status !== null && status.appliedIndex >= leader.commitIndex && leader.links.every(({ connected }) => connected)) return;
    await sleep(POLL_MS);
  }
}

function askOnce(kv: RaftKvClient, id: string): Promise<MemberStatus | null> {
  return kv.status(nodeId(id), { retry: false, deadlineMs: ASK_MS }).catch(() => null);
}
