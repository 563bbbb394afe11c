import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { killNode, spawnNode } from '../../src/cluster/native/process/processes.ts';
import { freshHome, ids, leaderOf, until } from './in-home.ts';

const home = freshHome();

describe('a cluster with leases', () => {
  it('reads by lease what was written last, before and after its leader is killed', async () => {
    const { dir } = await home.start({ leaseReads: true });
    const client = await home.client();
    for (let i = 0; i < 50; i += 1) {
      await client.put('k', String(i));
      expect((await client.get('k', { consistency: 'lease' })).kv?.value).toBe(String(i));
    }
    await killNode(dir, await leaderOf(client, ids(3)));
    await client.put('k', 'later', { deadlineMs: 20_000 });
    expect((await client.get('k', { consistency: 'lease' })).kv?.value).toBe('later');
  });

  it('leaves out a node whose configuration knows nothing of them', async () => {
    const { dir } = await home.start({ leaseReads: true });
    const client = await home.client();
    const leader = await leaderOf(client, ids(3));
    const odd = ids(3).find((id) => id !== leader) ?? leader;
    await killNode(dir, odd);
    const file = paths.config(dir, odd);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), leaseReads: false }));
    await spawnNode(dir, odd);
    const { links } = await until(async () => client.status(odd).catch(() => null));
    await client.put('k', 'v');
    expect(links.every(({ connected }) => !connected)).toBe(true);
    expect((await client.status(odd)).commitIndex).toBeLessThan((await client.status(leader)).commitIndex);
  });
});
