import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../src/cluster/driver.ts';
import { killNode, spawnNode } from '../../src/cluster/native/process/processes.ts';
import { freshHome, ids, leaderOf, until } from './in-home.ts';

const home = freshHome();

describe('a watch on three real nodes', () => {
  it('misses nothing and tells nothing twice while each node is killed and comes back', async () => {
    const { dir } = await home.start();
    const [writer, watcher, reader] = [await home.client(), await home.client(), await home.client()];
    const controller = new AbortController();
    const events: WatchEvent[] = [];
    const nodes: string[] = [];
    const options = { signal: controller.signal, onStart: (node: string) => void nodes.push(node) };
    const watching = (async () => {
      for await (const event of watcher.watch({ prefix: 'w/' }, options)) events.push(event);
    })();
    await until(() => (nodes.length > 0 ? true : null));

    const acknowledged = new Map<number, string>();
    let stopped = false;
    const load = (async () => {
      for (let i = 0; !stopped; i += 1) {
        const { revision } = await writer.put(`${i % 3 === 0 ? 'x' : 'w'}/${i % 7}`, String(i), { deadlineMs: 20_000 });
        acknowledged.set(revision, String(i));
      }
    })();
    for (const node of ids(3)) {
      const seen = events.length;
      await killNode(dir, node);
      await until(() => (events.length > seen + 100 ? true : null));
      await spawnNode(dir, node);
      await leaderOf(reader, ids(3));
    }
    stopped = true;
    await load;
    const last = Math.max(...acknowledged.keys());
    const { revision } = await writer.put('w/last', 'last');
    await until(() => (events.at(-1)?.revision === revision ? true : null));
    controller.abort();
    await watching;

    const expected = [...acknowledged].filter(([, value]) => Number(value) % 3 !== 0);
    expect(events.slice(0, -1).map((event) => [event.revision, event.kv?.value])).toEqual(expected.toSorted(([a], [b]) => a - b));
    expect(last).toBe(revision - 1);
    expect(new Set(nodes).size).toBeGreaterThan(1);
  });

  it('tells the past again after a restart of all nodes, and reads it', async () => {
    await home.start();
    const first = await home.client();
    for (let i = 0; i < 20; i += 1) await first.put('k', String(i));
    await first.delete('k');
    await home.stop();
    await home.start();
    const client = await home.client();
    const heard: string[] = [];
    for await (const { kv } of client.watch({ key: 'k', fromRevision: 11 })) {
      heard.push(kv?.value ?? '(gone)');
      if (kv === null) break;
    }
    expect(heard).toEqual(['10', '11', '12', '13', '14', '15', '16', '17', '18', '19', '(gone)']);
    expect((await client.get('k', { revision: 5 })).kv?.value).toBe('4');
    expect((await client.range({ prefix: 'k' }, { revision: 20 })).kvs.map(({ value }) => value)).toEqual(['19']);
    expect((await client.get('k')).kv).toBeNull();
    const { versions, more, compactedBelow } = await client.history('k', { limit: 2 });
    expect(versions).toMatchObject([
      { type: 'delete', revision: 21 },
      { type: 'put', revision: 20, kv: { value: '19' } },
    ]);
    expect([more, compactedBelow]).toEqual([true, 0]);
  });

  it('that asks for what a snapshot has swallowed is refused with the oldest revision that is known', async () => {
    await home.start({ count: 1, snapshotEntries: 50 });
    const first = await home.client();
    for (let i = 0; i < 120; i += 1) await first.put('k', String(i));
    await until(async () => ((await first.status(ids(1)[0] ?? expect.fail('no node'))).snapshotIndex > 60 ? true : null));
    await home.stop();
    await home.start({ count: 1 });
    const client = await home.client();
    const begin = client.watch({ key: 'k', fromRevision: 1 })[Symbol.asyncIterator]().next();
    await expect(begin).rejects.toMatchObject({ kind: 'COMPACTED' });
    const { compactedBelow, versions } = await client.history('k', { limit: 1 });
    expect(compactedBelow).toBeGreaterThan(50);
    expect(versions[0]).toMatchObject({ type: 'put', kv: { value: '119' } });
    await expect(client.get('k', { revision: compactedBelow - 1 })).rejects.toMatchObject({
      kind: 'COMPACTED',
      data: { compactedBelow },
    });
    expect((await client.get('k', { revision: compactedBelow })).kv?.value).toBe(String(compactedBelow - 1));
  });
});
