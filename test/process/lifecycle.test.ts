import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { processesOf } from '../../src/cluster/native/folder/find-cluster.ts';
import { launchOrder } from '../../src/cluster/native/launch-order.ts';
import { createCluster, listClusters, removeCluster, startCluster } from '../../src/cluster/native/lifecycle.ts';
import { killNode, nodeProcess } from '../../src/cluster/native/process/processes.ts';
import { freshHome } from './in-home.ts';

const home = freshHome();

function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => resolve(server));
  });
}

describe('a local cluster', () => {
  it('starts, serves, stops, and has its data when it starts again', async () => {
    const steps: string[] = [];
    const { file, launched, created, leader } = await startCluster({ home: home.path, count: 3 }, ({ type }) => steps.push(type));
    expect({ launched, created }).toEqual({ launched: ['n1', 'n2', 'n3'], created: true });
    expect(steps).toEqual(['created', 'spawned', 'spawned', 'spawned', 'leader']);
    expect(launched).toContain(leader);
    const client = await home.client();
    const { revision } = await client.put('city', 'Oslo');
    client.close();
    expect(await home.stop()).toEqual(['n1', 'n2', 'n3']);
    expect(await home.stop()).toEqual([]);

    const again = await home.start();
    expect(again.created).toBe(false);
    expect(again.file.nodes).toEqual(file.nodes);
    const { kv } = await (await home.client()).get('city');
    expect(kv).toMatchObject({ value: 'Oslo', modRevision: revision });
  });

  describe('with more nodes than processors and a large store', () => {
    const scarcity = { processors: 1, largeBytes: 1 };

    /** What becomes of the nodes until a start has ended, in its order; `before` has the folder while all are down. */
    async function startedAgain(before: (dir: string) => Promise<void> = async () => {}): Promise<readonly string[]> {
      const { dir } = await home.start({ snapshotEntries: 4 });
      const client = await home.client();
      for (let i = 0; i < 9; i += 1) await client.put(`city-${i}`, 'Oslo');
      const snapshots = (id: string) => readdir(`${paths.data(dir, id)}/snap`);
      for (const id of ['n1', 'n2', 'n3']) await expect.poll(() => snapshots(id)).toContainEqual(expect.stringMatching(/snap$/));
      await home.stop();
      await before(dir);
      const steps: string[] = [];
      await startCluster({ home: home.path, scarcity }, (progress) => {
        if (progress.type === 'spawned' || progress.type === 'loading') steps.push(`${progress.type} ${progress.node}`);
        else steps.push(progress.type);
      });
      const { file } = await home.start();
      expect((await processesOf(dir, file)).map(({ state }) => state)).toEqual(['up', 'up', 'up']);
      const again = await home.client();
      expect((await again.get('city-8')).kv).toMatchObject({ value: 'Oslo' });
      return steps;
    }

    it('launches the others when one of a majority leads', async () => {
      const steps = await startedAgain();
      expect(steps.map((step) => step.slice(0, 7))).toEqual(['resumed', 'spawned', 'spawned', 'spawned', 'leader']);
    });

    it('launches them at once when one of the first cannot vote', async () => {
      let damaged = '';
      const steps = await startedAgain(async (dir) => {
        const { first, later } = await launchOrder(dir, ['n1', 'n2', 'n3'], scarcity);
        expect([first.length, later.length]).toEqual([2, 1]);
        const [segment = ''] = (await readdir(`${paths.data(dir, first[0] ?? '')}/wal`)).map(
          (name) => `${paths.data(dir, first[0] ?? '')}/wal/${name}`,
        );
        const bytes = await readFile(segment);
        bytes[200] = (bytes[200] ?? 0) ^ 1;
        await writeFile(segment, bytes);
        damaged = first[0] ?? '';
      });
      expect(await readFile(paths.log(join(home.path, 'default'), damaged), 'utf8')).toContain('repairing');
      expect(steps.filter((step) => step.startsWith('spawned'))).toHaveLength(3);
    });
  });

  it('leaves no node behind when one of them cannot be started', async () => {
    const { dir, file } = await createCluster({ home: home.path, count: 3 });
    await mkdir(paths.log(dir, 'n2'), { recursive: true });
    let [spawned, tell] = [0, () => {}];
    const othersAreThere = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const started = startCluster({ home: home.path }, ({ type }) => {
      if (type === 'spawned') spawned += 1;
      if (spawned === 2) tell();
    });
    await expect(started).rejects.toThrow();
    await othersAreThere;
    expect((await processesOf(dir, file)).map(({ state }) => state)).toEqual(['down', 'down', 'down']);
  });

  it('is listed and removed, but not while it runs', async () => {
    await home.start({ name: 'one', count: 1 });
    await createCluster({ home: home.path, name: 'two', count: 2 });
    const listed = await listClusters(home.path);
    expect(listed.map(({ name, nodes }) => [name, nodes.map(({ state }) => state)])).toEqual([
      ['one', ['up']],
      ['two', ['down', 'down']],
    ]);
    await expect(removeCluster({ home: home.path, name: 'one' })).rejects.toThrow(/Stop them first/);
    await home.stop('one');
    await removeCluster({ home: home.path, name: 'one' });
    await removeCluster({ home: home.path, name: 'two' });
    expect(await listClusters(home.path)).toEqual([]);
    await expect(home.stop('one')).rejects.toThrow(/no cluster 'one'/);
  });

  it('keeps its number of nodes, and says what to do for another', async () => {
    await home.start({ count: 1 });
    await expect(home.start({ count: 3 })).rejects.toThrow(/has 1 nodes, not 3.*raftkv-tui start 1/s);
    await expect(home.start({ count: 10 })).rejects.toThrow(/1 nodes, not 10/);
    await expect(home.start({ name: 'other', count: 10 })).rejects.toThrow(/1 to 9/);
  });

  it('is launched once by two starts at the same time', async () => {
    const [one, other] = await Promise.all([home.start(), home.start()]);
    expect([...one.launched, ...other.launched].sort()).toEqual(['n1', 'n2', 'n3']);
    expect([one.created, other.created].filter(Boolean)).toHaveLength(1);
    const running = await processesOf(one.dir, one.file);
    expect(new Set(running.map(({ pid }) => pid)).size).toBe(3);
    expect(running.every(({ state }) => state === 'up')).toBe(true);
  });

  it('gets back only the nodes that are missing', async () => {
    const { dir, file } = await home.start();
    const before = await processesOf(dir, file);
    await killNode(dir, 'n2');
    expect((await home.start()).launched).toEqual(['n2']);
    const after = await processesOf(dir, file);
    expect([after[0]?.pid, after[2]?.pid]).toEqual([before[0]?.pid, before[2]?.pid]);
    expect(after[1]?.pid).not.toBe(before[1]?.pid);
    expect((await home.start()).launched).toEqual([]);
  });

  it('moves away from a port that a stranger has taken, unless others rely on it', async () => {
    const { dir, file } = await home.start();
    const port = file.nodes[1]?.port ?? 0;
    await killNode(dir, 'n2');
    const stranger = await occupy(port);
    home.atEnd(() => void stranger.close());
    await expect(home.start()).rejects.toThrow(/took the port of n2/);
    await home.stop();
    const moved = await home.start();
    expect(moved.file.nodes[1]?.port).not.toBe(port);
    expect(moved.file.nodes[0]).toEqual(file.nodes[0]);
    await expect(home.start({ name: 'fixed', count: 1, basePort: port })).rejects.toThrow(/in use|ended/);
  });

  it('says with the words of its log why a node ended, and leaves nothing running', async () => {
    const { dir, file } = await createCluster({ home: home.path, count: 3 });
    await chmod(paths.token(dir, 'peer'), 0o644);
    await expect(home.start()).rejects.toThrow(/n\d ended while the cluster was starting.*peer/s);
    expect((await processesOf(dir, file)).map(({ state }) => state)).toEqual(['down', 'down', 'down']);
  });

  it('keeps every secret out of command lines and environments', async () => {
    const { dir } = await home.start({ count: 1 });
    const { pid } = await nodeProcess(dir, 'n1');
    const secrets = await Promise.all(
      (['client', 'admin', 'peer'] as const).map((role) => readFile(paths.token(dir, role), 'utf8')),
    );
    if (process.platform !== 'linux') return;
    const visible = `${await readFile(`/proc/${pid}/cmdline`, 'utf8')}${await readFile(`/proc/${pid}/environ`, 'utf8')}${await readFile(paths.log(dir, 'n1'), 'utf8')}`;
    for (const secret of secrets) expect(visible).not.toContain(secret.trim());
  });
});
