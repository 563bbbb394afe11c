/** What a guard does once it has to. */
import { messageOf } from '../cluster-error.ts';
import { stopAll } from '../lifecycle.ts';
import { withFaults } from './fault-admin.ts';
import { readLedger } from './ledger.ts';

/** Heals the faults of an owner that is gone, and stops the nodes with `stopNodes`. Each is tried whatever became of the other. */
export async function cleanUp(dir: string, owner: string, stopNodes: boolean): Promise<void> {
  await withFaults(dir, owner, async (faults, file) => {
    // Stopping continues paused nodes and ends all faults by itself; healing first would start killed nodes for nothing.
    if (stopNodes) await stopAll(dir, file);
    else await faults.endOwner(owner);
  });
}

/** True while the fault is in the ledger; false also when there is no cluster any more. */
export async function isActive(dir: string, fault: number): Promise<boolean> {
  const { faults } = await readLedger(dir).catch(() => ({ faults: [] }));
  return faults.some(({ id }) => id === fault);
}

/** Heals what is due. */
export async function expire(dir: string, now: number): Promise<void> {
  await withFaults(dir, 'guard', (faults) => faults.expire(now)).catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
  });
}
