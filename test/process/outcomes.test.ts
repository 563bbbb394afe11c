import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { killNode, pauseNode, resumeNode, spawnNode } from '../../src/cluster/native/process/processes.ts';
import { freshHome, ids, leaderOf } from './in-home.ts';

const home = freshHome();

describe('a client of real nodes', () => {
  it('says unknown when the only node stands still in the middle of a write', async () => {
    const { dir } = await home.start({ count: 1 });
    const client = await home.client();
    await client.put('a', '1');
    await pauseNode(dir, 'n1');
    const error = await client.put('a', '2', { deadlineMs: 700 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ kind: 'UNKNOWN_OUTCOME', outcome: 'unknown' });
    await resumeNode(dir, 'n1');
    await client.put('b', '3');
    // The paused node had the write in its socket: this one was applied after all, and "definite" would have been a lie.
    expect((await client.get('a')).kv?.value).toBe('2');
  });

  it('gets its write through when the leader stands still and another is elected', async () => {
    const { dir } = await home.start();
    const client = await home.client();
    const leader = await leaderOf(client, ids(3));
    await client.put('a', '1');
    await pauseNode(dir, leader);
    await client.cas('b', null, '2', { deadlineMs: 20_000 });
    await resumeNode(dir, leader);
    await leaderOf(client, ids(3));
    expect((await client.get('b')).kv).toMatchObject({ value: '2', version: 1 });
  });

  it('applies no write twice while leaders are killed under it', async () => {
    const { dir } = await home.start();
    const client = await home.client();
    const results: boolean[] = [];
    let killing = true;
    let next = 0;
    const worker = async (): Promise<void> => {
      while (killing) {
        const key = `k${next}`;
        next += 1;
        // A second application would find the key and report that nothing was swapped.
        results.push((await client.cas(key, null, 'v', { deadlineMs: 30_000 })).swapped);
      }
    };
    const work = Promise.all(Array.from({ length: 8 }, worker));
    for (let round = 0; round < 2; round += 1) {
      const leader = await leaderOf(client, ids(3));
      await killNode(dir, leader);
      await leaderOf(
        client,
        ids(3).filter((id) => id !== leader),
      );
      await spawnNode(dir, leader);
      await leaderOf(client, ids(3));
    }
    killing = false;
    await work;
    expect(results.length).toBeGreaterThan(100);
    expect(results.every(Boolean)).toBe(true);
    expect((await client.range({ countOnly: true })).count).toBe(results.length);
  });

  it('answers stale reads of any node, and says definite when nobody can be reached', async () => {
    await home.start();
    const client = await home.client();
    await client.put('a', '1');
    const { kv } = await client.get('a', { consistency: 'stale', node: nodeId('n1'), deadlineMs: 2_000 });
    expect(kv === null || kv.value === '1').toBe(true);
    await home.stop();
    await expect(client.get('a', { deadlineMs: 300 })).rejects.toMatchObject({ outcome: 'definite' });
    await expect(client.put('a', '2', { deadlineMs: 300 })).rejects.toMatchObject({ outcome: 'definite' });
  });
});
