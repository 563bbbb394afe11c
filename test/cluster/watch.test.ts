import { afterEach, describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { RaftKvClient } from '../../src/cluster/client/client.ts';
import type { Connection, DialRequest } from '../../src/cluster/client/connection.ts';
import type { WatchEvent } from '../../src/cluster/driver.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import { Machine } from '../../src/kv/machine.ts';
import { Watches } from '../../src/net/watches.ts';
import { checkParams } from '../../src/wire/check.ts';

/** A node that has applied a part of the common log, and the watches on it. */
class Node {
  readonly id: string;
  machine = new Machine();
  #applied = 0;
  readonly #log: readonly string[];
  readonly #listeners = new Set<() => void>();
  readonly #connections = new Set<{ close(): void }>();
  readonly watches = new Watches({
    changes: () => this.machine.history,
    onChange: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
    leader: () => ({ id: nodeId('n1'), url: '' }),
  });

  constructor(id: string, log: readonly string[]) {
    this.id = id;
    this.#log = log;
  }

  applyUpTo(end: number): void {
    for (; this.#applied < end; this.#applied += 1) {
      this.machine.apply(logIndex(this.#applied + 1), this.#log[this.#applied] ?? '', clusterTime(0));
    }
    for (const listener of this.#listeners) listener();
  }

  forget(): void {
    this.machine.limitHistory({ changes: 1_000_000, units: 1e9 });
  }

  crash(): void {
    for (const connection of [...this.#connections]) connection.close();
  }

  async dial({ onNotification, onClose }: DialRequest): Promise<Connection> {
    const closers: (() => void)[] = [];
    const connection = {
      open: true,
      close: () => {
        if (!connection.open) return;
        connection.open = false;
        this.#connections.delete(connection);
        for (const closer of closers) closer();
        onClose();
      },
      request: async (method: string, params: object) => this.#answer(socket, method, params),
    };
    const socket = {
      bufferedBytes: 0,
      notify: (method: string, params: object) => {
        if (connection.open) onNotification(method, structuredClone(params));
        return connection.open;
      },
      whenClosed: (closer: () => void) => closers.push(closer),
    };
    this.#connections.add(connection);
    return connection;
  }

  #answer(socket: Parameters<Watches['open']>[0], method: string, params: object): unknown {
    if (method === 'kv.watch') return this.watches.open(socket, checkParams('kv.watch', params));
    if (method === 'kv.unwatch') return { ended: this.watches.close(socket, checkParams('kv.unwatch', params).watch) };
    if (method === 'node.status') return { id: this.id, role: this.id === 'n1' ? 'leader' : 'follower', term: 1 };
    if (this.id !== 'n1') throw new RpcError('NOT_LEADER', { leader: 'n1', url: 'ws://127.0.0.1/n1' });
    return { kvs: [], count: 0, more: false, revision: this.machine.revision };
  }
}

class World {
  readonly log: string[] = [];
  readonly nodes = ['n1', 'n2', 'n3'].map((id) => new Node(id, this.log));
  readonly client = new RaftKvClient({
    endpoints: this.nodes.map(({ id }) => ({ id, url: `ws://127.0.0.1/${id}` })),
    token: 'secret',
    dial: (request) => this.node(request.url.slice(-2)).dial(request),
  });

  node(id: string): Node {
    return this.nodes.find((node) => node.id === id) ?? expect.fail(`no node ${id}`);
  }

  /** Committed, and applied where it is said. */
  put(key: string, value = '', on: readonly Node[] = this.nodes): void {
    this.log.push(encodeCommand({ type: 'put', key, value, request: null }));
    for (const node of on) node.applyUpTo(this.log.length);
  }

  get watches(): number {
    return this.nodes.reduce((sum, { watches }) => sum + watches.count, 0);
  }
}

const worlds: World[] = [];
const fresh = (): World => {
  const world = new World();
  worlds.push(world);
  return world;
};
afterEach(() => {
  for (const { client } of worlds.splice(0)) client.close();
});

/** The next `count` events of an iteration that goes on. */
async function take(iterator: AsyncIterator<WatchEvent>, count: number): Promise<readonly WatchEvent[]> {
  const events: WatchEvent[] = [];
  while (events.length < count) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    events.push(value);
  }
  return events;
}

const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('watching with a client', () => {
  it('goes on at another node when one is lost, with nothing missing and nothing twice', async () => {
    const world = fresh();
    const starts: string[] = [];
    const iterator = world.client
      .watch({ prefix: 'k', fromRevision: 1 }, { onStart: (node) => starts.push(node) })
      [Symbol.asyncIterator]();
    const heard: number[] = [];
    const visited = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      // One node after the other is behind.
      const behind = world.nodes[round % 3];
      for (let i = 0; i < 5; i += 1) world.put(`k${i}`, '', []);
      for (const node of world.nodes) node.applyUpTo(world.log.length - (node === behind ? 2 : 0));
      heard.push(...(await take(iterator, 3)).map(({ revision }) => revision));
      const at = starts.at(-1) ?? expect.fail('no node has agreed');
      visited.add(at);
      world.node(at).crash();
    }
    for (const node of world.nodes) node.applyUpTo(world.log.length);
    heard.push(...(await take(iterator, 60 - heard.length)).map(({ revision }) => revision));
    expect(heard).toEqual(upTo(1, 60));
    expect(visited.size).toBeGreaterThan(1);
    await iterator.return?.();
    expect(world.watches).toBe(0);
  });

  it('begins after what is acknowledged, though it listens to a node that is behind', async () => {
    const world = fresh();
    for (let i = 0; i < 5; i += 1) world.put('k', String(i), [world.node('n1')]);
    const started = Promise.withResolvers<void>();
    const iterator = world.client.watch({ key: 'k' }, { onStart: () => started.resolve() })[Symbol.asyncIterator]();
    const next = take(iterator, 1);
    await started.promise;
    world.put('k', 'new');
    expect((await next).map(({ kv, revision }) => [kv?.value, revision])).toEqual([['new', 6]]);
    await iterator.return?.();
  });

  it('stops listening while whoever iterates is slow, and is told all the same', async () => {
    const world = fresh();
    const iterator = world.client.watch({ key: 'k', fromRevision: 1 })[Symbol.asyncIterator]();
    world.put('k');
    const [first] = await take(iterator, 1);
    const total = LIMITS.watchBacklog + 3_000;
    for (let i = 1; i < total; i += 1) world.log.push(encodeCommand({ type: 'put', key: 'k', value: '', request: null }));
    for (const node of world.nodes) node.applyUpTo(total);
    while (world.watches > 0) await new Promise((resolve) => setImmediate(resolve));
    const rest = await take(iterator, total - 1);
    expect([first, ...rest].map((event) => event?.revision)).toEqual(upTo(1, total));
    await iterator.return?.();
  });

  it('asks others when a node has forgotten what comes next, and ends when all have', async () => {
    const world = fresh();
    for (let i = 0; i < 4; i += 1) world.put('k', String(i));
    world.node('n1').forget();
    world.node('n2').forget();
    const iterator = world.client.watch({ key: 'k', fromRevision: 2 })[Symbol.asyncIterator]();
    expect((await take(iterator, 3)).map(({ revision }) => revision)).toEqual([2, 3, 4]);
    await iterator.return?.();
    world.node('n3').forget();
    const late = world.client.watch({ key: 'k', fromRevision: 2 })[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toMatchObject({ kind: 'COMPACTED', data: { compactedBelow: 4 } });
  });

  it('tells what was replaced when that is asked for, and deletions', async () => {
    const world = fresh();
    world.put('k', 'old');
    world.log.push(encodeCommand({ type: 'delete', key: 'k', request: null }));
    for (const node of world.nodes) node.applyUpTo(2);
    const iterator = world.client.watch({ key: 'k', fromRevision: 1, previous: true })[Symbol.asyncIterator]();
    expect(await take(iterator, 2)).toMatchObject([
      { type: 'put', key: 'k', revision: 1, kv: { value: 'old' }, previous: null },
      { type: 'delete', key: 'k', revision: 2, kv: null, previous: { value: 'old' } },
    ]);
    await iterator.return?.();
  });

  it('ends when it is cancelled, and leaves no watch behind', async () => {
    const world = fresh();
    const controller = new AbortController();
    const iterator = world.client.watch({ key: 'k', fromRevision: 1 }, { signal: controller.signal })[Symbol.asyncIterator]();
    world.put('k');
    await take(iterator, 1);
    const next = iterator.next();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    while (world.watches > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('refuses at once what no node would take', () => {
    const world = fresh();
    expect(() => world.client.watch({ key: '' })).toThrow(RpcError);
    expect(() => world.client.watch({ key: 'a', prefix: 'a' })).toThrow(RpcError);
  });
});
