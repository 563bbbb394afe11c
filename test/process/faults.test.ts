import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type NodeId, nodeId } from '../../src/base/brand.ts';
import type { ClusterEvent } from '../../src/cluster/driver.ts';
import { attachUrls, openCluster } from '../../src/cluster/native/driver.ts';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import type { NativeDriver } from '../../src/cluster/native/native-driver.ts';
import { killNode, nodeProcess } from '../../src/cluster/native/process/processes.ts';
import { freshHome, ids, leaderOf, until } from './in-home.ts';

const home = freshHome();

async function open(options: { readonly watch: boolean }): Promise<NativeDriver> {
  const driver = await openCluster('default', { home: home.path, ...options });
  home.atEnd(() => driver.close());
  return driver;
}

async function stateOf(dir: string, node: NodeId): Promise<string> {
  return (await nodeProcess(dir, node)).state;
}

describe('faults on processes', () => {
  it('kill: the node is gone until it is healed, and its fault with it', async () => {
    const { dir } = await home.start();
    const driver = await open({ watch: false });
    const n2 = nodeId('n2');
    const killed = await driver.act({ type: 'kill', nodes: [n2], forMs: null });
    expect(killed).toMatchObject({ text: expect.stringMatching(/^killed n2 \(pid \d+\)$/), fault: 1 });
    expect(driver.picture().nodes[1]).toMatchObject({ state: 'down', pid: null });
    expect(driver.picture().faults).toMatchObject([{ id: 1, kind: 'kill', command: 'kill n2', nodes: ['n2'], owner: 'cli' }]);
    await expect(driver.act({ type: 'kill', nodes: [n2], forMs: null })).rejects.toThrow('n2 is down already.');
    await expect(driver.act({ type: 'resume', nodes: [n2] })).rejects.toThrow(/n2 is down: there is nothing to resume/);
    await expect(driver.act({ type: 'heal', fault: 7 })).rejects.toThrow('There is no active fault 7; active are 1.');
    await expect(driver.act({ type: 'undo' })).resolves.toMatchObject({ text: 'healed kill n2', fault: null });
    expect(await stateOf(dir, n2)).toBe('up');
    expect(driver.picture().faults).toEqual([]);
    await expect(driver.act({ type: 'undo' })).rejects.toThrow(/nothing to undo/);
    await leaderOf(await home.client(), ids(3));
  });

  it('pause, kill and restart follow each other, and the ledger follows them', async () => {
    const { dir } = await home.start();
    const driver = await open({ watch: false });
    const nodes = [nodeId('n1'), nodeId('n3')];
    await driver.act({ type: 'pause', nodes, forMs: null });
    expect(await Promise.all(nodes.map((node) => stateOf(dir, node)))).toEqual(['paused', 'paused']);
    await driver.act({ type: 'resume', nodes: [nodeId('n1')] });
    expect(driver.picture().faults).toMatchObject([{ kind: 'pause', command: 'pause n3' }]);
    await driver.act({ type: 'kill', nodes: [nodeId('n3')], forMs: null });
    expect(driver.picture().faults).toMatchObject([{ kind: 'kill', command: 'kill n3' }]);
    await driver.act({ type: 'restart', nodes });
    expect(driver.picture().faults).toEqual([]);
    expect(driver.picture().nodes.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
    await leaderOf(await home.client(), ids(3));
  });

  it('a link that is changed in place is one fault, and undo goes back through what it was', async () => {
    const { dir } = await home.start();
    const driver = await open({ watch: false });
    const [from, to] = [nodeId('n1'), nodeId('n2')];
    const rest = { type: 'link', from, to, bothWays: false, drop: 0, duplicate: 0, forMs: null } as const;
    await driver.act({ ...rest, delayMs: [10, 10] });
    await driver.act({ ...rest, delayMs: [20, 20], instead: true });
    await driver.act({ ...rest, delayMs: [30, 30], instead: true });
    const commands = (): readonly string[] => driver.picture().faults.map(({ command }) => command);
    expect(commands()).toEqual(['link n1 n2 --delay 30ms']);
    expect(JSON.parse(await readFile(paths.plan(dir), 'utf8'))).toMatchObject({ links: [{ delayMs: [30, 30] }] });
    await expect(driver.act({ type: 'undo' })).resolves.toMatchObject({
      text: 'undid link n1 n2 --delay 30ms: back to link n1 n2 --delay 20ms',
      fault: expect.any(Number),
    });
    expect(commands()).toEqual(['link n1 n2 --delay 20ms']);
    await driver.act({ type: 'undo' });
    expect(commands()).toEqual(['link n1 n2 --delay 10ms']);
    await driver.act({ type: 'undo' });
    expect(commands()).toEqual([]);
    await expect(driver.act({ type: 'undo' })).rejects.toThrow(/nothing to undo/);
  });

  it('stop ends paused nodes too, and all faults', async () => {
    await home.start();
    const driver = await open({ watch: false });
    await driver.act({ type: 'pause', nodes: [nodeId('n1')], forMs: null });
    await driver.act({ type: 'isolate', nodes: [nodeId('n2')], forMs: null });
    await expect(driver.act({ type: 'stop' })).resolves.toMatchObject({ text: 'stopped n1, n2, n3' });
    expect(driver.picture()).toMatchObject({ faults: [], nodes: [{ state: 'down' }, { state: 'down' }, { state: 'down' }] });
    await home.start();
    await leaderOf(await home.client(), ids(3));
  });
});

describe('faults on links', () => {
  it('isolate: the others elect another leader, and all agree again after heal', async () => {
    await home.start();
    const client = await home.client();
    const old = await leaderOf(client, ids(3));
    const others = ids(3).filter((id) => id !== old);
    const driver = await open({ watch: false });
    await driver.act({ type: 'isolate', nodes: [old], forMs: null });
    const next = await leaderOf(client, others);
    expect(others).toContain(next);
    await client.put('during', 'the partition');
    await driver.act({ type: 'heal', fault: null });
    await leaderOf(client, ids(3));
    expect((await client.get('during')).kv?.value).toBe('the partition');
  });

  it('partition: the larger side goes on, the smaller refuses, also after a node of it restarts', async () => {
    await home.start({ count: 5 });
    const client = await home.client();
    const leader = await leaderOf(client, ids(5));
    const companion = ids(5).find((id) => id !== leader) ?? leader;
    const minority = [leader, companion];
    const majority = ids(5).filter((id) => !minority.includes(id));
    const driver = await open({ watch: false });
    await driver.act({ type: 'partition', groups: [minority, majority], forMs: null });
    const next = await leaderOf(client, majority);
    expect(majority).toContain(next);
    await client.put('a', 'majority');
    await driver.act({ type: 'restart', nodes: [companion] });
    const stale = await until(async () =>
      client.get('a', { consistency: 'stale', node: companion, deadlineMs: 2_000 }).catch(() => null),
    );
    expect(stale.kv).toBeNull();
    await driver.act({ type: 'heal', fault: null });
    await leaderOf(client, ids(5));
    await until(async () => ((await client.get('a', { consistency: 'stale', node: companion })).kv === null ? null : true));
  });
});

describe('faults that end by themselves', () => {
  it('when their time is over, though the command that set them has ended', async () => {
    const { dir } = await home.start();
    const driver = await openCluster('default', { home: home.path, watch: false });
    await driver.act({ type: 'pause', nodes: [nodeId('n3')], forMs: 400 });
    expect(await stateOf(dir, nodeId('n3'))).toBe('paused');
    await driver.close();
    await until(async () => ((await stateOf(dir, nodeId('n3'))) === 'up' ? true : null));
    const later = await open({ watch: false });
    await until(async () => {
      await later.refresh(1_000);
      return later.picture().faults.length === 0 ? true : null;
    });
  });

  it('with the console that set them, and those of the command line stay', async () => {
    const { dir } = await home.start();
    const line = await open({ watch: false });
    await line.act({ type: 'kill', nodes: [nodeId('n1')], forMs: null });
    const console = await openCluster('default', { home: home.path, watch: true });
    await console.act({ type: 'pause', nodes: [nodeId('n3')], forMs: null });
    expect(console.ownsNodes).toBe(false);
    await console.close();
    await line.refresh(500);
    expect(line.picture().faults.map(({ command }) => command)).toEqual(['kill n1']);
    expect(await stateOf(dir, nodeId('n3'))).toBe('up');
  });
});

describe('a driver that watches', () => {
  it('tells what happens in words, and keeps its picture', async () => {
    await home.start();
    const driver = await open({ watch: true });
    const events: ClusterEvent[] = [];
    driver.onEvent((event) => events.push(event));
    const leader = await until(() => driver.picture().leader);
    const killed = await driver.act({ type: 'kill', nodes: [leader], forMs: null });
    const next = await until(() => {
      const found = driver.picture().leader;
      return found !== null && found !== leader ? found : null;
    });
    await until(
      () => events.find(({ node, text }) => node === next && /^won term \d+ with 2 of 3 in \d+ ms$/.test(text)) ?? null,
    );
    expect(events).toContainEqual(expect.objectContaining({ kind: 'fault', text: `kill ${leader}`, fault: killed.fault }));
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'process', node: leader, text: expect.stringMatching(/^killed/) }),
    );
    await driver.act({ type: 'undo' });
    await until(() =>
      driver.picture().nodes.every(({ state, status }) => state === 'up' && status?.leader === next) ? true : null,
    );
    await until(() => events.find(({ node, text }) => node === leader && text.startsWith('started')) ?? null);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'fault', text: `healed: kill ${leader}` }));
  });

  it('hands leadership over, and refuses what cannot be', async () => {
    const { leader } = await home.start();
    const driver = await open({ watch: true });
    const target = ids(3).find((id) => id !== leader) ?? nodeId('n1');
    await driver.act({ type: 'transfer', to: target });
    await until(() => (driver.picture().leader === target ? true : null));
    await expect(driver.act({ type: 'transfer', to: target })).rejects.toThrow(/leads already/);
    await expect(driver.act({ type: 'kill', nodes: [nodeId('n9')], forMs: null })).rejects.toThrow('There is no node n9');
    const rows = await driver.logRows(target, 1 as never, 10);
    expect(rows[0]).toMatchObject({ index: 1, kind: 'noop' });
  });
});

describe('a cluster known by its urls', () => {
  it('is watched and used, but not controlled', async () => {
    const { dir, file } = await home.start();
    const urls = file.nodes.map(({ url }) => url);
    const driver = await attachUrls([...urls, 'ws://127.0.0.1:1/'], paths.token(dir, 'client'));
    home.atEnd(() => driver.close());
    expect(driver.picture()).toMatchObject({ name: 'default', dir: null });
    expect([...driver.capabilities]).toEqual([]);
    const leader = await until(() => driver.picture().leader);
    await driver.kv.put('a', '1');
    await expect(driver.act({ type: 'kill', nodes: [leader], forMs: null })).rejects.toThrow(/need its folder/);
    await killNode(dir, leader);
    await until(() => (driver.picture().nodes.find(({ id }) => id === leader)?.state === 'down' ? true : null));
    await until(() => driver.picture().leader);
    await expect(attachUrls(['ws://127.0.0.1:1/'], paths.token(dir, 'client'))).rejects.toThrow(/None of these nodes answers/);
  });
});
