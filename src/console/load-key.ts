/** Asks for one key in depth: its history from the cluster, its version from each node alone. Never rejects. */
import type { NodeId } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import type { ClusterDriver, NodeState } from '../cluster/driver.ts';
import { pastReads } from '../cluster/recording/past-keys.ts';
import { failureOf } from '../commands/failure.ts';
import type { HistoryResult } from '../kv/key-history.ts';
import type { ReplicaAnswer } from './key-detail.ts';
import type { KeyMoment } from './key-moment.ts';

interface AskedNode {
  readonly id: NodeId;
  readonly state: NodeState;
  /** Not given: the newest. */
  readonly revision?: number | null;
}

const HISTORY_DEADLINE_MS = 1_500;
const REPLICA_DEADLINE_MS = 800;
/** Versions that are listed; `history KEY` has them all. */
const MOST_VERSIONS = 200;

export interface LoadedKey {
  readonly history: HistoryResult | null;
  readonly problem: string | null;
  readonly answers: ReadonlyMap<NodeId, ReplicaAnswer>;
}

/** As it is now, or with `at` as it was at that moment. */
export async function loadKey(driver: ClusterDriver, key: string, at: KeyMoment | null): Promise<LoadedKey> {
  const nodes = at?.nodes ?? driver.picture().nodes.map(({ id, state }) => ({ id, state }));
  const answers = nodes.map(async (node) => [node.id, await askReplica(driver, node, key)] as const);
  const [history, replicas] = await Promise.all([askHistory(driver, key, at), Promise.all(answers)]);
  return { ...history, answers: new Map(replicas) };
}

/** Asks a majority first, and any node when none answers; of the past any node knows. */
async function askHistory(
  { kv }: ClusterDriver,
  key: string,
  at: KeyMoment | null,
): Promise<Pick<LoadedKey, 'history' | 'problem'>> {
  const page = { limit: MOST_VERSIONS };
  const options = { deadlineMs: HISTORY_DEADLINE_MS };
  try {
    if (at !== null) return { history: await pastReads(kv, at.revision).history(key, page, options), problem: null };
    return { history: await kv.history(key, page, options), problem: null };
  } catch (first) {
    if (at !== null) return { history: null, problem: whyUnread(first) };
    try {
      return { history: await kv.history(key, page, { ...options, consistency: 'stale' }), problem: null };
    } catch (error) {
      return { history: null, problem: whyUnread(error) };
    }
  }
}

function whyUnread(error: unknown): string {
  return failureOf(error, false).lines[0] ?? 'The history cannot be read.';
}

/** A node of the past is asked for the newest revision that it had applied then, if it still remembers that. */
async function askReplica({ kv }: ClusterDriver, { id, state, revision: past }: AskedNode, key: string): Promise<ReplicaAnswer> {
  if (state !== 'up') return { problem: state };
  if (past === null) return { problem: 'not known' };
  const asOf = past === undefined ? {} : { revision: past };
  try {
    const answer = await kv.get(key, { consistency: 'stale', node: id, deadlineMs: REPLICA_DEADLINE_MS, ...asOf });
    return { ...answer, ...asOf };
  } catch (error) {
    return { problem: error instanceof RpcError && error.kind === 'COMPACTED' ? 'forgotten' : 'no answer' };
  }
}
