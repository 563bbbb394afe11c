import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/cluster/native/folder/ports.ts';
import { connect } from '../../src/net/connect.ts';
import type { RpcSocket } from '../../src/net/rpc-socket.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { type RunningNode, startNode } from '../../src/node/start-node.ts';

let folder = '';
const tokenOf = (role: string): string => role.padEnd(40, '-');
let open: { close(): unknown }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftkv-node-'));
  for (const role of ['client', 'admin', 'peer']) writeFileSync(join(folder, `${role}.token`), tokenOf(role), { mode: 0o600 });
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

async function configFile(faults: boolean): Promise<string> {
  const [port = 0] = await freePorts(1);
  const file = join(folder, 'node.json');
  const config = {
    id: 'n1',
    clusterId: 'a'.repeat(32),
    clusterName: 'test',
    listen: { host: '127.0.0.1', port },
    members: [{ id: 'n1', url: `ws://127.0.0.1:${port}/` }],
    dataDir: 'data',
    tokens: { client: 'client.token', admin: 'admin.token', peer: 'peer.token' },
    faults: { enabled: faults, planFile: faults ? 'plan.json' : null },
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

async function start(file: string, onServing: (term: number) => void = () => {}): Promise<RunningNode> {
  const node = await startNode(await loadConfig(file), {
    onFatal: (error) => {
      throw error;
    },
    onServing,
  });
  open.push({ close: () => node.stop() });
  return node;
}

async function dial(node: RunningNode, token = tokenOf('client')): Promise<RpcSocket> {
  const socket = await connect({ url: `ws://127.0.0.1:${node.port}/`, token }, { handlers: new Map(), log: () => {} });
  open.push({ close: () => socket.terminate() });
  return socket;
}

describe('one node alone', () => {
  it('leads at once, takes a write, and has it again after a restart', async () => {
    const file = await configFile(false);
    const first = await start(file);
    const socket = await dial(first);
    await socket.request('kv.put', { key: 'a', value: '1' });
    socket.terminate();
    await first.stop();
    open = [];
    const again = await dial(await start(file));
    expect(await again.request('kv.get', { key: 'a' })).toMatchObject({ kv: { key: 'a', value: '1', version: 1 } });
  });

  it('says that it serves when it can be reached and has committed an entry', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const node = await start(await configFile(false), resolve);
    expect(await promise).toBe(1);
    expect(await (await dial(node)).request('node.status', {})).toMatchObject({ role: 'leader', appliedIndex: 1 });
  });

  it('describes itself: status, log rows and the OpenRPC document', async () => {
    const socket = await dial(await start(await configFile(false)));
    await socket.request('kv.put', { key: 'user:42', value: 'ann' });
    expect(await socket.request('node.status', {})).toMatchObject({ id: 'n1', role: 'leader', keys: 1, appliedIndex: 2 });
    const log = await socket.request('node.log', { from: 1, limit: 10 });
    expect(log).toMatchObject({ rows: [{ kind: 'noop' }, { kind: 'command', text: 'put user:42 "ann"' }] });
    expect(await socket.request('rpc.discover', {})).toHaveProperty('openrpc');
  });

  it('refuses a second process on the same data', async () => {
    const file = await configFile(false);
    await start(file);
    await expect(startNode(await loadConfig(file), { onFatal: () => {} })).rejects.toThrow(/data/);
  });

  it('injects faults for an admin, only where that is enabled', async () => {
    const plan = { links: [{ from: 'n1', to: '*', drop: 1, delayMs: [0, 0], duplicate: 0, until: null }] };
    const node = await start(await configFile(true));
    expect(await (await dial(node, tokenOf('admin'))).request('fault.set', { plan })).toEqual({ rules: 1 });
    await expect((await dial(node)).request('fault.set', { plan })).rejects.toMatchObject({ kind: 'FORBIDDEN' });
  });

  it('refuses faults where they are not enabled, even for an admin', async () => {
    const admin = await dial(await start(await configFile(false)), tokenOf('admin'));
    await expect(admin.request('fault.set', { plan: { links: [] } })).rejects.toMatchObject({ kind: 'FORBIDDEN' });
  });

  it('goes on with the faults that were set before it started', async () => {
    const file = await configFile(true);
    const plan = { links: [{ from: 'n1', to: '*', drop: 1, delayMs: [0, 0], duplicate: 0, until: null }] };
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
    const events: unknown[] = [];
    const node = await start(file);
    const handlers = new Map([['node.event', (params: unknown) => void events.push(params)]]);
    const socket = await connect({ url: `ws://127.0.0.1:${node.port}/`, token: tokenOf('client') }, { handlers, log: () => {} });
    open.push({ close: () => socket.terminate() });
    await socket.request('node.subscribe', { topics: ['fault'] });
    expect(events).toMatchObject([{ topic: 'fault', text: 'rules in force: 1 for links, 0 for disks, 0 for clocks' }]);
  });
});

describe('three new nodes', () => {
  it('are led by the first of them without waiting for a timeout', async () => {
    const ports = await freePorts(3);
    const members = ports.map((port, place) => ({ id: `n${place + 1}`, url: `ws://127.0.0.1:${port}/` }));
    const shared = {
      clusterId: 'a'.repeat(32),
      clusterName: 'test',
      members,
      tokens: { client: 'client.token', admin: 'admin.token', peer: 'peer.token' },
      faults: { enabled: false, planFile: null },
      // Whoever leads before this test gives up has not waited for it.
      electionMs: 60_000,
    };
    const files = members.map(({ id }, place) => {
      const file = join(folder, `${id}.json`);
      const listen = { host: '127.0.0.1', port: ports[place] };
      writeFileSync(file, JSON.stringify({ ...shared, id, listen, dataDir: id }));
      return file;
    });
    const said: string[] = [];
    const nodes = await Promise.all(
      files.map((file, place) => start(file, (term) => said.push(`n${place + 1} in term ${term}`))),
    );
    const [first, second] = await Promise.all([dial(nodes[0] as RunningNode), dial(nodes[1] as RunningNode)]);
    expect(await second.request('kv.put', { key: 'a', value: '1' })).toMatchObject({ term: 1 });
    expect(await first.request('node.status', {})).toMatchObject({ role: 'leader', term: 1 });
    expect(said).toEqual(['n1 in term 1']);
  });
});
