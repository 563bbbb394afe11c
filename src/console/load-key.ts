/** Asks for one key in depth: its history from the cluster, its version from each node alone. Never rejects. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterDriver, NodeView } from '../cluster/driver.ts';
import { failureOf } from '../commands/failure.ts';
import type { HistoryResult } from '../kv/key-history.ts';
import type { ReplicaAnswer } from './key-detail.ts';

const HISTORY_DEADLINE_MS = 1_500;
const REPLICA_DEADLINE_MS = 800;
/** Versions that are listed; `history KEY` has them all. */
const MOST_VERSIONS = 200;

export interface LoadedKey {
  readonly history: HistoryResult | null;
  readonly problem: string | null;
  readonly answers: ReadonlyMap<NodeId, ReplicaAnswer>;
}

export async function loadKey(driver: ClusterDriver, key: string): Promise<LoadedKey> {
  const answers = driver.picture().nodes.map(async (node) => [node.id, await askReplica(driver, node, key)] as const);
  const [history, replicas] = await Promise.all([askHistory(driver, key), Promise.all(answers)]);
  return { ...history, answers: new Map(replicas) };
}

/** Asks a majority first, and any node when none answers. */
async function askHistory({ kv }: ClusterDriver, key: string): Promise<Pick<LoadedKey, 'history' | 'problem'>> {
  const page = { limit: MOST_VERSIONS };
  try {
    return { history: await kv.history(key, page, { deadlineMs: HISTORY_DEADLINE_MS }), problem: null };
  } catch {
    try {
      const stale = { deadlineMs: HISTORY_DEADLINE_MS, consistency: 'stale' } as const;
      return { history: await kv.history(key, page, stale), problem: null };
    } catch (error) {
      return { history: null, problem: failureOf(error, false).lines[0] ?? 'The history cannot be read.' };
    }
  }
}

async function askReplica({ kv }: ClusterDriver, { id, state }: NodeView, key: string): Promise<ReplicaAnswer> {
  if (state !== 'up') return { problem: state };
  try {
    return await kv.get(key, { consistency: 'stale', node: id, deadlineMs: REPLICA_DEADLINE_MS });
  } catch {
    return { problem: 'no answer' };
  }
}
