/** A fresh cluster for one run, which ends with it: when this program dies, the guard stops the nodes. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftKvClient } from '../cluster/client/client.ts';
import type { ClusterDriver, KvClient } from '../cluster/driver.ts';
import { ClusterError } from '../cluster/native/cluster-error.ts';
import { openCluster } from '../cluster/native/driver.ts';
import { readToken } from '../cluster/native/folder/directory.ts';
import { startCluster } from '../cluster/native/lifecycle.ts';

export interface OwnCluster {
  readonly driver: ClusterDriver;
  readonly clients: readonly KvClient[];
  /** Where its data and its nodes' logs are. */
  readonly home: string;
  /** Stops the nodes; deletes their data unless it is to be kept. */
  end(keep: boolean): Promise<void>;
}

const NAME = 'torture';
/** So that the load of some seconds brings one about, and a node that was away for as long needs a leader's. */
const SNAPSHOT_ENTRIES = 500;

/** Under `folder`. Rejects with a ClusterError when it does not come up, or when an earlier run has left its cluster there. */
export async function startOwnCluster(folder: string, nodes: number, clients: number): Promise<OwnCluster> {
  const home = join(folder, 'cluster');
  // Its keys and their values would be taken for lies of the store.
  if (existsSync(home))
    throw new ClusterError(`${home} holds the cluster of an earlier run. Choose another folder, or delete it.`);
  const options = { operationLog: true, snapshotEntries: SNAPSHOT_ENTRIES, detach: false };
  const { dir, file, hold } = await startCluster({ home, name: NAME, count: nodes, ...options });
  const driver = await openCluster(NAME, { home, ...(hold ?? {}) });
  const token = await readToken(dir, 'client');
  // A connection of its own for each, as if they were programs: one that waits holds up no other.
  const own = Array.from({ length: clients }, () => new RaftKvClient({ endpoints: file.nodes, token }));
  await driver.refresh(1_000);
  return {
    driver,
    clients: own,
    home,
    end: async (keep) => {
      for (const client of own) client.close();
      await driver.close();
      if (!keep) await rm(home, { recursive: true, force: true });
    },
  };
}
