/** Local clusters from birth to end: create, start, stop, list, remove. */
import { randomBytes } from 'node:crypto';
import { nodeId } from '../../base/brand.ts';
import { LIMITS } from '../../base/limits.ts';
import { ClusterError } from './cluster-error.ts';
import { withControl } from './control-lock.ts';
import {
  type ClusterFile,
  createClusterDir,
  deleteClusterDir,
  listClusterNames,
  readClusterFile,
  writeClusterFile,
  writeNodeConfigs,
} from './directory.ts';
import { clusterDir, defaultHome } from './home.ts';
import { EMPTY_LEDGER, readLedger, withoutNodes, writeLedger } from './ledger.ts';
import { freePorts, isPortFree } from './ports.ts';
import { type NodeProcess, nodeProcess, spawnNode, stopNode } from './processes.ts';
import { type Serving, waitUntilServing } from './readiness.ts';

const DEFAULT_NAME = 'default';
const DEFAULT_COUNT = 5;
const HOST = '127.0.0.1';
const START_PATIENCE_MS = 15_000;

export interface WhichCluster {
  /** Default: `$RAFTKV_HOME` or the platform's data folder. */
  readonly home?: string;
  /** Default: `default`. */
  readonly name?: string;
}

export interface StartOptions extends WhichCluster {
  /** 1 to 9; default 5. A cluster that exists keeps the number it has. */
  readonly count?: number;
  /** Ports basePort, basePort + 1 and so on; default: free ones, remembered. */
  readonly basePort?: number;
  readonly heartbeatMs?: number;
  readonly electionMs?: number;
}

/** What is going on during a start, for a line on the screen. */
export type StartProgress =
  | { readonly type: 'created'; readonly dir: string; readonly nodes: number }
  | { readonly type: 'resumed'; readonly dir: string; readonly nodes: number }
  | { readonly type: 'spawned'; readonly node: string; readonly pid: number }
  | { readonly type: 'leader'; readonly node: string; readonly term: number };

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
}

export interface ClusterSummary {
  readonly name: string;
  readonly dir: string;
  readonly nodes: readonly (ClusterFile['nodes'][number] & NodeProcess)[];
  readonly createdAt: number;
  /** Set when the folder cannot be read as a cluster; `nodes` is empty then. */
  readonly problem: string | null;
}

/** The folder and the checked file of an existing cluster. Throws a ClusterError that says how to make one. */
export async function findCluster(which: WhichCluster): Promise<{ readonly dir: string; readonly file: ClusterFile }> {
  const dir = dirOf(which);
  const file = await readClusterFile(dir);
  if (file === null) {
    const name = which.name ?? DEFAULT_NAME;
    throw new ClusterError(
      `There is no cluster '${name}'. Start one with: raftkv-tui start${name === DEFAULT_NAME ? '' : ` --cluster ${name}`}`,
    );
  }
  return { dir, file };
}

