/** The power fails on a node that was killed: its data directory becomes what the disk may have kept. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Random } from '../../../base/random.ts';
import { decodeRecords } from '../../../node/faults/operation-records.ts';
import { ClusterError, systemCode } from '../cluster-error.ts';
import { paths } from '../folder/directory.ts';
import { replayOperations } from './operation-replay.ts';

/**
 * What a sync held is kept, of the rest any part, torn at sectors, as `random` has it. The node must not run. Returns how
 * many changes were at stake. Rejects with a ClusterError for a node that keeps no operation log.
 */
export async function losePower(dir: string, id: string, random: Random): Promise<number> {
  const { disk, unsynced } = replayOperations(decodeRecords(await readOperations(dir, id)).records);
  const left = disk.afterPowerLoss(random);
  const data = paths.data(dir, id);
  const draft = `${data}.kept`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  for (const path of left.paths()) {
    await mkdir(dirname(join(draft, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(draft, path), left.peek(path), { mode: 0o600 });
  }
  // The node begins the next log with a copy of what is there then, which is all durable.
  await rm(paths.operations(dir, id));
  const old = `${data}.lost`;
  await rename(data, old);
  await rename(draft, data);
  await rm(old, { recursive: true });
  return unsynced;
}

/** Throws a ClusterError, before anything is done to the node. */
export async function readOperations(dir: string, id: string): Promise<Buffer> {
  try {
    return await readFile(paths.operations(dir, id));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new ClusterError(
      `${id} keeps no log of its disk's operations, which the replay of a power loss needs. Start a cluster with: raftkv-tui start --operation-log; or restart ${id}, if its log grew too long.`,
    );
  }
}
