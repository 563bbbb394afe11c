/** Brings up the nodes of a cluster that are down: ports, configurations, processes. All of it under the cluster's lock. */
import { nodeId } from '../../base/brand.ts';
import { ClusterError } from './cluster-error.ts';
import { type GuardHandle, newOwner, spawnGuard } from './faults/guard-process.ts';
import { clearFaults, readLedger, withoutNodes, writeLedger } from './faults/ledger.ts';
import { writeClusterFile, writeNodeConfigs } from './folder/directory.ts';
import { findCluster, processesOf, type WhichCluster } from './folder/find-cluster.ts';
import { freePorts, isPortFree } from './folder/ports.ts';
import type { LaunchOrder, Scarcity } from './launch-order.ts';
import { spawnNode, stopNode } from './process/processes.ts';
import type { ReadyWords } from './process/ready-words.ts';
import type { ClusterFile } from './shapes.ts';

const HOST = '127.0.0.1';

export interface StartOptions extends WhichCluster {
  /** 1 to 9; default 5. A cluster that exists keeps the number it has. */
  readonly count?: number;
  /** Ports basePort, basePort + 1 and so on; default: free ones, remembered. */
  readonly basePort?: number;
  readonly heartbeatMs?: number;
  readonly electionMs?: number;
  /** Leaders of a new cluster may serve reads by lease. Default false. */
  readonly leaseReads?: boolean;
  /** Entries after which a node of a new cluster takes a snapshot. Default: base/limits.ts. */
  readonly snapshotEntries?: number;
  /** Revisions that a node of a new cluster remembers. Default: base/limits.ts. */
  readonly historyChanges?: number;
  /** The nodes of a new cluster note what they do to their disks, for `power-loss`. Default false. */
  readonly operationLog?: boolean;
  /** When some of the nodes are launched later than the others. Default: launch-order.ts. */
  readonly scarcity?: Partial<Scarcity>;
  /** False when a console will hold the cluster: its guard then starts together with the nodes. Default true. */
  readonly detach?: boolean;
}

/** What `openCluster` needs to take over a cluster that was started for a console. */
export interface ConsoleHold {
  readonly owner: string;
  readonly guard: GuardHandle;
  /** False when nodes were running before: they are somebody else's to stop. */
  readonly ownsNodes: boolean;
}

/** What is going on during a start, for a line on the screen. */
export type StartProgress =
  | { readonly type: 'created'; readonly dir: string; readonly nodes: number }
  | { readonly type: 'resumed'; readonly dir: string; readonly nodes: number }
  | { readonly type: 'spawned'; readonly node: string; readonly pid: number }
  /** A node reads its store: `text` says how far it is. */
  | { readonly type: 'loading'; readonly node: string; readonly text: string }
  | { readonly type: 'leader'; readonly node: string; readonly term: number };

export interface Launched {
  readonly file: ClusterFile;
  /** The nodes that were started, or are to be; empty when all were running. */
  readonly launched: readonly string[];
  /** Those of them that are yet to be started, see `launchLater`. */
  readonly later: readonly string[];
}

export async function launch(
  dir: string,
  options: StartOptions,
  created: ClusterFile | null,
  words: ReadyWords | null,
  onProgress: (progress: StartProgress) => void,
): Promise<Launched & { readonly hold: ConsoleHold | null }> {
  const { file, launched, later } = await launchMissing(dir, options, created, words, onProgress);
  if (options.detach !== false) return { file, launched, later, hold: null };
  const owner = newOwner();
  const ownsNodes = launched.length === file.nodes.length;
  try {
    return { file, launched, later, hold: { owner, ownsNodes, guard: await spawnGuard(dir, owner, { stopNodes: ownsNodes }) } };
  } catch (error) {
    await Promise.all(launched.map((id) => stopNode(dir, id)));
    throw error;
  }
}

