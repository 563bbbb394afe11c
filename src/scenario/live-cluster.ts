/** Clusters of real processes for stories: a fresh one that leaves nothing behind, or one that is there already. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterDriver } from '../cluster/driver.ts';
import { openCluster } from '../cluster/native/driver.ts';
import { readToken } from '../cluster/native/folder/directory.ts';
import { startCluster } from '../cluster/native/lifecycle.ts';
import { LiveWorld } from './live-world.ts';
import type { Shape } from './world.ts';

const NAME = 'scenario';

/** Starts the processes in a home of their own. They end, and their data goes, when the world closes. */
export async function openFreshCluster({ nodes, snapshotEntries }: Shape, signal: AbortSignal): Promise<LiveWorld> {
  const home = await mkdtemp(join(tmpdir(), 'raftkv-scenario-'));
  const clear = (): Promise<void> => rm(home, { recursive: true, force: true });
  try {
    const snapshots = snapshotEntries === null ? {} : { snapshotEntries };
    const { dir, hold } = await startCluster({ home, name: NAME, count: nodes, operationLog: true, detach: false, ...snapshots });
    const driver = await openCluster(NAME, { home, ...hold });
    const token = await readToken(dir, 'client');
    const close = async (): Promise<void> => {
      await driver.close();
      await clear();
    };
    return new LiveWorld({ driver, token, signal, close });
  } catch (error) {
    await clear();
    throw error;
  }
}

/** Takes over an open cluster with all its data: its own faults are healed at the end, its nodes run on. */
export async function adoptCluster(
  driver: ClusterDriver,
  { nodes, snapshotEntries }: Shape,
  signal: AbortSignal,
): Promise<LiveWorld> {
  try {
    const { dir, name, nodes: members } = driver.picture();
    if (dir === null) throw new Error('a story needs the folder of its cluster: it breaks things');
    if (members.length !== nodes) throw new Error(`the story has ${nodes} nodes, but ${name} has ${members.length}`);
    if (snapshotEntries !== null)
      throw new Error('the story needs a cluster that takes snapshots after few entries: tell it on a fresh one');
    return new LiveWorld({ driver, token: await readToken(dir, 'client'), signal, close: () => driver.close() });
  } catch (error) {
    await driver.close();
    throw error;
  }
}
