/** Clusters of real processes for one test at a time: a home of its own, and nothing left behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';
import { type NodeId, nodeId } from '../../src/base/brand.ts';
import { RaftKvClient } from '../../src/cluster/client/client.ts';
import { readToken } from '../../src/cluster/native/folder/directory.ts';
import { findCluster } from '../../src/cluster/native/folder/find-cluster.ts';
import type { StartOptions } from '../../src/cluster/native/launch.ts';
import { listClusters, type StartedCluster, startCluster, stopCluster } from '../../src/cluster/native/lifecycle.ts';

export class Home {
  path = '';
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** Starts a detached cluster. */
  start(options: StartOptions = {}): Promise<StartedCluster> {
    return startCluster({ home: this.path, count: 3, ...options });
  }

  stop(name = 'default'): Promise<readonly string[]> {
    return stopCluster({ home: this.path, name });
  }

  /** A client that is closed at the end of the test. */
  async client(name = 'default'): Promise<RaftKvClient> {
    const { dir, file } = await findCluster({ home: this.path, name });
    const client = new RaftKvClient({ endpoints: file.nodes, token: await readToken(dir, 'client') });
    this.atEnd(() => client.close());
    return client;
  }

  atEnd(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  async clear(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
    for (const { name } of await listClusters(this.path)) await this.stop(name);
    await rm(this.path, { recursive: true, force: true });
  }
}

/** A fresh home for each test of a file. */
export function freshHome(): Home {
  const home = new Home();
  beforeEach(async () => {
    home.path = await mkdtemp(join(tmpdir(), 'raftkv-home-'));
  });
  afterEach(() => home.clear());
  return home;
}

/** Asks again until the answer is not null; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T | null> | T | null): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await sleep(20);
  }
}

/** The one of `among` that leads and that all of them follow. */
export function leaderOf(client: RaftKvClient, among: readonly NodeId[]): Promise<NodeId> {
  return until(async () => {
    const answers = await Promise.all(among.map((id) => client.status(id, { deadlineMs: 500, retry: false }).catch(() => null)));
    const leader = answers[0]?.leader ?? null;
    const agreed = answers.every((status) => status?.leader === leader);
    return agreed && leader !== null && among.includes(leader) ? leader : null;
  });
}

export const ids = (count: number): readonly NodeId[] => Array.from({ length: count }, (_, place) => nodeId(`n${place + 1}`));