async function launchMissing(
  dir: string,
  options: StartOptions,
  created: ClusterFile | null,
  words: ReadyWords | null,
  onProgress: (progress: StartProgress) => void,
): Promise<Launched> {
  const { file: found } = await findCluster(options, created);
  if (created === null) refuseOtherShape(found, options);
  onProgress({ type: created === null ? 'resumed' : 'created', dir, nodes: found.nodes.length });
  const processes = await processesOf(dir, found);
  const missing = processes.filter(({ state }) => state === 'down').map(({ id }) => id);
  if (missing.length === 0) return { file: found, launched: [], later: [] };
  const allDown = missing.length === found.nodes.length;
  const file = created !== null ? found : await withUsablePorts(dir, found, missing, options.basePort ?? null);
  await writeNodeConfigs(dir, file, missing);
  // Faults end with the nodes they were set on; those of a cluster that was wholly down would keep it from starting.
  if (allDown) await clearFaults(dir);
  else await writeLedger(dir, withoutNodes(await readLedger(dir), missing.map(nodeId), ['kill', 'power-loss']));
  const { first, later } = await orderOf(dir, missing, allDown && created === null, options);
  await spawnAll(dir, first, words, onProgress);
  return { file, launched: missing, later };
}

async function orderOf(dir: string, ids: readonly string[], mayWait: boolean, { scarcity }: StartOptions): Promise<LaunchOrder> {
  if (!mayWait) return { first: ids, later: [] };
  const { launchOrder } = await import('./launch-order.ts');
  return launchOrder(dir, ids, scarcity);
}

/** Whoever has stopped the cluster meanwhile wants none of it; whoever has started it has started these as well. */
export async function launchLater(
  dir: string,
  file: ClusterFile,
  later: readonly string[],
  onProgress: (progress: StartProgress) => void,
): Promise<void> {
  const processes = await processesOf(dir, file);
  if (processes.every(({ state }) => state === 'down')) return;
  const down = processes.filter(({ id, state }) => state === 'down' && later.includes(id)).map(({ id }) => id);
  await spawnAll(dir, down, null, onProgress);
}

/** All of them or none: nobody would stop those that came up before one that did not. */
async function spawnAll(
  dir: string,
  ids: readonly string[],
  words: ReadyWords | null,
  onProgress: (progress: StartProgress) => void,
): Promise<void> {
  const spawned = await Promise.allSettled(
    ids.map(async (id) => {
      const { pid } = await spawnNode(dir, id, words);
      onProgress({ type: 'spawned', node: id, pid });
    }),
  );
  const failure = spawned.find(({ status }) => status === 'rejected');
  if (failure?.status !== 'rejected') return;
  await Promise.all(ids.map((id) => stopNode(dir, id)));
  throw failure.reason;
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
  const nodes = moved ? portRow(wanted, file.nodes.length).map((port, place) => nodeEntry(`n${place + 1}`, port)) : file.nodes;
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

function refuseOtherShape(file: ClusterFile, options: StartOptions): void {
  if (options.count === undefined || options.count === file.nodes.length) return;
  throw new ClusterError(
    `'${file.name}' has ${file.nodes.length} nodes, not ${options.count}. Resume it with: raftkv-tui start ${file.nodes.length}` +
      ` --cluster ${file.name}; or begin another with --cluster NAME; or delete it with: raftkv-tui rm --cluster ${file.name}`,
  );
}

/** `count` ports in a row. Throws a ClusterError when there are not that many. */
export function portRow(basePort: number, count: number): readonly number[] {
  if (!Number.isInteger(basePort) || basePort < 1 || basePort + count - 1 > 65_535) {
    throw new ClusterError(
      `There are no ${count} ports from ${basePort} on: choose a --base-port between 1024 and ${65_536 - count}.`,
    );
  }
  return Array.from({ length: count }, (_, place) => basePort + place);
}

export function nodeEntry(id: string, port: number): ClusterFile['nodes'][number] {
  return { id, url: `ws://${HOST}:${port}`, port };
}
