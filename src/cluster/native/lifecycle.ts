/** Local clusters from birth to end: create, start, stop, list, remove. */
import { randomBytes } from 'node:crypto';
import { LIMITS } from '../../base/limits.ts';
import { ClusterError } from './cluster-error.ts';
import { clearFaults } from './faults/ledger.ts';
import { withControl } from './folder/control-lock.ts';
import { createClusterDir, deleteClusterDir, listClusterNames, readClusterFile } from './folder/directory.ts';
import {
  DEFAULT_NAME,
  dirOf,
  findCluster,
  homeOf,
  type NodeOnRecord,
  processesOf,
  type WhichCluster,
} from './folder/find-cluster.ts';
import { clusterDir, defaultHome } from './folder/home.ts';
import { freePorts } from './folder/ports.ts';
import {
  type ConsoleHold,
  type Launched,
  launch,
  launchLater,
  nodeEntry,
  portRow,
  type StartOptions,
  type StartProgress,
} from './launch.ts';
import { stopNode } from './process/processes.ts';
import { ReadyWords, type Serving } from './process/ready-words.ts';
import type { ClusterFile } from './shapes.ts';

export type { StartOptions, StartProgress } from './launch.ts';
export { findCluster };

const DEFAULT_COUNT = 5;
const START_PATIENCE_MS = 15_000;
/** Nodes of a new cluster have nothing to read: by then they serve, or have something to be asked about. */
const WORD_PATIENCE_MS = 3_000;

export interface StartedCluster {
  readonly dir: string;
  readonly file: ClusterFile;
  /** False when the folder was there before. */
  readonly created: boolean;
  /** The nodes this call launched; empty when all were running already. */
  readonly launched: readonly string[];
  readonly leader: string;
  readonly term: number;
  readonly tookMs: number;
  /** Null after a detached start. */
  readonly hold: ConsoleHold | null;
}

export interface ClusterSummary {
  readonly name: string;
  readonly dir: string;
  readonly nodes: readonly NodeOnRecord[];
  readonly createdAt: number;
  /** Set when the folder cannot be read as a cluster; `nodes` is empty then. */
  readonly problem: string | null;
}

/** Makes the folder of a new cluster; starts nothing. Throws a ClusterError when the name is taken. */
export async function createCluster(options: StartOptions): Promise<{ readonly dir: string; readonly file: ClusterFile }> {
  const count = checkCount(options.count ?? DEFAULT_COUNT);
  const ports = options.basePort === undefined ? await freePorts(count) : portRow(options.basePort, count);
  const { heartbeatMs, electionMs, leaseReads, snapshotEntries, historyChanges, operationLog } = options;
  const file: ClusterFile = {
    name: options.name ?? DEFAULT_NAME,
    clusterId: randomBytes(16).toString('hex'),
    createdAt: Date.now(),
    nodes: ports.map((port, place) => nodeEntry(`n${place + 1}`, port)),
    options: {
      basePort: options.basePort ?? null,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      ...(electionMs === undefined ? {} : { electionMs }),
      ...(leaseReads === true ? { leaseReads } : {}),
      ...(snapshotEntries === undefined ? {} : { snapshotEntries }),
      ...(historyChanges === undefined ? {} : { historyChanges }),
      ...(operationLog === true ? { operationLog } : {}),
    },
  };
  return { dir: await createClusterDir(homeOf(options), file), file };
}

/**
 * Creates or resumes a cluster and resolves when a leader serves. Of two starts at the same time one launches the nodes
 * and the other finds them running. Rejects with a ClusterError that holds the last lines of the log of a node that ended.
 */
