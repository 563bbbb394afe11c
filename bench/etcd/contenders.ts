/** The two stores, each up on this machine: opens clients, and tells which process has which role. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { NodeId } from '../../src/base/brand.ts';
import type { LoadTarget } from '../../src/cli/bench-load.ts';
import { RaftKvClient } from '../../src/cluster/client/client.ts';
import { readToken } from '../../src/cluster/native/folder/directory.ts';
import { startCluster, stopCluster } from '../../src/cluster/native/lifecycle.ts';
import { nodeProcess } from '../../src/cluster/native/process/processes.ts';
import type { Cleanup } from '../cleanup.ts';
import { EtcdClient } from './etcd-client.ts';
import { EtcdCluster } from './etcd-cluster.ts';

export interface Servers {
  readonly leader: number;
  readonly followers: readonly number[];
}

export interface Contender {
  readonly name: 'raftkv' | 'etcd';
  open(): Promise<LoadTarget & { close(): void }>;
  /** Process ids, as the roles are now. */
  servers(): Promise<Servers>;
  stop(): Promise<void>;
}

export async function startOurs(home: string, nodes: number): Promise<Contender> {
  const name = `ours-${nodes}`;
  const { dir, file } = await startCluster({ home, name, count: nodes });
  const token = await readToken(dir, 'client');
  const open = (): RaftKvClient => new RaftKvClient({ endpoints: file.nodes, token });
  const watcher = open();
  return {
    name: 'raftkv',
    open: () => Promise.resolve(open()),
    servers: async () => {
      const all = await Promise.all(
        file.nodes.map(async ({ id }) => ({
          pid: (await nodeProcess(dir, id)).pid ?? 0,
          leads: (await watcher.status(id as NodeId)).role === 'leader',
        })),
      );
      return byRole(all);
    },
    stop: async () => {
      watcher.close();
      await stopCluster({ home, name });
    },
  };
}

export async function startEtcd(home: string, nodes: number, cleanup: Cleanup): Promise<Contender> {
  const cluster = EtcdCluster.launch(join(home, `etcd-${nodes}`), nodes, await freePort(2 * nodes), cleanup);
  await cluster.leader();
  return {
    name: 'etcd',
    open: async () => new EtcdClient((await cluster.leader()).url),
    servers: async () => {
      const leader = await cluster.leader();
      return byRole(cluster.members.map(({ pid }) => ({ pid, leads: pid === leader.pid })));
    },
    stop: () => cluster.stop(),
  };
}

function byRole(all: readonly { readonly pid: number; readonly leads: boolean }[]): Servers {
  const leader = all.find(({ leads }) => leads)?.pid;
  if (leader === undefined) throw new Error('nobody leads');
  return { leader, followers: all.filter(({ leads }) => !leads).map(({ pid }) => pid) };
}

/** The first of `count` ports in a row that nobody listens on now. */
export async function freePort(count: number): Promise<number> {
  for (let base = 23_790; base < 60_000; base += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
