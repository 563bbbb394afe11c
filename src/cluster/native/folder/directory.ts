/** A cluster's folder: what is in it, how it is made, how it is read. Nothing read from it is trusted unchecked. */
import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NodeConfig } from '../../../node/config.ts';
import { ClusterError, systemCode } from '../cluster-error.ts';
import type { ClusterFile } from '../shapes.ts';
import { clusterDir, isClusterName } from './home.ts';
import {
  checkPrivateDir,
  createPrivateDir,
  createPrivateFile,
  ensureHome,
  readPrivateFile,
  replacePrivateFile,
  syncDir,
} from './private-files.ts';

export type TokenRole = 'client' | 'admin' | 'peer';
const ROLES: readonly TokenRole[] = ['client', 'admin', 'peer'];
const FILE_BYTES = 65_536;
const TOKEN = /^[0-9a-f]{64}$/;

/** The names inside a cluster's folder. */
export const paths = {
  cluster: (dir: string) => join(dir, 'cluster.json'),
  token: (dir: string, role: TokenRole) => join(dir, `${role}.token`),
  faults: (dir: string) => join(dir, 'faults.json'),
  plan: (dir: string) => join(dir, 'plan.json'),
  guardLog: (dir: string) => join(dir, 'guard.log'),
  node: (dir: string, id: string) => join(dir, id),
  /** What the node did to its disk, beside its data. */
  operations: (dir: string, id: string) => join(dir, id, 'operations.log'),
  config: (dir: string, id: string) => join(dir, id, 'node.json'),
  log: (dir: string, id: string) => join(dir, id, 'node.log'),
  process: (dir: string, id: string) => join(dir, id, 'pid.json'),
  data: (dir: string, id: string) => join(dir, id, 'data'),
} as const;

/** Makes HOME/NAME with fresh tokens. The folder appears whole or not at all; throws when the name is taken. */
export async function createClusterDir(home: string, file: ClusterFile): Promise<string> {
  await ensureHome(home);
  const dir = clusterDir(home, file.name);
  const draft = join(home, `.new-${file.name}-${randomBytes(6).toString('hex')}`);
  await createPrivateDir(draft);
  try {
    await Promise.all([
      ...ROLES.map((role) => createPrivateFile(paths.token(draft, role), `${randomBytes(32).toString('hex')}\n`)),
      createPrivateFile(paths.cluster(draft), textOf(file)),
      ...file.nodes.map(({ id }) => createPrivateDir(paths.node(draft, id))),
    ]);
    await Promise.all(file.nodes.map(({ id }) => createPrivateDir(paths.data(draft, id))));
    await syncDir(draft);
    // A folder cannot be renamed onto one that has files, so of two creators one wins whole.
    await rename(draft, dir);
    await syncDir(home);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (systemCode(error) === 'ENOTEMPTY' || systemCode(error) === 'EEXIST') {
      throw new ClusterError(`A cluster named '${file.name}' exists already in ${home}.`);
    }
    throw error;
  }
  return dir;
}

/**
 * The checked cluster.json; null when there is no such cluster. Throws when it is damaged or not private. `written`: what this program
 * has put there itself; it need not be checked as long as it still stands there.
 */
export async function readClusterFile(dir: string, written: ClusterFile | null = null): Promise<ClusterFile | null> {
  try {
    await checkPrivateDir(dir);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  const path = paths.cluster(dir);
  const text = await readPrivateFile(path, FILE_BYTES);
  if (text === null) return null;
  if (written !== null && text === textOf(written)) return written;
  const { ClusterFile, parseChecked } = await import('../shapes.ts');
  const file = parseChecked(ClusterFile, text, path);
  if (file.name !== basename(dir)) throw new ClusterError(`${path} says '${file.name}', not '${basename(dir)}'.`);
  return file;
}

const textOf = (file: ClusterFile): string => `${JSON.stringify(file, null, 2)}\n`;

export async function writeClusterFile(dir: string, file: ClusterFile): Promise<void> {
  await replacePrivateFile(paths.cluster(dir), textOf(file), { durable: true });
}

/** The bearer token for one role. */
export async function readToken(dir: string, role: TokenRole): Promise<string> {
  const path = paths.token(dir, role);
  const token = (await readPrivateFile(path, 256))?.trim();
  if (token === undefined) throw new ClusterError(`${path} is missing.`);
  if (!TOKEN.test(token)) throw new ClusterError(`${path} does not hold a token.`);
  return token;
}

/** What each node reads when it starts; written anew before every start, because ports may have changed. */
export async function writeNodeConfigs(dir: string, file: ClusterFile, ids: readonly string[]): Promise<void> {
  const members = file.nodes.map(({ id, url }) => ({ id, url }));
  const { basePort: _, operationLog, ...timing } = file.options;
  const chosen = file.nodes.filter(({ id }) => ids.includes(id));
  await Promise.all(
    chosen.map(async ({ id, port }) => {
      const config: NodeConfig = {
        id,
        clusterId: file.clusterId,
        clusterName: file.name,
        listen: { host: '127.0.0.1', port },
        members,
        dataDir: 'data',
        tokens: { client: '../client.token', admin: '../admin.token', peer: '../peer.token' },
        faults: { enabled: true, planFile: '../plan.json', ...(operationLog === true ? { operationLog: 'operations.log' } : {}) },
        ...timing,
      };
      await replacePrivateFile(paths.config(dir, id), `${JSON.stringify(config, null, 2)}\n`, { durable: false });
    }),
  );
}

/** The names of all clusters in a home, in order. */
export async function listClusterNames(home: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(home, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && isClusterName(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Deletes a cluster's folder. It vanishes from the list first, so that nobody meets half of it. */
export async function deleteClusterDir(dir: string): Promise<void> {
  const doomed = join(dirname(dir), `.old-${basename(dir)}-${randomBytes(6).toString('hex')}`);
  await rename(dir, doomed);
  await rm(doomed, { recursive: true, force: true });
}