export async function startCluster(
  options: StartOptions,
  onProgress: (progress: StartProgress) => void = () => {},
): Promise<StartedCluster> {
  const startedAt = performance.now();
  const { dir, created } = await createOrFind(options);
  const words = created === null ? null : new ReadyWords();
  const { file, launched, later, hold } = await withControl(dir, () => launch(dir, options, created, words, onProgress));
  try {
    // To ask nodes a client has to be loaded, at the very time at which they need the processors: new ones tell it by themselves.
    const told = launched.length === file.nodes.length ? await words?.first(WORD_PATIENCE_MS) : null;
    const { leader, term } = told ?? (await askUntilServing(dir, { file, launched, later }, onProgress));
    onProgress({ type: 'leader', node: leader, term });
    return { dir, file, created: created !== null, launched, leader, term, tookMs: performance.now() - startedAt, hold };
  } catch (error) {
    // What came up for this start alone is of no use to anybody.
    await withControl(dir, () => Promise.all(launched.map((id) => stopNode(dir, id))));
    hold?.guard.release();
    throw error;
  } finally {
    words?.close();
  }
}

async function askUntilServing(
  dir: string,
  { file, launched, later }: Launched,
  onProgress: (progress: StartProgress) => void,
): Promise<Serving> {
  // A client takes as long to load as a node to start: both at the same time.
  const { waitUntilServing } = await import('./readiness.ts');
  return waitUntilServing(dir, file, {
    patienceMs: START_PATIENCE_MS,
    hasten: launched.length === file.nodes.length,
    later,
    launchLater: () => withControl(dir, () => launchLater(dir, file, later, onProgress)),
    onLoading: (node, text) => onProgress({ type: 'loading', node, text }),
  });
}

/** Stops all nodes, paused ones too, and ends all faults. The names of those that were running. */
export async function stopCluster(which: WhichCluster): Promise<readonly string[]> {
  const { dir, file } = await findCluster(which);
  return stopAll(dir, file);
}

export async function stopAll(dir: string, file: ClusterFile): Promise<readonly string[]> {
  return withControl(dir, async () => {
    const stopped = await Promise.all(file.nodes.map(async ({ id }) => ((await stopNode(dir, id)) ? id : null)));
    await clearFaults(dir);
    return stopped.filter((id) => id !== null);
  });
}

/** Deletes a cluster with all its data. Rejects while any of its nodes runs. */
export async function removeCluster(which: WhichCluster): Promise<string> {
  const { dir, file } = await findCluster(which);
  await withControl(dir, async () => {
    const running = (await processesOf(dir, file)).filter(({ state }) => state !== 'down');
    if (running.length > 0) {
      const names = running.map(({ id }) => id).join(', ');
      throw new ClusterError(`${names} of '${file.name}' still run. Stop them first: raftkv-tui stop --cluster ${file.name}`);
    }
    await deleteClusterDir(dir);
  });
  return dir;
}

/** All clusters of a home, in the order of their names. A damaged one is listed with its problem. */
export async function listClusters(home: string = defaultHome()): Promise<readonly ClusterSummary[]> {
  const names = await listClusterNames(home);
  const found = await Promise.all(names.map((name) => summarise(home, name)));
  return found.filter((summary) => summary !== null);
}

async function summarise(home: string, name: string): Promise<ClusterSummary | null> {
  const dir = clusterDir(home, name);
  try {
    const file = await readClusterFile(dir);
    if (file === null) return null;
    return { name, dir, nodes: await processesOf(dir, file), createdAt: file.createdAt, problem: null };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { name, dir, nodes: [], createdAt: 0, problem: error.message };
  }
}

/** `created`: what was put into the folder, when this call has made it. */
async function createOrFind(options: StartOptions): Promise<{ readonly dir: string; readonly created: ClusterFile | null }> {
  const dir = dirOf(options);
  if ((await readClusterFile(dir)) !== null) return { dir, created: null };
  try {
    return { dir, created: (await createCluster(options)).file };
  } catch (error) {
    // Somebody else may have made it in the meantime: then it is there, and resumed like any other.
    if (error instanceof ClusterError && (await readClusterFile(dir)) !== null) return { dir, created: null };
    throw error;
  }
}

function checkCount(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= LIMITS.maxNodes) return count;
  throw new ClusterError(`A cluster has 1 to ${LIMITS.maxNodes} nodes, not ${count}.`);
}
