/** The two stores as somebody meets them who has to wait: launched, robbed of their leader, stopped and started again. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { RaftKvClient } from '../../src/cluster/client/client.ts';
import { readClusterFile, readToken } from '../../src/cluster/native/folder/directory.ts';
import { clusterDir } from '../../src/cluster/native/folder/home.ts';
import { stopCluster } from '../../src/cluster/native/lifecycle.ts';
import { nodeProcess } from '../../src/cluster/native/process/processes.ts';
import type { ClusterFile } from '../../src/cluster/native/shapes.ts';
import type { Cleanup } from '../cleanup.ts';
import { type Loss, leaderOf, lose, regain, untilCaughtUp } from '../leader-loss.ts';
import { freePort } from './contenders.ts';
import { EtcdClient } from './etcd-client.ts';
import { EtcdCluster, type EtcdMember } from './etcd-cluster.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/raftkv-tui.js');
const run = promisify(execFile);
/** etcd answers nothing that it took while it had lost its leader and did not know: so it is asked anew this often. */
const ASK_AGAIN_MS = 100;
const PATIENCE_MS = 120_000;
const IN_FLIGHT = 256;
const CONNECTIONS = 16;
/** Of one transaction of etcd's. */
const PUTS_AT_ONCE = 100;

export type Pair = readonly [key: string, value: string];

export interface Subject {
  readonly name: 'raftkv' | 'etcd';
  /** As a user does it: the command, to its end, or the processes. Goes on with the data that is there. */
  launch(): Promise<void>;
  /** Resolves at the first acknowledgement, however often it has to ask. */
  put(key: string, value: string): Promise<void>;
  fill(pairs: Iterable<Pair>): Promise<void>;
  /** Resolves when it is gone. What comes back brings it back, and waits until all is as it was. */
  loseLeader(how: Exclude<Loss, 'cut'>): Promise<() => Promise<void>>;
  residentMiB(): Promise<readonly number[]>;
  /** Ends the processes and keeps the data. */
  stop(): Promise<void>;
  /** Takes the data away. */
  erase(): void;
}

export class Ours implements Subject {
  readonly name = 'raftkv';
  readonly #home: string;
  readonly #nodes: number;
  readonly #dir: string;
  readonly #cleanup: Cleanup;
  #file: ClusterFile | null = null;
  #kv: RaftKvClient | null = null;

  constructor(home: string, nodes: number, cleanup: Cleanup) {
    this.#home = home;
    this.#cleanup = cleanup;
    this.#nodes = nodes;
    this.#dir = clusterDir(home, 'ours');
  }

