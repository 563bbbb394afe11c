/** What the nodes tell of themselves meanwhile: terms, memory, event loops, queues. */
import { readFileSync } from 'node:fs';
import type { NodeId } from '../../src/base/brand.ts';
import type { RaftKvClient } from '../../src/cluster/client/client.ts';

export interface NodeLook {
  readonly id: string;
  readonly pid: number;
  readonly leads: boolean;
  readonly term: number;
  readonly residentBytes: number;
  /** Milliseconds without a heartbeat, at the worst look; of followers. */
  readonly quietMs: number;
}

const EVERY_MS = 100;

/** Resident memory as the kernel counts it, so that a node that stands still tells too. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
}

/** Clock ticks of /proc in a second, on every Linux that Node runs on. */
const TICKS = 100;

/** Processor time of a process so far, in seconds. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export class Watch {
  readonly #client: RaftKvClient;
  readonly #pids: ReadonlyMap<string, number>;
  readonly #terms = new Set<number>();
  readonly #mostBytes = new Map<string, number>();
  #quietMs = 0;
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(client: RaftKvClient, pids: ReadonlyMap<string, number>) {
    this.#client = client;
    this.#pids = pids;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
  }

  /** Of all looks so far. */
  get worst() {
    return {
      elections: Math.max(0, this.#terms.size - 1),
      quietMs: Math.round(this.#quietMs),
      queuedBytes: this.#queuedBytes,
      mostBytes: Object.fromEntries(this.#mostBytes),
    };
  }

  resident(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#pids].map(([id, pid]) => [id, residentBytes(pid)]));
  }

  async leader(): Promise<string> {
    for (;;) {
      for (const id of this.#pids.keys()) {
        const status = await this.#client.status(id as NodeId, { retry: false, deadlineMs: 1_000 }).catch(() => null);
        if (status?.role === 'leader') return id;
      }
    }
  }

  async #look(): Promise<void> {
    for (const [id, pid] of this.#pids) {
      this.#mostBytes.set(id, Math.max(this.#mostBytes.get(id) ?? 0, residentBytes(pid)));
      const status = await this.#client.status(id as NodeId, { retry: false, deadlineMs: 2_000 }).catch(() => null);
      if (status === null) continue;
      this.#terms.add(status.term);
      if (status.role !== 'leader') this.#quietMs = Math.max(this.#quietMs, status.election?.elapsedMs ?? 0);
      for (const link of status.links) this.#queuedBytes = Math.max(this.#queuedBytes, link.queuedBytes);
    }
  }
}
