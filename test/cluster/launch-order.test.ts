import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { launchOrder } from '../../src/cluster/native/launch-order.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftkv-order-'));
});
afterEach(() => rm(dir, { recursive: true }));

const IDS = ['n1', 'n2', 'n3', 'n4', 'n5'];

async function snapshotAt(id: string, index: number, bytes: number): Promise<void> {
  const folder = join(paths.data(dir, id), 'snap');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${String(index).padStart(16, '0')}-0000000000000001.snap`), Buffer.alloc(bytes));
  await writeFile(join(folder, `${'9'.repeat(16)}-0000000000000001.snap.tmp`), '');
}

describe('the order of a launch', () => {
  it('is a majority with the newest snapshots first, where processors are scarce and a store is large', async () => {
    for (const [place, id] of IDS.entries()) await snapshotAt(id, [40, 70, 10, 60, 50][place] ?? 0, 100);
    await snapshotAt('n3', 90, 5);
    const order = (processors: number, largeBytes = 100) => launchOrder(dir, IDS, { processors, largeBytes });
    expect(await order(2)).toEqual({ first: ['n3', 'n2', 'n4'], later: ['n5', 'n1'] });
    expect(await order(4)).toEqual({ first: ['n3', 'n2', 'n4', 'n5'], later: ['n1'] });
    expect(await order(5)).toEqual({ first: IDS, later: [] });
    expect(await order(2, 101)).toEqual({ first: IDS, later: [] });
  });

  it('is all at once where nothing is known of a store', async () => {
    expect(await launchOrder(dir, IDS, { processors: 1 })).toEqual({ first: IDS, later: [] });
  });
});
