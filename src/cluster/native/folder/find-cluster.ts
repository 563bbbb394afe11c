/** Finds a cluster of this machine by its name. */
import { ClusterError } from '../cluster-error.ts';
import { type NodeProcess, nodeProcess } from '../process/processes.ts';
import type { ClusterFile } from '../shapes.ts';
import { listClusterNames, readClusterFile } from './directory.ts';
import { clusterDir, defaultHome } from './home.ts';

export const DEFAULT_NAME = 'default';

export interface WhichCluster {
  /** Default: `$RAFTKV_HOME` or the platform's data folder. */
  readonly home?: string;
  /** Default: `default`. */
  readonly name?: string;
}

export function homeOf(which: WhichCluster): string {
  return which.home ?? defaultHome();
}

export function dirOf(which: WhichCluster): string {
  return clusterDir(homeOf(which), which.name ?? DEFAULT_NAME);
}

/** The folder and the checked file of an existing cluster; `written` as for readClusterFile. Throws a ClusterError that says how to make one. */
export async function findCluster(
  which: WhichCluster,
  written: ClusterFile | null = null,
): Promise<{ readonly dir: string; readonly file: ClusterFile }> {
  const dir = dirOf(which);
  const file = await readClusterFile(dir, written);
  if (file === null) throw new ClusterError(await unknownCluster(which));
  return { dir, file };
}

const MOST_NAMED = 5;

async function unknownCluster(which: WhichCluster): Promise<string> {
  const name = which.name ?? DEFAULT_NAME;
  // A home that cannot be read has no names to offer.
  const others = await listClusterNames(homeOf(which)).catch(() => []);
  const more = others.length > MOST_NAMED ? ', …' : '';
  const here = others.length === 0 ? '' : ` Here are: ${others.slice(0, MOST_NAMED).join(', ')}${more} (--cluster NAME).`;
  return `There is no cluster '${name}'.${here} Start one with: raftkv-tui start${name === DEFAULT_NAME ? '' : ` --cluster ${name}`}`;
}

/** A member with its process. */
export type NodeOnRecord = ClusterFile['nodes'][number] & NodeProcess;

export function processesOf(dir: string, file: ClusterFile): Promise<readonly NodeOnRecord[]> {
  return Promise.all(file.nodes.map(async (node) => ({ ...node, ...(await nodeProcess(dir, node.id)) })));
}
