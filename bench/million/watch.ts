/** What the nodes say of themselves and what the system says of them, gathered while a load runs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeId } from '../../src/base/brand.ts';
import type { RaftKvClient } from '../../src/cluster/client/client.ts';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { nodeProcess } from '../../src/cluster/native/process/processes.ts';
import type { ClusterFile } from '../../src/cluster/native/shapes.ts';
import type { MemberStatus } from '../../src/replica/status.ts';
import { type Stalls, stallsSince } from './stalls.ts';

const POLL_MS = 1_000;
const ASK_MS = 3_000;
/** A probe writes once a second. */
const PROBE_MS = 1_500;

export interface Cluster {
  readonly dir: string;
  readonly file: ClusterFile;
  readonly kv: RaftKvClient;
  /** Where the nodes' probes write. */
  readonly probes: string;
}

/** One for each node that answers. */
export async function statuses({ file, kv }: Cluster): Promise<readonly MemberStatus[]> {
  const all = await Promise.all(
    file.nodes.map(({ id }) => kv.status(nodeId(id), { retry: false, deadlineMs: ASK_MS }).catch(() => null)),
  );
  return all.filter((status) => status !== null);
}

export interface Usage {
  readonly id: string;
  readonly rssMiB: number;
  readonly cpuSeconds: number;
}

export async function usage({ dir, file }: Cluster): Promise<readonly Usage[]> {
  const found: Usage[] = [];
  for (const { id } of file.nodes) {
    const { pid } = await nodeProcess(dir, id);
    if (pid === null) continue;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    found.push({ id, rssMiB: Math.round(rss / 1_024), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 });
  }
  return found;
}

export interface SnapshotFile {
  readonly node: string;
  readonly name: string;
  readonly sizeMB: number;
  /** From the file's creation to its name. */
  readonly tookMs: number;
  readonly begunAt: number;
}

export function snapshotFiles({ dir, file }: Cluster): readonly SnapshotFile[] {
  return file.nodes.flatMap(({ id }) => {
    const folder = join(paths.data(dir, id), 'snap');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.snap'))
      .flatMap((name) => {
        const found = statSync(join(folder, name), { throwIfNoEntry: false });
        if (found === undefined) return [];
        const { size, birthtimeMs, ctimeMs } = found;
        return [
          { node: id, name, sizeMB: Math.round(size / 1e6), tookMs: Math.round(ctimeMs - birthtimeMs), begunAt: birthtimeMs },
        ];
      });
  });
}

/** A node tells of the last twenty seconds: so long it must have been up before its start is forgotten. */
const WINDOW_MS = 21_000;

/** Until what a node says of its event loop is all from after its start. */
export async function forgetStart(cluster: Cluster): Promise<void> {
  const upMs = Math.min(...(await statuses(cluster)).map(({ uptimeMs }) => uptimeMs));
  await sleep(Math.max(0, WINDOW_MS - upMs));
}

/** Whether a node writes a snapshot now. */
export const isTaking = ({ dir, file }: Cluster): boolean =>
  file.nodes.some(({ id }) => readdirSync(join(paths.data(dir, id), 'snap')).includes('taking.tmp'));

/** The worst that was seen of each node, and the terms that came and went. */
export class Watch {
  readonly #cluster: Cluster;
  readonly #worst = new Map<string, { p99Ms: number; maxMs: number; rssMiB: number }>();
  readonly #terms = new Set<number>();
  readonly #begunAt = Date.now();
  /** Nodes that were started meanwhile: when they first answered. */
  readonly #startedAt = new Map<string, number>();
  #stopped = false;
  readonly #polling: Promise<void>;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#polling = this.#poll();
  }

  /** A node answers since now: what its loop was late for while it started is none of anybody's. */
  began(id: string): void {
    this.#startedAt.set(id, Date.now());
  }

  /** `elections`: terms beyond the one that it began with. */
  async stop(): Promise<{
    readonly elections: number;
    readonly nodes: Readonly<Record<string, { p99Ms: number; maxMs: number; rssMiB: number }>>;
    readonly stalls: Readonly<Record<string, Stalls>>;
  }> {
    this.#stopped = true;
    await this.#polling;
    await sleep(PROBE_MS);
    const terms = [...this.#terms];
    return {
      elections: terms.length === 0 ? 0 : Math.max(...terms) - Math.min(...terms),
      nodes: Object.fromEntries(this.#worst),
      stalls: stallsSince(this.#cluster.probes, (id) => this.#startedAt.get(id) ?? this.#begunAt),
    };
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      for (const { id, term, loopDelay, memoryBytes } of await statuses(this.#cluster)) {
        this.#terms.add(term);
        const worst = this.#worst.get(id) ?? { p99Ms: 0, maxMs: 0, rssMiB: 0 };
        worst.p99Ms = Math.max(worst.p99Ms, loopDelay.p99Ms);
        worst.maxMs = Math.max(worst.maxMs, loopDelay.maxMs);
        worst.rssMiB = Math.max(worst.rssMiB, Math.round(memoryBytes / 1_048_576));
        this.#worst.set(id, worst);
      }
      await sleep(POLL_MS);
    }
  }
}
