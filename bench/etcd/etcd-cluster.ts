/** A local etcd cluster for comparisons: Debian's etcd-server, every member a process, all data in one temporary folder. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Cleanup } from '../cleanup.ts';

export interface EtcdMember {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

/** Of the answer to `maintenance/status`; identities are decimal text. */
const STATUS = z.object({ leader: z.string(), header: z.object({ member_id: z.string() }) });
const READY_MS = 30_000;
const STOP_MS = 5_000;

/** What to do when there is no etcd; null when there is. */
export function etcdMissing(): string | null {
  const found = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  return found.status === 0
    ? null
    : 'There is no `etcd` on the PATH. Install it first; on Debian: apt-get install etcd-server. Nothing is installed by this script.';
}

export function etcdVersion(): string {
  return /etcd Version: (\S+)/.exec(spawnSync('etcd', ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? 'unknown';
}

export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly #spawn: readonly (() => ChildProcess)[];
  readonly #children: ChildProcess[];
  #stopped = false;

  /**
   * Its processes, whether they answer yet or not. A folder that was used before is gone on with. Ports are `basePort` and the next
   * ones, two for each member.
   */
  static launch(dir: string, count: number, basePort: number, cleanup: Cleanup): EtcdCluster {
    let cluster: EtcdCluster | null = null;
    cleanup.add(() => cluster?.stop());
    cluster = new EtcdCluster(dir, count, basePort);
    return cluster;
  }

  private constructor(dir: string, count: number, basePort: number) {
    const names = Array.from({ length: count }, (_, i) => `e${i + 1}`);
    const client = (i: number): string => `http://127.0.0.1:${basePort + 2 * i}`;
    const peer = (i: number): string => `http://127.0.0.1:${basePort + 2 * i + 1}`;
    const all = names.map((name, i) => `${name}=${peer(i)}`).join(',');
    this.#spawn = names.map((name, i) => () => {
      const folder = ['--name', name, '--data-dir', join(dir, name)];
      const clients = ['--listen-client-urls', client(i), '--advertise-client-urls', client(i)];
      const peers = ['--listen-peer-urls', peer(i), '--initial-advertise-peer-urls', peer(i)];
      const quiet = ['--initial-cluster', all, '--logger', 'zap', '--log-level', 'error'];
      return spawn('etcd', [...folder, ...clients, ...peers, ...quiet], { stdio: 'ignore' });
    });
    this.#children = this.#spawn.map((run) => run());
    this.members = names.map((name, i) => ({ name, url: client(i), pid: this.#children[i]?.pid ?? 0 }));
  }

  /** The member that leads, once there is one. */
  async leader(): Promise<EtcdMember> {
    for (const end = performance.now() + READY_MS; performance.now() < end; await sleep(20)) {
      for (const member of this.members) if (await leads(member.url)) return member;
    }
    throw new Error('etcd has no leader after 30 s');
  }

  signal(member: EtcdMember, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#children[this.members.indexOf(member)]?.kill(signal);
  }

  restart(member: EtcdMember): void {
    if (this.#stopped) return;
    const at = this.members.indexOf(member);
    const child = this.#spawn[at]?.();
    if (child !== undefined) this.#children[at] = child;
  }

  pids(): readonly number[] {
    return this.#children.map(({ pid }) => pid ?? 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#children.map(ended));
  }
}

async function leads(url: string): Promise<boolean> {
  const status: unknown = await fetch(`${url}/v3/maintenance/status`, {
    method: 'POST',
    body: '{}',
    signal: AbortSignal.timeout(500),
  })
    .then((response) => response.json())
    .catch(() => null);
  const checked = STATUS.safeParse(status);
  return checked.success && checked.data.leader === checked.data.header.member_id;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(forced);
}