  async launch(): Promise<void> {
    const which = ['--detach', '--home', this.#home, '--cluster', 'ours', '--quiet'];
    let launching: Promise<unknown> | null = null;
    // What it launches can be found, and ended, when it has come to its end.
    this.#cleanup.add(() => launching?.catch(() => {}));
    launching = run(process.execPath, [PROGRAM, 'start', String(this.#nodes), ...which]);
    await launching;
    this.#file = await readClusterFile(this.#dir);
    this.#kv = await this.#client();
  }

  async put(key: string, value: string): Promise<void> {
    await this.#kv?.put(key, value, { deadlineMs: PATIENCE_MS });
  }

  async fill(pairs: Iterable<Pair>): Promise<void> {
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => this.#client()));
    const rest = pairs[Symbol.iterator]();
    await together(async (worker) => {
      const kv = clients[worker % CONNECTIONS];
      for (let next = rest.next(); next.done !== true; next = rest.next())
        await kv?.put(...next.value, { deadlineMs: PATIENCE_MS });
    }, IN_FLIGHT);
    for (const client of clients) client.close();
  }

  async loseLeader(how: Exclude<Loss, 'cut'>): Promise<() => Promise<void>> {
    const [kv, ids] = [this.#kv, (this.#file?.nodes ?? []).map(({ id }) => id)];
    if (kv === null) throw new Error('it was not launched');
    const leader = await leaderOf(kv, ids);
    await lose(how, this.#dir, leader);
    return async () => {
      await regain(how, this.#dir, leader);
      await untilCaughtUp(kv, ids, leader);
    };
  }

  async residentMiB(): Promise<readonly number[]> {
    return Promise.all((this.#file?.nodes ?? []).map(async ({ id }) => residentMiB((await nodeProcess(this.#dir, id)).pid ?? 0)));
  }

  async stop(): Promise<void> {
    this.#kv?.close();
    await stopCluster({ home: this.#home, name: 'ours' });
  }

  erase(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #client(): Promise<RaftKvClient> {
    return new RaftKvClient({ endpoints: this.#file?.nodes ?? [], token: await readToken(this.#dir, 'client') });
  }
}

export class Etcds implements Subject {
  readonly name = 'etcd';
  readonly #dir: string;
  readonly #nodes: number;
  readonly #cleanup: Cleanup;
  readonly #clients = new Map<string, EtcdClient>();
  #port: number | null = null;
  #cluster: EtcdCluster | null = null;
  #lost: EtcdMember | null = null;

  constructor(home: string, nodes: number, cleanup: Cleanup) {
    this.#cleanup = cleanup;
    this.#dir = join(home, 'etcd');
    this.#nodes = nodes;
  }

  async launch(): Promise<void> {
    this.#port ??= await freePort(2 * this.#nodes);
    this.#cluster = EtcdCluster.launch(this.#dir, this.#nodes, this.#port, this.#cleanup);
  }

  put(key: string, value: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let [turn, closed] = [0, false];
      const end = (settle: () => void): void => {
        closed = true;
        clearInterval(asking);
        clearTimeout(patience);
        settle();
      };
      const ask = (): void => {
        const there = this.#members().filter((member) => member !== this.#lost);
        const member = there[turn % there.length];
        turn += 1;
        if (member === undefined) return;
        this.#clientOf(member)
          .put(key, value)
          .then(
            () => end(resolve),
            // Refused at once: a new connection, a moment later.
            () => {
              this.#forget(member);
              if (!closed) setTimeout(() => closed || ask(), ASK_AGAIN_MS / 5);
            },
          );
      };
      const asking = setInterval(ask, ASK_AGAIN_MS);
      const patience = setTimeout(() => end(() => reject(new Error('etcd took no put'))), PATIENCE_MS);
      ask();
    });
  }

  async fill(pairs: Iterable<Pair>): Promise<void> {
    const leader = await this.#cluster?.leader();
    if (leader === undefined) return;
    const rest = pairs[Symbol.iterator]();
    const client = new EtcdClient(leader.url);
    await together(async () => {
      for (let some = take(rest, PUTS_AT_ONCE); some.length > 0; some = take(rest, PUTS_AT_ONCE)) await client.putAll(some);
    }, CONNECTIONS);
    client.close();
  }

  async loseLeader(how: Exclude<Loss, 'cut'>): Promise<() => Promise<void>> {
    const cluster = this.#cluster;
    if (cluster === null) throw new Error('it was not launched');
    const leader = await cluster.leader();
    cluster.signal(leader, how);
    this.#lost = leader;
    return async () => {
      this.#lost = null;
      this.#forget(leader);
      if (how === 'SIGKILL') cluster.restart(leader);
      else cluster.signal(leader, 'SIGCONT');
      // A read that all agree on shows that it has caught up.
      while (!(await answers(leader))) await sleep(ASK_AGAIN_MS / 5);
      await cluster.leader();
    };
  }

  residentMiB(): Promise<readonly number[]> {
    return Promise.resolve((this.#cluster?.pids() ?? []).map(residentMiB));
  }

  async stop(): Promise<void> {
    for (const member of this.#members()) this.#forget(member);
    await this.#cluster?.stop();
  }

  erase(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #members(): readonly EtcdMember[] {
    return this.#cluster?.members ?? [];
  }

  #clientOf(member: EtcdMember): EtcdClient {
    const client = this.#clients.get(member.url) ?? new EtcdClient(member.url);
    this.#clients.set(member.url, client);
    return client;
  }

  #forget(member: EtcdMember): void {
    this.#clients.get(member.url)?.close();
    this.#clients.delete(member.url);
  }
}

async function answers({ url }: EtcdMember): Promise<boolean> {
  const client = new EtcdClient(url);
  const answered = await client.get('before').then(
    () => true,
    () => false,
  );
  client.close();
  return answered;
}

function take<T>(from: Iterator<T>, count: number): readonly T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = from.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

async function together(work: (worker: number) => Promise<void>, workers: number): Promise<void> {
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
}

function residentMiB(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024);
}
