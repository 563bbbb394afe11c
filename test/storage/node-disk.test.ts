/** The log on a real file system. */
import { mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import type { Entry, PersistBatch } from '../../src/raft/messages.ts';
import type { Done, LogStore } from '../../src/replica/ports.ts';
import type { DiskFile } from '../../src/storage/disk.ts';
import { type OpenedLog, openLogStore } from '../../src/storage/log-store.ts';
import { nodeDisk } from '../../src/storage/node-disk.ts';

const CLUSTER = '0123456789abcdef0123456789abcdef';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftkv-disk-'));
});
afterEach(() => rm(dir, { recursive: true }));

const open = (path = dir): Promise<OpenedLog> =>
  new Promise((resolve, reject) => {
    const options = { disk: nodeDisk, dir: path, clusterId: CLUSTER, nodeId: nodeId('n1'), limits: { segmentBytes: 16_384 } };
    openLogStore(options, (error, value) => (error === null ? resolve(value) : reject(error)));
  });
const append = (store: LogStore, batch: PersistBatch): Promise<void> =>
  new Promise((resolve, reject) => store.append(batch, (error) => (error === null ? resolve() : reject(error))));
const close = (store: LogStore): Promise<void> =>
  new Promise((resolve, reject) => store.close((error) => (error === null ? resolve() : reject(error))));

const entry = (index: number): Entry => ({
  index: logIndex(index),
  term: term(1),
  time: clusterTime(1_700_000_000_000 + index),
  kind: 'command',
  data: `{"key":"k${index}","value":"${'é'.repeat(index % 90)}"}`,
});
const HARD_STATE = { term: term(1), votedFor: nodeId('n2'), repairFrom: null };

describe('the log on a real disk', () => {
  it('gives back after a restart what it made durable, over several segments', async () => {
    const first = await open();
    const entries = Array.from({ length: 300 }, (_, i) => entry(i + 1));
    await Promise.all(
      entries.map((each, i) =>
        append(first.store, { hardState: i === 0 ? HARD_STATE : null, entries: [each], commit: logIndex(i) }),
      ),
    );
    for (let i = 301; i <= 320; i += 1)
      await append(first.store, { hardState: null, entries: [entry(i)], commit: logIndex(i - 1) });
    await close(first.store);
    expect((await readdir(join(dir, 'wal'))).length).toBeGreaterThan(2);

    const second = await open();
    expect([...second.recovered.entries]).toEqual(Array.from({ length: 320 }, (_, i) => entry(i + 1)));
    expect(second.recovered).toMatchObject({ hardState: HARD_STATE, commitHint: 319, tornBytes: 0 });
    expect(first.store.syncTimes().count).toBeGreaterThan(20);
    await close(second.store);
  });

  it('writes durably into a file that has another name by now, and closes all that it opened', async () => {
    const [before, after] = [join(dir, 'before'), join(dir, 'after')];
    const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd').catch(() => [])).length;
    const atFirst = await descriptors();
    const file = await new Promise<DiskFile>((resolve, reject) =>
      nodeDisk.create(before, (error, created) => (error === null ? resolve(created) : reject(error))),
    );
    await rename(before, after);
    const step = (run: (done: Done) => void): Promise<void> =>
      new Promise((resolve, reject) => run((error) => (error === null ? resolve() : reject(error))));
    await step((done) => file.writeDurably(Buffer.from('one'), 0, done));
    await step((done) => file.write(Buffer.from('three'), 3, done));
    await step((done) => file.writeDurably(Buffer.from('two'), 3, done));
    await step((done) => file.close(done));
    expect(await readFile(after, 'utf8')).toBe('onetwoee');
    await expect(readFile(before)).rejects.toThrow('ENOENT');
    expect(await descriptors()).toBe(atFirst);
  });

  it('keeps its files for the owner alone', async () => {
    const path = join(dir, 'deep', 'data');
    const { store } = await open(path);
    await append(store, { hardState: HARD_STATE, entries: [entry(1)], commit: logIndex(0) });
    await close(store);
    const modes = await Promise.all(
      ['..', '.', 'wal', 'meta-a', 'meta-b', 'mark', 'wal/00000001.log'].map(
        async (name) => (await stat(join(path, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o600, 0o600, 0o600]);
  });

  it('follows no symbolic link', async () => {
    const { store } = await open();
    await close(store);
    await rename(join(dir, 'wal/00000001.log'), join(dir, 'elsewhere'));
    await symlink(join(dir, 'elsewhere'), join(dir, 'wal/00000001.log'));
    await expect(open()).rejects.toMatchObject({
      name: 'StorageError',
      kind: 'io',
      message: expect.stringContaining('symbolic link'),
    });
  });
});
