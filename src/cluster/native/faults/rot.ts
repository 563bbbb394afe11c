/** Bits turn over in the log of a node that does not run. */
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../../base/random.ts';
import { withoutTrailingZeros } from '../../../node/faults/trailing-zeros.ts';
import { segmentNumber } from '../../../storage/segment.ts';
import { ClusterError } from '../cluster-error.ts';
import { paths } from '../folder/directory.ts';

const MOST_BITS = 8;

/** How many nodes of `count` may ever be damaged, so that what was acknowledged is whole on enough others. */
export function mostRotten(count: number): number {
  return Math.floor((count - 1) / 2);
}

/** Turns over 1 to 8 bits in what is used of one segment; says where. Rejects with a ClusterError when the log is empty. */
export async function rotLog(dir: string, id: string, random: Random): Promise<string> {
  const folder = join(paths.data(dir, id), 'wal');
  const names = (await readdir(folder)).filter((name) => segmentNumber(name) !== null);
  const name = names[random.integer(0, Math.max(1, names.length))];
  if (name === undefined) throw new ClusterError(`${id} has no log yet.`);
  const path = join(folder, name);
  const used = withoutTrailingZeros(await readFile(path));
  const bits = random.integer(1, MOST_BITS + 1);
  const file = await open(path, 'r+');
  try {
    for (let bit = 0; bit < bits; bit += 1) {
      const at = random.integer(0, used.length);
      used[at] = (used[at] ?? 0) ^ (1 << random.integer(0, 8));
      await file.write(used, at, 1, at);
    }
  } finally {
    await file.close();
  }
  // Its notes would bring the bits back: the next ones begin with a copy of what is there now.
  await rm(paths.operations(dir, id), { force: true });
  return `${bits} bit${bits === 1 ? '' : 's'} of wal/${name}`;
}
