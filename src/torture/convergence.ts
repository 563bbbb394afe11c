/** Whether a healed cluster is whole and level, and what it holds on each node. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterDriver, ClusterPicture } from '../cluster/driver.ts';

/** Why not all nodes are up, whole and as far as `index`; null when they are. */
export function whyNotLevel({ nodes, leader }: ClusterPicture, index: number): string | null {
  if (leader === null) return 'nobody leads';
  for (const { id, state, status } of nodes) {
    if (state !== 'up') return `${id} is ${state}`;
    if (status === null) return `${id} does not answer`;
    if (status.repairing) return `${id} repairs its log`;
    if (status.leader !== leader) return `${id} does not follow ${leader}`;
    if (status.appliedIndex < index) return `${id} has applied ${status.appliedIndex} of ${index}`;
  }
  return null;
}

/** The highest commit index that any node tells. */
export function highestCommit({ nodes }: ClusterPicture): number {
  return Math.max(0, ...nodes.map(({ status }) => status?.commitIndex ?? 0));
}

/** Without a load: which nodes are not in the state of the first, in words; null while they are not at the same index. */
export function unequalStates({ nodes }: ClusterPicture): readonly string[] | null {
  const [first, ...others] = nodes.map(({ id, status }) => {
    const applied = status?.appliedIndex ?? 0;
    return { id, applied, hash: status?.checkpoints.find(({ index }) => index === applied)?.hash ?? null };
  });
  if (first === undefined || first.hash === null) return null;
  if (others.some(({ applied, hash }) => applied !== first.applied || hash === null)) return null;
  return others
    .filter(({ hash }) => hash !== first.hash)
    .map(({ id, hash }) => `at index ${first.applied} ${id} has state ${hash}, ${first.id} has ${first.hash}`);
}

const PAGE = 500;

/** Everything that one node holds under a prefix, as it has it itself. Rejects with the RpcError of a node that does not answer. */
export async function contentsOf(
  driver: ClusterDriver,
  node: NodeId | null,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const options = node === null ? {} : { consistency: 'stale' as const, node };
  let start = '';
  for (;;) {
    const { kvs, more } = await driver.kv.range({ prefix, start, limit: PAGE }, options);
    for (const { key, value } of kvs) found.set(key, value);
    const last = kvs.at(-1);
    if (!more || last === undefined) return found;
    start = `${last.key}\0`;
  }
}
