/** Ways to a driver: by the name of a cluster of this machine, or by the urls of its nodes. */
import { readFile } from 'node:fs/promises';
import { type NodeId, nodeId } from '../../base/brand.ts';
import { checkResult } from '../../wire/check.ts';
import { RaftKvClient } from '../client/client.ts';
import { dialNode } from '../client/dial.ts';
import { ClusterError } from './cluster-error.ts';
import { adminClient, faultsOf } from './faults/fault-admin.ts';
import { type Guard, LateGuard, newOwner, spawnGuard } from './faults/guard-process.ts';
import { readToken } from './folder/directory.ts';
import { findCluster } from './folder/find-cluster.ts';
import { readPrivateFile } from './folder/private-files.ts';
import { NativeDriver } from './native-driver.ts';

export interface OpenOptions {
  /** Default: `$RAFTKV_HOME` or the platform's data folder. */
  readonly home?: string;
  /** False for a single command: nothing is subscribed to, nothing is dialled before it is needed. Default true. */
  readonly watch?: boolean;
  /** Whose faults these are. Default: `cli` without `watch`, else a new console's id, with which its faults end. */
  readonly owner?: string;
  /** The nodes stop when the driver closes. Default false. */
  readonly ownsNodes?: boolean;
  /** From startCluster, which starts one together with the nodes. Default: a new one where the owner is a console. */
  readonly guard?: Guard | null;
}

/** Opens a cluster of this machine. Rejects with a ClusterError when there is none of that name. */
export async function openCluster(name: string, options: OpenOptions = {}): Promise<NativeDriver> {
  const { watch = true, ownsNodes = false } = options;
  const { dir, file } = await findCluster({ name, ...(options.home === undefined ? {} : { home: options.home }) });
  const owner = options.owner ?? (watch ? newOwner() : 'cli');
  const guard = options.guard !== undefined ? options.guard : owner === 'cli' ? null : await guardFor(dir, owner, ownsNodes);
  const nodes = file.nodes.map(({ id, url }) => ({ id: nodeId(id), url }));
  const client = new RaftKvClient({ endpoints: nodes, token: await readToken(dir, 'client') });
  const admin = await adminClient(dir, file);
  const local = { dir, file, admin, faults: faultsOf(dir, file, owner, admin), owner, guard };
  const driver = new NativeDriver({ start: { name, dir, nodes }, client, local, watch, ownsNodes });
  // The first picture already tells who runs.
  await driver.look();
  return driver;
}

async function guardFor(dir: string, owner: string, ownsNodes: boolean): Promise<Guard> {
  const guard = new LateGuard(() => spawnGuard(dir, owner, { stopNodes: ownsNodes }));
  if (ownsNodes) await guard.stand();
  return guard;
}

const ATTACH_MS = 3_000;

export interface AttachOptions {
  readonly watch?: boolean;
  /** A file with the PEM text of the authorities to trust for `wss://`. */
  readonly caFile?: string;
  /** How long the nodes may take to tell their names. Default 3,000. */
  readonly timeoutMs?: number;
}

/**
 * Opens a cluster by the urls of some or all of its nodes; those that do not answer are left out. `tokenFile` must be
 * readable by its owner alone. Rejects with a ClusterError when no node answers.
 */
export async function attachUrls(urls: readonly string[], tokenFile: string, options: AttachOptions = {}): Promise<NativeDriver> {
  const token = (await readPrivateFile(tokenFile, 4_096))?.trim();
  if (token === undefined || token === '') throw new ClusterError(`There is no token in ${tokenFile}.`);
  const ca = options.caFile === undefined ? null : await readFile(options.caFile, 'utf8');
  const tls = ca === null ? {} : { tls: { ca } };
  const timeoutMs = options.timeoutMs ?? ATTACH_MS;
  const answers = await Promise.all(urls.map((url) => identify({ url, token, ca, timeoutMs })));
  const found = answers.filter((answer) => answer !== null);
  const [first] = found;
  if (first === undefined) throw new ClusterError(`None of these nodes answers: ${urls.join(', ')}`);
  const nodes = found.map(({ id, url }) => ({ id, url }));
  const client = new RaftKvClient({ endpoints: nodes, token, ...tls });
  return new NativeDriver({
    start: { name: first.cluster, dir: null, nodes },
    client,
    local: null,
    watch: options.watch ?? true,
    ownsNodes: false,
  });
}

interface Identified {
  readonly id: NodeId;
  readonly url: string;
  readonly cluster: string;
}

/** Who listens at a url; null when nobody of ours does. */
async function identify(to: {
  readonly url: string;
  readonly token: string;
  readonly ca: string | null;
  readonly timeoutMs: number;
}): Promise<Identified | null> {
  try {
    const connection = await dialNode({ ...to, onNotification: () => {}, onClose: () => {} });
    try {
      const status = checkResult('node.status', await connection.request('node.status', {}, to.timeoutMs));
      return { id: status.id, url: to.url, cluster: status.cluster };
    } finally {
      connection.close();
    }
  } catch {
    return null;
  }
}
