import { afterEach, describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { NO_FAULTS } from '../../src/fault/plan.ts';
import type { NodeEvent } from '../../src/replica/status.ts';
import { FakeNode, type FakeNodeOptions } from '../support/fake-node.ts';
import { frame, RawClient } from '../support/raw-client.ts';

const nodes: FakeNode[] = [];

async function start(options?: FakeNodeOptions): Promise<FakeNode> {
  const node = await FakeNode.start(options);
  nodes.push(node);
  return node;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

describe('the methods of a client', () => {
  it('writes and reads', async () => {
    const client = await (await start()).client();
    expect(await client.request('kv.put', { key: 'a', value: '1' })).toEqual({ revision: 1, index: 1, term: 1 });
    expect(await client.request('kv.cas', { key: 'a', expect: '1', value: '2' })).toEqual({
      swapped: true,
      current: '2',
      revision: 2,
    });
    const kv = { key: 'a', value: '2', createRevision: 1, modRevision: 2, version: 2 };
    expect(await client.request('kv.get', { key: 'a' })).toEqual({ kv, revision: 2 });
    expect(await client.request('kv.range', { prefix: 'a' })).toEqual({ kvs: [kv], count: 1, more: false, revision: 2 });
    expect(await client.request('kv.delete', { key: 'a' })).toEqual({ deleted: true, revision: 3 });
    expect(await client.request('kv.get', { key: 'a' })).toEqual({ kv: null, revision: 3 });
    expect(await client.request('session.open', {})).toEqual({ session: 4 });
  });

  it('hands the identity of a write to the store', async () => {
    const node = await start();
    const client = await node.client();
    await client.request('kv.put', { key: 'a', value: '1', session: 7, sequence: 3, acknowledged: 2 });
    await client.request('kv.put', { key: 'a', value: '1' });
    expect(node.service.proposed.map((command) => (command.type === 'put' ? command.request : null))).toEqual([
      { session: 7, sequence: 3, acknowledged: 2 },
      null,
    ]);
  });

  it('says that a forgotten sequence is of unknown outcome', async () => {
    const node = await start();
    node.service.intercept = async () => ({ reply: { type: 'session-expired' }, at: { index: 1, term: 1 } as never });
    const put = (await node.client()).request('kv.put', { key: 'a', value: '1', session: 7, sequence: 3 });
    await expect(put).rejects.toMatchObject({ kind: 'SESSION_EXPIRED', outcome: 'unknown' });
  });

  it.each([
    ['kv.put', { key: '', value: '' }, 'INVALID_PARAMS'],
    ['kv.put', { key: 'a' }, 'INVALID_PARAMS'],
    ['kv.put', { key: 'a', value: '1', ttl: 5 }, 'INVALID_PARAMS'],
    ['kv.put', { key: 'a', value: '1', session: 1 }, 'INVALID_PARAMS'],
    ['kv.put', { key: 'a', value: '1', session: 1, sequence: 2, acknowledged: 2 }, 'INVALID_PARAMS'],
    ['kv.put', { key: 'a', value: '1', deadlineMs: LIMITS.maxRequestDeadlineMs + 1 }, 'INVALID_PARAMS'],
    ['kv.put', { key: 'k'.repeat(LIMITS.keyBytes + 1), value: '1' }, 'TOO_LARGE'],
    ['kv.put', { key: 'é'.repeat(LIMITS.keyBytes / 2 + 1), value: '1' }, 'TOO_LARGE'],
    ['kv.put', { key: 'k', value: 'v'.repeat(LIMITS.valueBytes + 1) }, 'TOO_LARGE'],
    ['kv.range', { limit: LIMITS.rangeRows + 1 }, 'INVALID_PARAMS'],
    ['kv.get', { key: 'a', consistency: 'eventual' }, 'INVALID_PARAMS'],
    ['kv.get', { key: 'a', revision: -1 }, 'INVALID_PARAMS'],
    ['kv.get', { key: 'a', revision: 1.5 }, 'INVALID_PARAMS'],
    ['kv.history', { key: 'a', limit: LIMITS.historyRows + 1 }, 'INVALID_PARAMS'],
    ['kv.history', { key: '' }, 'INVALID_PARAMS'],
    ['node.log', { from: 1, limit: 257 }, 'INVALID_PARAMS'],
    ['no.such', {}, 'METHOD_NOT_FOUND'],
    ['constructor', {}, 'METHOD_NOT_FOUND'],
    ['__proto__', {}, 'METHOD_NOT_FOUND'],
    ['raft.requestVote', {}, 'METHOD_NOT_FOUND'],
    ['node.event', {}, 'METHOD_NOT_FOUND'],
  ])('refuses %s %j with %s, before anything is proposed', async (method, params, kind) => {
    const node = await start();
    await expect((await node.client()).request(method, params)).rejects.toMatchObject({ kind });
    expect(node.service.proposed).toEqual([]);
  });

  it('takes a key and a value of exactly the greatest size', async () => {
    const client = await (await start()).client();
    const longest = { key: 'é'.repeat(LIMITS.keyBytes / 2), value: 'v'.repeat(LIMITS.valueBytes) };
    expect(await client.request('kv.put', longest)).toMatchObject({ revision: 1 });
    expect(await client.request('kv.get', { key: longest.key })).toMatchObject({ kv: { value: longest.value } });
  });

  it('says which revision is the oldest when one is forgotten', async () => {
    const client = await (await start()).client();
    for (const value of ['1', '2']) await client.request('kv.put', { key: 'a', value });
    await expect(client.request('kv.get', { key: 'a', revision: 1 })).rejects.toMatchObject({
      kind: 'COMPACTED',
      data: { compactedBelow: 2 },
    });
    await expect(client.request('kv.range', { revision: 1 })).rejects.toMatchObject({ kind: 'COMPACTED' });
    expect(await client.request('kv.get', { key: 'a', revision: 2 })).toMatchObject({ kv: { value: '2' }, revision: 2 });
    expect(await client.request('kv.history', { key: 'a' })).toMatchObject({
      versions: [{ type: 'put', revision: 2, kv: { value: '2' }, origin: null }],
      compactedBelow: 2,
    });
  });

  it('answers rpc.discover with every method and error', async () => {
    const document = (await (await (await start()).client()).request('rpc.discover', {})) as { methods: { name: string }[] };
    expect(document.methods.map(({ name }) => name)).toContain('kv.put');
  });

  it('sends events to watchers until they go', async () => {
    const node = await start();
    const seen: unknown[] = [];
    const told = Promise.withResolvers<void>();
    const handler = (params: unknown): void => {
      seen.push(params);
      told.resolve();
    };
    const client = await node.client('client', new Map([['node.event', handler]]));
    expect(await client.request('node.subscribe', { topics: ['fault'] })).toEqual({ subscribed: ['fault'] });
    const event = { topic: 'fault', seq: 1, node: nodeId('n1'), time: 5, text: 'cut' } as NodeEvent;
    for (const listener of node.service.listeners) listener(event);
    await told.promise;
    expect(seen).toEqual([event]);
    const gone = new Promise<void>((resolve) => node.accepted[0]?.whenClosed(resolve));
    client.close();
    await gone;
    expect(node.service.listeners.size).toBe(0);
  });
});

describe('a watcher that never reads', () => {
  it('misses events beyond a bound and keeps its place, and costs no more than that', async () => {
    const node = await start();
    const raw = await RawClient.upgraded(node.server.port);
    const subscribed = new Promise<void>((resolve) => raw.socket.once('data', () => resolve()));
    raw.write(frame({ payload: '{"jsonrpc":"2.0","id":1,"method":"node.subscribe","params":{"topics":["fault"]}}' }));
    await subscribed;
    raw.socket.pause();
    const text = 'x'.repeat(65_536);
    const [listener] = node.service.listeners;
    for (let seq = 1; seq <= 200; seq += 1) listener?.({ topic: 'fault', seq, node: nodeId('n1'), time: 5, text } as NodeEvent);
    const buffered = node.accepted[0]?.bufferedBytes ?? 0;
    expect(buffered).toBeGreaterThan(1_048_576);
    expect(buffered).toBeLessThan(1_048_576 + 2 * 65_536);
    expect(node.service.listeners.size).toBe(1);
    raw.destroy();
  });
});

describe('the methods of an admin', () => {
  const plan = { links: [{ from: 'n1', to: '*', drop: 1, delayMs: [0, 5], duplicate: 0, until: null }] };

  it('are not for clients', async () => {
    const node = await start();
    const client = await node.client();
    for (const method of ['fault.set', 'fault.clear', 'fault.stall', 'cluster.transferLeadership', 'cluster.campaign']) {
      await expect(client.request(method, {})).rejects.toMatchObject({ kind: 'FORBIDDEN' });
    }
    expect(node.service.plans).toEqual([]);
  });

  it('set and clear faults', async () => {
    const node = await start();
    const admin = await node.client('admin');
    expect(await admin.request('fault.set', { plan })).toEqual({ rules: 1 });
    expect(await admin.request('fault.clear', {})).toEqual({});
    expect(node.service.plans).toEqual([{ ...plan, disks: [], clocks: [] }, NO_FAULTS]);
  });

  it('break disks and clocks, and stall the node', async () => {
    const node = await start();
    const admin = await node.client('admin');
    const disk = { node: 'n1', slowMs: [20, 80], hang: false, full: true, fail: 'sync', until: 7 };
    const clock = { node: '*', rate: 0.5, offsetMs: -3_600_000, until: null };
    expect(await admin.request('fault.set', { plan: { disks: [disk], clocks: [clock] } })).toEqual({ rules: 2 });
    expect(node.service.plans).toEqual([{ links: [], disks: [disk], clocks: [clock] }]);
    expect(await admin.request('fault.stall', { ms: 500 })).toEqual({});
    expect(node.service.stalls).toEqual([500]);
    for (const bad of [
      { disks: [{ ...disk, slowMs: [80, 20] }] },
      { disks: [{ ...disk, fail: 'read' }] },
      { clocks: [{ ...clock, rate: 0.1 }] },
      { clocks: [{ ...clock, rate: 3 }] },
      { clocks: [{ ...clock, offsetMs: 1e15 }] },
    ]) {
      await expect(admin.request('fault.set', { plan: bad })).rejects.toMatchObject({ kind: 'INVALID_PARAMS' });
    }
    await expect(admin.request('fault.stall', { ms: 2_001 })).rejects.toMatchObject({ kind: 'INVALID_PARAMS' });
  });

  it.each([
    { ...plan.links[0], drop: 1.5 },
    { ...plan.links[0], delayMs: [9, 5] },
    { ...plan.links[0], path: '/etc/passwd' },
    { ...plan.links[0], to: 'n1; rm' },
  ])('refuse the plan %j', async (link) => {
    const node = await start();
    const admin = await node.client('admin');
    await expect(admin.request('fault.set', { plan: { links: [link] } })).rejects.toMatchObject({ kind: 'INVALID_PARAMS' });
    expect(node.service.plans).toEqual([]);
  });
});

describe('a follower', () => {
  async function pair(options?: FakeNodeOptions): Promise<{ leader: FakeNode; follower: FakeNode }> {
    const leader = await start({ id: 'n1' });
    const follower = await start({ id: 'n2', ...options });
    follower.service.known = { id: nodeId('n1'), url: leader.url };
    return { leader, follower };
  }

  it('forwards writes and linearizable reads, and answers stale reads itself', async () => {
    const { leader, follower } = await pair();
    const client = await follower.client();
    expect(await client.request('kv.put', { key: 'a', value: '1' })).toEqual({ revision: 1, index: 1, term: 1 });
    expect(await client.request('kv.get', { key: 'a' })).toMatchObject({ kv: { value: '1' } });
    expect(await client.request('kv.get', { key: 'a', consistency: 'stale' })).toEqual({ kv: null, revision: 0 });
    expect(leader.service.proposed).toHaveLength(1);
    expect(follower.service.proposed).toHaveLength(0);
  });

  it('answers linearizable reads from its own state once it may, and lets the leader answer what it may not', async () => {
    const { leader, follower } = await pair();
    const paths: unknown[] = [];
    follower.service.read = (_deadlineMs, path, succeed) => {
      paths.push(path);
      succeed();
    };
    const client = await follower.client();
    await client.request('kv.put', { key: 'a', value: '1' });
    expect(await client.request('kv.get', { key: 'a' })).toEqual({ kv: null, revision: 0 });
    expect(await client.request('kv.range', {})).toMatchObject({ kvs: [] });
    expect(paths).toEqual(['here', 'here']);
    // A lease is its leader's alone.
    await client.request('kv.get', { key: 'a', consistency: 'lease' });
    expect(paths).toEqual(['here', 'here', 'lease']);
    follower.service.read = (_deadlineMs, _path, _succeed, fail) => fail(new RpcError('NO_QUORUM'));
    expect(await client.request('kv.get', { key: 'a' })).toMatchObject({ kv: { value: '1' } });
    const asked = client.request('kv.get', { key: 'a', forward: false });
    await expect(asked).rejects.toMatchObject({ kind: 'NO_QUORUM' });
    expect(leader.service.proposed).toHaveLength(1);
  });

  it('names the leader when asked not to forward', async () => {
    const { leader, follower } = await pair();
    const put = (await follower.client()).request('kv.put', { key: 'a', value: '1', forward: false });
    await expect(put).rejects.toMatchObject({ kind: 'NOT_LEADER', data: { leader: 'n1', url: leader.url } });
  });

  it('waits for a leader within the deadline', async () => {
    const { follower } = await pair();
    follower.service.known = null;
    const put = (await follower.client()).request('kv.put', { key: 'a', value: '1' });
    await (await follower.client()).request('node.log', { from: 1, limit: 1 });
    follower.service.known = { id: nodeId('n2'), url: '' };
    expect(await put).toMatchObject({ revision: 1 });
  });

  it('says NO_QUORUM when no leader shows up in time', async () => {
    const { follower } = await pair();
    follower.service.known = null;
    const put = (await follower.client()).request('kv.put', { key: 'a', value: '1', deadlineMs: 30 });
    await expect(put).rejects.toMatchObject({ kind: 'NO_QUORUM', outcome: 'definite' });
  });

  it('passes on what the leader refuses', async () => {
    const { leader, follower } = await pair();
    leader.service.intercept = () => Promise.reject(new RpcError('OVERLOADED', { retryAfterMs: 70 }));
    const put = (await follower.client()).request('kv.put', { key: 'a', value: '1' });
    await expect(put).rejects.toMatchObject({ kind: 'OVERLOADED', data: { retryAfterMs: 70 } });
  });

  it('says unknown, once, when the leader dies after it was asked to write', async () => {
    const { leader, follower } = await pair();
    const asked = Promise.withResolvers<void>();
    leader.service.intercept = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const put = (await follower.client()).request('kv.put', { key: 'a', value: '1' });
    put.catch(() => {});
    await asked.promise;
    for (const connection of leader.accepted) connection.terminate();
    await expect(put).rejects.toMatchObject({ kind: 'UNKNOWN_OUTCOME' });
    expect(leader.service.proposed).toHaveLength(1);
  });

  it('finds a cut link to the leader of unknown outcome, and sends nothing over it', async () => {
    const { leader, follower } = await pair({ fate: () => 'drop' });
    const put = (await follower.client()).request('kv.put', { key: 'a', value: '1', deadlineMs: 30 });
    await expect(put).rejects.toMatchObject({ kind: 'UNKNOWN_OUTCOME' });
    expect(leader.service.proposed).toHaveLength(0);
  });

  it('lets a write through whose answer is lost on a one-way cut', async () => {
    const { leader, follower } = await pair({ fate: (from) => (from === 'n1' ? 'drop' : { delaysMs: [1] }) });
    const put = (await follower.client()).request('kv.put', { key: 'a', value: '1', deadlineMs: 50 });
    await expect(put).rejects.toMatchObject({ kind: 'UNKNOWN_OUTCOME' });
    expect(leader.service.proposed).toHaveLength(1);
  });
});
