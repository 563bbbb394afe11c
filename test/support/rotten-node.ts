/** Starts a node whose store is not true to its log: it keeps another value for the key `canary`. */
import { pathToFileURL } from 'node:url';
import { spawnNode } from '../../src/cluster/native/process/processes.ts';

const ROTTEN = pathToFileURL(`${import.meta.dirname}/rotten-store.mjs`).href;

export async function startRotten(dir: string, id: string): Promise<void> {
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = `${before ?? ''} --import ${ROTTEN}`;
  try {
    await spawnNode(dir, id);
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
}
