/** Faults with the connections they need: plans travel to the nodes with the admin token. */
import { nodeId } from '../../../base/brand.ts';
import { RaftKvClient } from '../../client/client.ts';
import { ClusterError } from '../cluster-error.ts';
import { readClusterFile, readToken } from '../folder/directory.ts';
import type { ClusterFile } from '../shapes.ts';
import { Faults } from './faults.ts';

/** A node that does not take the plan within this time reads it from the file when it starts, or when it is told next. */
const PUSH_MS = 1_500;

/** A client that may call administration methods. Nothing is dialled before it is used. */
export async function adminClient(dir: string, file: ClusterFile): Promise<RaftKvClient> {
  return new RaftKvClient({ endpoints: file.nodes, token: await readToken(dir, 'admin') });
}

export function faultsOf(dir: string, file: ClusterFile, owner: string, admin: RaftKvClient): Faults {
  return new Faults({
    dir,
    nodes: file.nodes.map(({ id }) => nodeId(id)),
    owner,
    push: async (node, plan) => {
      await admin.admin(node, 'fault.set', { plan }, { deadlineMs: PUSH_MS });
    },
  });
}

/** For one piece of work on the faults of a cluster, by a process that does nothing else with it. */
export async function withFaults<T>(
  dir: string,
  owner: string,
  work: (faults: Faults, file: ClusterFile) => Promise<T>,
): Promise<T> {
  const file = await readClusterFile(dir);
  if (file === null) throw new ClusterError(`There is no cluster in ${dir} any more.`);
  const admin = await adminClient(dir, file);
  try {
    return await work(faultsOf(dir, file, owner, admin), file);
  } finally {
    admin.close();
  }
}
