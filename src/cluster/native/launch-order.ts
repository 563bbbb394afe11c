/**
 * Which nodes of a cluster that was down are launched first. To read a large store takes a processor for seconds. Where there are fewer
 * processors than nodes, a majority is there sooner when the others do not read theirs at the same time.
 */
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { paths } from './folder/directory.ts';

export interface Scarcity {
  readonly processors: number;
  /** A snapshot of fewer bytes is read too quickly for any of this to be worth the while. */
  readonly largeBytes: number;
}

export interface LaunchOrder {
  readonly first: readonly string[];
  /** Launched when one of the first leads, or when they get nowhere. */
  readonly later: readonly string[];
}

const LARGE_BYTES = 64 * 1_024 * 1_024;
const SNAPSHOT = /^(\d{16})-\d{16}\.snap$/;

/** All `ids` are down, and nothing else is up. Those with the newest snapshots go first: they have the least to read and to apply. */
export async function launchOrder(dir: string, ids: readonly string[], scarcity: Partial<Scarcity> = {}): Promise<LaunchOrder> {
  const { processors = availableParallelism(), largeBytes = LARGE_BYTES } = scarcity;
  const count = Math.max(Math.floor(ids.length / 2) + 1, processors);
  const all = { first: ids, later: [] };
  if (count >= ids.length) return all;
  const stores = await Promise.all(ids.map(async (id) => ({ id, ...(await newestSnapshot(paths.data(dir, id))) })));
  if (stores.every(({ bytes }) => bytes < largeBytes)) return all;
  const order = stores.toSorted((one, other) => other.index - one.index).map(({ id }) => id);
  return { first: order.slice(0, count), later: order.slice(count) };
}

async function newestSnapshot(data: string): Promise<{ readonly index: number; readonly bytes: number }> {
  const folder = join(data, 'snap');
  try {
    const newest = (await readdir(folder))
      .filter((name) => SNAPSHOT.test(name))
      .toSorted()
      .at(-1);
    if (newest === undefined) return { index: 0, bytes: 0 };
    return { index: Number(SNAPSHOT.exec(newest)?.[1]), bytes: (await stat(join(folder, newest))).size };
  } catch {
    // Whatever is wrong with it, the node will say so.
    return { index: 0, bytes: 0 };
  }
}
