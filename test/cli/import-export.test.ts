import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logIndex, term } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { BEGINNING } from '../../src/cli/checkpoint.ts';
import { Importer } from '../../src/cli/importer.ts';
import type { KvClient, Written } from '../../src/cluster/driver.ts';
import { fakeCluster } from '../commands/fake-cluster.ts';
import { cli } from './fake-io.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raftkv-import-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const env = (): Record<string, string> => ({ XDG_STATE_HOME: dir });
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const records = (count: number): string => Array.from({ length: count }, (_, i) => `{"key":"k${i}","value":"v${i}"}\n`).join('');

describe('import', () => {
  it('puts every record', async () => {
    const cluster = fakeCluster();
    const run = await cli(['import', file('a.ndjson', records(500)), '--json'], { cluster, env: env() });
    expect(JSON.parse(run.out)).toMatchObject({ imported: 500, bad: 0, complete: true });
    expect(run).toMatchObject({ exit: 0, err: '' });
    expect(cluster.store.size).toBe(500);
    expect(cluster.store.get('k499')?.value).toBe('v499');
  });

  it('goes on where it stopped, and begins anew when asked to', async () => {
    const cluster = fakeCluster();
    const path = file('a.ndjson', `${records(100)}broken\n{"key":"last","value":"x"}\n`);
    const first = await cli(['import', path], { cluster, env: env() });
    expect(first.exit).toBe(1);
    expect(first.err).toContain('line 101: not JSON');
    const puts: string[] = [];
    const original = cluster.kv.put;
    cluster.kv.put = (key, value, options) => {
      puts.push(key);
      return original(key, value, options);
    };
    const second = await cli(['import', path, '--skip-bad', '--json'], { cluster, env: env() });
    expect(JSON.parse(second.out)).toMatchObject({ imported: 1, bad: 1, resumedAt: 100, complete: true });
    expect(puts).toEqual(['last']);
    expect(readdirSync(join(dir, 'raftkv-tui', 'imports'))).toEqual([]);
    const third = await cli(['import', path, '--skip-bad', '--json', '--restart'], { cluster, env: env() });
    expect(JSON.parse(third.out)).toMatchObject({ imported: 101, resumedAt: 0 });
  });

  it('passes over what is done already in a JSON document', async () => {
    const cluster = fakeCluster();
    const path = file('a.json', '{"a": "1", "b": "2", "": "no key", "c": "3"}');
    expect((await cli(['import', path], { cluster, env: env() })).exit).toBe(1);
    cluster.store.clear();
    const second = await cli(['import', path, '--skip-bad', '--json'], { cluster, env: env() });
    expect(JSON.parse(second.out)).toMatchObject({ imported: 1, bad: 1, resumedAt: 2 });
    expect([...cluster.store.keys()]).toEqual(['c']);
  });

  it('stops at a write that fails, and says what is known', async () => {
    const cluster = fakeCluster();
    cluster.failWith = new RpcError('NO_QUORUM');
    const run = await cli(['import', file('a.tsv', 'a\t1\nb\t2\n'), '--in-flight', '1'], { cluster, env: env() });
    expect(run.exit).toBe(4);
    expect(run.err).toContain('stopped behind line 0; the same command goes on from there');
    expect(cluster.store.size).toBe(0);
  });

  it('reads standard input', async () => {
    const cluster = fakeCluster();
    await cli(['import', '-'], { cluster, input: '{"a": "1", "b": "2"}', env: env() });
    expect([...cluster.store.keys()]).toEqual(['a', 'b']);
  });
});

describe('Importer', () => {
  /** Answers come when the test says so. */
  function slowKv(): { kv: KvClient; pending: Map<string, () => void>; order: string[] } {
    const pending = new Map<string, () => void>();
    const order: string[] = [];
    const put = (key: string, value: string): Promise<Written> => {
      order.push(`${key}=${value}`);
      return new Promise((resolve) => {
        pending.set(`${key}=${value}`, () => resolve({ revision: 1, index: logIndex(1), term: term(1) }));
      });
    };
    return { kv: { ...fakeCluster().kv, put }, pending, order };
  }
  const record = (line: number, key: string, value: string) => ({ type: 'record' as const, line, end: line * 10, key, value });
  const importerOf = (kv: KvClient, inFlight = 4): Importer =>
    new Importer(kv, { inFlight, deadlineMs: 1_000, signal: new AbortController().signal, start: BEGINNING });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('knows only what is certain without a gap', async () => {
    const { kv, pending } = slowKv();
    const importer = importerOf(kv);
    await importer.put(record(1, 'a', '1'));
    await importer.put(record(2, 'b', '1'));
    pending.get('b=1')?.();
    await settle();
    expect(importer.position).toEqual(BEGINNING);
    pending.get('a=1')?.();
    await settle();
    expect(importer.position).toEqual({ offset: 20, line: 2, records: 2 });
  });

  it('never lets two writes of one key overtake each other', async () => {
    const { kv, pending, order } = slowKv();
    const importer = importerOf(kv);
    await importer.put(record(1, 'a', '1'));
    const second = importer.put(record(2, 'a', '2'));
    await settle();
    expect(order).toEqual(['a=1']);
    pending.get('a=1')?.();
    await second;
    expect(order).toEqual(['a=1', 'a=2']);
  });

  it('keeps no more in flight than allowed', async () => {
    const { kv, pending, order } = slowKv();
    const importer = importerOf(kv, 2);
    await importer.put(record(1, 'a', '1'));
    await importer.put(record(2, 'b', '1'));
    const third = importer.put(record(3, 'c', '1'));
    await settle();
    expect(order).toHaveLength(2);
    pending.get('a=1')?.();
    await third;
    expect(order).toHaveLength(3);
  });
});

describe('export', () => {
  it.each(['ndjson', 'tsv', 'json'])('writes %s that import reads back', async (format) => {
    const source = fakeCluster();
    const texts = ['plain', 'tab\tline\nback\\slash', '"quotes" {x}', '😀\u2028é', '', ' '];
    for (const [i, text] of texts.entries()) await source.kv.put(`${text}${i}`, text);
    for (let i = 0; i < 1_500; i += 1) await source.kv.put(`n${i}`, String(i));
    const path = join(dir, `a.${format}`);
    const run = await cli(['export', path, '--json'], { cluster: source });
    expect(JSON.parse(run.out)).toMatchObject({ exported: source.store.size, format });
    const copy = fakeCluster();
    expect(await cli(['import', path], { cluster: copy, env: env() })).toMatchObject({ exit: 0 });
    const content = (store: typeof copy.store): string[][] => [...store.values()].map(({ key, value }) => [key, value]).sort();
    expect(content(copy.store)).toEqual(content(source.store));
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves the old file alone when it fails', async () => {
    const cluster = fakeCluster();
    cluster.failWith = new RpcError('NO_QUORUM');
    const path = file('a.ndjson', 'old');
    expect(await cli(['export', path], { cluster })).toMatchObject({ exit: 4 });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['a.ndjson']);
  });

  it('writes to standard output, and says what it did elsewhere', async () => {
    const cluster = fakeCluster();
    await cluster.kv.put('a', '1');
    const run = await cli(['export', '-', '--format', 'tsv'], { cluster });
    expect(run.out).toBe('a\t1\n');
    expect(run.err).toContain('exported 1 keys');
  });
});
