import { describe, expect, it } from 'vitest';
import { type NodeId, nodeId } from '../../src/base/brand.ts';
import type { RaftKvClient } from '../../src/cluster/client/client.ts';
import { openCluster } from '../../src/cluster/native/driver.ts';
import type { NativeDriver } from '../../src/cluster/native/native-driver.ts';
import { lastLogLines, nodeProcess } from '../../src/cluster/native/process/processes.ts';
import type { DiskEffect } from '../../src/fault/plan.ts';
import { freshHome, ids, leaderOf, until } from './in-home.ts';

const home = freshHome();

interface Running {
  readonly dir: string;
  readonly driver: NativeDriver;
  readonly client: RaftKvClient;
  readonly leader: NodeId;
  readonly follower: NodeId;
}

async function start(operationLog = false): Promise<Running> {
  const { dir } = await home.start({ operationLog });
  const client = await home.client();
  const leader = await leaderOf(client, ids(3));
  const driver = await openCluster('default', { home: home.path, watch: false });
  home.atEnd(() => driver.close());
  return { dir, driver, client, leader, follower: ids(3).find((id) => id !== leader) ?? leader };
}

const disk = (nodes: readonly NodeId[], effect: Partial<DiskEffect>) =>
  ({ type: 'disk', nodes, effect: { slowMs: [0, 0], hang: false, full: false, fail: null, ...effect }, forMs: null }) as const;

const isDown = (dir: string, node: NodeId) => async () => ((await nodeProcess(dir, node)).state === 'down' ? true : null);

describe('a disk', () => {
  it('that is slow makes its syncs slow, and is quick again when healed', async () => {
    const { driver, client, follower } = await start();
    await driver.act(disk([follower], { slowMs: [150, 200] }));
    await client.put('a', '1');
    const slow = await until(async () => {
      const { sync } = await client.status(follower);
      return sync.maxMs >= 150 ? sync : null;
    });
    expect(slow.maxMs).toBeGreaterThanOrEqual(150);
    await expect(driver.act({ type: 'undo' })).resolves.toMatchObject({ text: `healed disk ${follower} --slow 150ms..200ms` });
    expect(driver.picture().faults).toEqual([]);
  });

  it('that hangs under the leader costs it the leadership, and what it could not write is not acknowledged', async () => {
    const { driver, client, leader } = await start();
    await client.put('a', '1');
    await driver.act(disk([leader], { hang: true }));
    await client.put('a', '2', { deadlineMs: 10_000 });
    const others = ids(3).filter((id) => id !== leader);
    expect(others).toContain(await leaderOf(client, others));
    await driver.act({ type: 'heal', fault: null });
    await leaderOf(client, ids(3));
    expect((await client.get('a')).kv?.value).toBe('2');
  });

  it.each([{ fail: 'sync' }, { fail: 'write' }] as const)(
    'with $fail errors ends its node, which healing starts again',
    async (effect) => {
      const { dir, driver, client, follower } = await start();
      await driver.act(disk([follower], effect));
      await client.put('a', '1');
      await until(isDown(dir, follower));
      expect((await lastLogLines(dir, follower, 1))[0]).toContain('EIO');
      await driver.act({ type: 'heal', fault: null });
      await leaderOf(client, ids(3));
      await until(async () => ((await client.get('a', { consistency: 'stale', node: follower })).kv === null ? null : true));
    },
  );
});

describe('a clock', () => {
  it('that runs twice as fast and an hour ahead harms nothing', async () => {
    const { driver, client, follower } = await start();
    await driver.act({ type: 'clock', nodes: [follower], rate: 2, offsetMs: 3_600_000, forMs: null });
    for (let i = 0; i < 20; i += 1) await client.put('a', String(i));
    expect((await client.get('a')).kv?.value).toBe('19');
    await driver.act({ type: 'heal', fault: null });
  });
});

describe('an event loop', () => {
  it('that stands still is told, and costs a leader its place when it is long', async () => {
    const { driver, client, leader } = await start();
    const { term } = await client.status(leader);
    await driver.act({ type: 'stall', nodes: [leader], stallMs: 2_000 });
    await until(async () => {
      const status = await client.status(leader, { deadlineMs: 5_000 }).catch(() => null);
      return status !== null && status.loopDelay.maxMs >= 1_500 && status.term > term ? true : null;
    });
    await leaderOf(client, ids(3));
  });
});

describe('a power loss', () => {
  it('of all nodes keeps every acknowledged write', async () => {
    const { driver, client } = await start(true);
    for (let i = 0; i < 50; i += 1) await client.put(`key ${i}`, String(i));
    const lost = await driver.act({ type: 'power-loss', nodes: ids(3), seed: 7, forMs: null });
    expect(lost.text).toMatch(/^power lost on n1 \(\d+ changes not synced\), n2 .* n3 /);
    expect(driver.picture().nodes.map(({ state }) => state)).toEqual(['down', 'down', 'down']);
    await driver.act({ type: 'heal', fault: null });
    await leaderOf(client, ids(3));
    const { kvs } = await client.range({ prefix: 'key ' });
    expect(kvs).toHaveLength(50);
  });

  it('needs the notes of the disk', async () => {
    const { driver } = await start();
    expect(driver.capabilities.has('power-loss')).toBe(false);
    await expect(driver.act({ type: 'power-loss', nodes: ids(3), seed: null, forMs: null })).rejects.toThrow(/--operation-log/);
    expect(driver.picture().nodes.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
  });
});

describe('rot', () => {
  it('is repaired from the others, and refused for a majority', async () => {
    const { driver, client, follower, leader } = await start();
    for (let i = 0; i < 20; i += 1) await client.put(`key ${i}`, String(i));
    const rot = (node: NodeId, force = false) => driver.act({ type: 'rot', nodes: [node], seed: 3, force });
    await expect(rot(follower)).resolves.toMatchObject({
      text: expect.stringMatching(/^damaged n\d \(\d bits? of wal\/0+1\.log\)$/),
    });
    await until(async () => {
      const status = await client.status(follower, { deadlineMs: 2_000 }).catch(() => null);
      return status !== null && !status.repairing && status.keys === 20 ? true : null;
    });
    await expect(rot(leader)).rejects.toThrow(/majority/);
    await expect(driver.act({ type: 'rot', nodes: [nodeId('n7')], seed: null, force: false })).rejects.toThrow(/no node n7/);
    await leaderOf(client, ids(3));
  });
});