/** Makes the folder of a new cluster; starts nothing. Throws a ClusterError when the name is taken. */
export async function createCluster(options: StartOptions): Promise<{ readonly dir: string; readonly file: ClusterFile }> {
  const count = checkCount(options.count ?? DEFAULT_COUNT);
  const ports = options.basePort === undefined ? await freePorts(count) : row(options.basePort, count);
  const { heartbeatMs, electionMs } = options;
  const file: ClusterFile = {
    name: options.name ?? DEFAULT_NAME,
    clusterId: randomBytes(16).toString('hex'),
    createdAt: Date.now(),
    nodes: ports.map((port, place) => nodeEntry(`n${place + 1}`, port)),
    options: {
      basePort: options.basePort ?? null,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      ...(electionMs === undefined ? {} : { electionMs }),
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
  const { file, launched } = await withControl(dir, () => launchMissing(dir, options, created, onProgress));
  const serving = await waitUntilServing(dir, file, START_PATIENCE_MS);
  onProgress({ type: 'leader', node: serving.leader, term: serving.term });
  return { dir, file, created, launched, ...pick(serving), tookMs: performance.now() - startedAt };
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

function processesOf(dir: string, file: ClusterFile): Promise<ClusterSummary['nodes']> {
  return Promise.all(file.nodes.map(async (node) => ({ ...node, ...(await nodeProcess(dir, node.id)) })));
}

async function createOrFind(options: StartOptions): Promise<{ readonly dir: string; readonly created: boolean }> {
  const dir = dirOf(options);
  if ((await readClusterFile(dir)) !== null) return { dir, created: false };
  try {
    await createCluster(options);
    return { dir, created: true };
  } catch (error) {
    // Somebody else may have made it in the meantime: then it is there, and resumed like any other.
    if (error instanceof ClusterError && (await readClusterFile(dir)) !== null) return { dir, created: false };
    throw error;
  }
}

/** Call it under the cluster's lock. */
async function launchMissing(
  dir: string,
  options: StartOptions,
  created: boolean,
  onProgress: (progress: StartProgress) => void,
): Promise<{ readonly file: ClusterFile; readonly launched: readonly string[] }> {
  const { file: found } = await findCluster(options);
  refuseOtherShape(found, options, created);
  onProgress({ type: created ? 'created' : 'resumed', dir, nodes: found.nodes.length });
  const processes = await processesOf(dir, found);
  const missing = processes.filter(({ state }) => state === 'down').map(({ id }) => id);
  if (missing.length === 0) return { file: found, launched: [] };
  const allDown = missing.length === found.nodes.length;
  const file = created ? found : await withUsablePorts(dir, found, missing, options.basePort ?? null);
  await writeNodeConfigs(dir, file, missing);
  // Faults end with the nodes they were set on; those of a cluster that was wholly down would keep it from starting.
  if (allDown) await clearFaults(dir);
  else await writeLedger(dir, withoutNodes(await readLedger(dir), missing.map(nodeId), ['kill']));
  await Promise.all(
    missing.map(async (id) => {
      const { pid } = await spawnNode(dir, id);
      onProgress({ type: 'spawned', node: id, pid });
    }),
  );
  return { file, launched: missing };
}

/** The file with ports that can be listened on: a stranger may sit on a remembered one by now. */
async function withUsablePorts(
  dir: string,
  file: ClusterFile,
  missing: readonly string[],
  wanted: number | null,
): Promise<ClusterFile> {
  const allDown = missing.length === file.nodes.length;
  const basePort = wanted ?? file.options.basePort;
  const moved = wanted !== null && wanted !== file.options.basePort;
  if (moved && !allDown)
    throw new ClusterError(`'${file.name}' runs on other ports. Stop it before you move it to --base-port ${wanted}.`);
  const nodes = moved ? row(wanted, file.nodes.length).map((port, place) => nodeEntry(`n${place + 1}`, port)) : file.nodes;
  const taken = (
    await Promise.all(nodes.map(async (node) => (missing.includes(node.id) && !(await isPortFree(node.port)) ? node : null)))
  ).filter((node) => node !== null);
  if (taken.length > 0 && basePort !== null) {
    throw new ClusterError(
      `Port ${taken.map(({ port }) => port).join(', ')} is in use by another program. Choose another --base-port.`,
    );
  }
  if (taken.length > 0 && !allDown) {
    const names = taken.map(({ id, port }) => `${id} (port ${port})`).join(', ');
    throw new ClusterError(`Another program took the port of ${names}. Stop the whole cluster and start it again to move it.`);
  }
  if (taken.length === 0 && !moved) return file;
  const fresh = await freePorts(taken.length);
  const replacement = new Map(taken.map((node, place) => [node.id, fresh[place] ?? node.port]));
  const changed: ClusterFile = {
    ...file,
    nodes: nodes.map((node) => nodeEntry(node.id, replacement.get(node.id) ?? node.port)),
    options: { ...file.options, basePort },
  };
  await writeClusterFile(dir, changed);
  return changed;
}

function refuseOtherShape(file: ClusterFile, options: StartOptions, created: boolean): void {
  if (created || options.count === undefined || options.count === file.nodes.length) return;
  throw new ClusterError(
    `'${file.name}' has ${file.nodes.length} nodes, not ${options.count}. Resume it with: raftkv-tui start ${file.nodes.length}` +
      ` --cluster ${file.name}; or begin another with --cluster NAME; or delete it with: raftkv-tui rm --cluster ${file.name}`,
  );
}

async function clearFaults(dir: string): Promise<void> {
  const { nextId, faults } = await readLedger(dir);
  if (faults.length > 0) await writeLedger(dir, { ...EMPTY_LEDGER, nextId });
}

function checkCount(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= LIMITS.maxNodes) return count;
  throw new ClusterError(`A cluster has 1 to ${LIMITS.maxNodes} nodes, not ${count}.`);
}

function row(basePort: number, count: number): readonly number[] {
  if (!Number.isInteger(basePort) || basePort < 1 || basePort + count - 1 > 65_535) {
    throw new ClusterError(
      `There are no ${count} ports from ${basePort} on: choose a --base-port between 1024 and ${65_536 - count}.`,
    );
  }
  return Array.from({ length: count }, (_, place) => basePort + place);
}

function nodeEntry(id: string, port: number): ClusterFile['nodes'][number] {
  return { id, url: `ws://${HOST}:${port}`, port };
}

function pick({ leader, term }: Serving): { readonly leader: string; readonly term: number } {
  return { leader, term };
}

function homeOf(which: WhichCluster): string {
  return which.home ?? defaultHome();
}

function dirOf(which: WhichCluster): string {
  return clusterDir(homeOf(which), which.name ?? DEFAULT_NAME);
}
