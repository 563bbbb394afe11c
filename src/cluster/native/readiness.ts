/** Waits until a started cluster serves, or says why it will not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeId } from '../../base/brand.ts';
import type { MemberStatus } from '../../replica/status.ts';
import { RaftKvClient } from './client.ts';
import { ClusterError } from './cluster-error.ts';
import { type ClusterFile, readToken } from './directory.ts';
import { readLedger } from './ledger.ts';
import { lastLogLines, nodeProcess } from './processes.ts';

export interface Serving {
  readonly leader: string;
  readonly term: number;
}

const POLL_MS = 20;
const ASK_MS = 400;
const LOG_LINES = 5;
/** The processes are looked at this seldom: a look costs more than a refused connection. */
const LOOK_EVERY = 5;

/**
 * Resolves when some node leads and has committed an entry of its own term: only then does it answer reads and writes
 * (Raft §8). Rejects with a ClusterError when a node ended, with the last lines of its log, or when time is up.
 */
export async function waitUntilServing(dir: string, file: ClusterFile, patienceMs: number): Promise<Serving> {
  const client = new RaftKvClient({ endpoints: file.nodes, token: await readToken(dir, 'client') });
  const giveUpAt = performance.now() + patienceMs;
  try {
    for (let round = 1; performance.now() < giveUpAt; round += 1) {
      const serving = await firstServing(client, file);
      if (serving !== null) return serving;
      if (round % LOOK_EVERY === 0) await refuseEnded(dir, file);
      await sleep(POLL_MS);
    }
  } finally {
    client.close();
  }
  throw new ClusterError(await explain(dir, file, patienceMs));
}

/** Does not wait for a node that hangs when another has the answer. */
async function firstServing(client: RaftKvClient, file: ClusterFile): Promise<Serving | null> {
  const asked = file.nodes.map(async ({ id }) => {
    const status = await client.status(nodeId(id), { deadlineMs: ASK_MS, retry: false });
    if (!isServing(status)) throw new Error('not serving');
    return { leader: id, term: status.term };
  });
  return Promise.any(asked).catch(() => null);
}

/** The newest terms are in the status; a commit index below them is one of an older leader's entries. */
export function isServing(status: MemberStatus): boolean {
  if (status.role !== 'leader') return false;
  return status.tail.terms[status.commitIndex - status.tail.first] === status.term;
}

async function refuseEnded(dir: string, file: ClusterFile): Promise<void> {
  for (const { id } of file.nodes) {
    if ((await nodeProcess(dir, id)).state !== 'down' || (await isKilled(dir, id))) continue;
    const lines = await lastLogLines(dir, id, LOG_LINES);
    throw new ClusterError(
      [`${id} ended while the cluster was starting. The end of its log:`, ...lines.map((line) => `  ${line}`)].join('\n'),
    );
  }
}

async function isKilled(dir: string, id: string): Promise<boolean> {
  const { faults } = await readLedger(dir);
  return faults.some((fault) => fault.kind === 'kill' && fault.nodes.includes(nodeId(id)));
}

async function explain(dir: string, file: ClusterFile, patienceMs: number): Promise<string> {
  const { faults } = await readLedger(dir);
  const active = faults.map((fault) => fault.command).join(', ');
  const hint = active === '' ? '' : ` Active faults: ${active}. End them with: raftkv-tui fault heal --cluster ${file.name}`;
  return `No leader of '${file.name}' serves after ${Math.round(patienceMs / 1_000)} s.${hint}`;
}
