/** Whoever changes a cluster (starts, stops, breaks, heals it) holds its lock meanwhile; readers do not need it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, type Lock, LockHeldError } from '../../../storage/lock.ts';
import { ClusterError } from '../cluster-error.ts';

const PATIENCE_MS = 10_000;
const RETRY_MS = 10;

/** Runs `work` under the cluster's lock. Rejects with a ClusterError when another program keeps it for 10 s. */
export async function withControl<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = await acquire(dir);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function acquire(dir: string): Promise<Lock> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await acquireLock(dir, 'control');
    } catch (error) {
      if (!(error instanceof LockHeldError)) throw error;
      if (performance.now() > giveUpAt) {
        throw new ClusterError(`Another program has been changing the cluster in ${dir} for 10 s: ${error.message}`);
      }
      await sleep(RETRY_MS);
    }
  }
}
