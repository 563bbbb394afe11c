import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logIndex } from '../../src/base/brand.ts';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { killNode, lastLogLines } from '../../src/cluster/native/process/processes.ts';
import { freshHome, ids, leaderOf, until } from './in-home.ts';

const home = freshHome();
const ENTRIES = 100;
const KEYS = 600;

describe('a cluster that takes snapshots', () => {
  it('forgets its log, brings a node that was away up to date, and has every key after a restart', async () => {
    const { dir } = await home.start({ snapshotEntries: ENTRIES });
    const client = await home.client();
    const write = async (from: number, to: number): Promise<void> => {
      await Promise.all(Array.from({ length: to - from }, (_, i) => client.put(`key/${from + i}`, `value ${from + i}`)));
    };
    const leader = await leaderOf(client, ids(3));
    const away = ids(3).find((id) => id !== leader) ?? leader;
    await write(0, KEYS / 3);
    await killNode(dir, away);
    // For whoever was heard lately, the log is kept.
    await until(async () => {
      const { peers } = await client.status(leader);
      return (peers.find(({ id }) => id === away)?.heardAgoMs ?? 0) > 1_000 ? true : null;
    });
    for (let part = 1; part < 3; part += 1) {
      await write((part * KEYS) / 3, ((part + 1) * KEYS) / 3);
      await until(async () => ((await client.status(leader)).snapshotIndex >= (part * KEYS) / 3 ? true : null));
    }
    const { compactedIndex, snapshotIndex } = await client.status(leader);
    expect(compactedIndex).toBeGreaterThan(KEYS / 3);
    expect(compactedIndex).toBeLessThanOrEqual(snapshotIndex);
    await expect(client.logRows(leader, logIndex(1), 10)).rejects.toMatchObject({ kind: 'COMPACTED' });
    // Another snapshot may come between the two questions.
    const [first] = await until(async () => {
      const from = logIndex((await client.status(leader)).compactedIndex + 1);
      return client.logRows(leader, from, 10).catch(() => null);
    });
    expect(first?.index).toBeGreaterThan(compactedIndex);
    expect((await readdir(join(paths.data(dir, leader), 'snap'))).length).toBeLessThanOrEqual(3);

    await home.start();
    await until(async () => {
      const status = await client.status(away).catch(() => null);
      return status !== null && status.keys === KEYS ? true : null;
    });
    expect((await lastLogLines(dir, away, 50)).join('\n')).toMatch(/"message":"snapshot".*"state":"installed"/);

    await home.stop();
    await home.start();
    await leaderOf(client, ids(3));
    for (const id of ids(3)) expect((await client.status(id)).compactedIndex).toBeGreaterThan(0);
    for (let key = 0; key < KEYS; key += 37) expect((await client.get(`key/${key}`)).kv?.value).toBe(`value ${key}`);
    expect((await client.range({ countOnly: true })).count).toBe(KEYS);
  });
});
