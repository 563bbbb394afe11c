import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, revision } from '../../src/base/brand.ts';
import type { KvClient, WatchEvent } from '../../src/cluster/driver.ts';
import type { ResultPart } from '../../src/commands/command.ts';
import { jsonLine, terminalLines } from '../../src/commands/render-result.ts';
import { runLine } from '../../src/commands/run-line.ts';
import type { Version } from '../../src/kv/history.ts';
import { contextOf, fakeCluster } from './fake-cluster.ts';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const HOSTILE = 'a\x1b]52;c;eA==\x07\u202e\n';

const kvOf = (value: string, at: number) => ({
  key: 'k',
  value,
  createRevision: revision(1),
  modRevision: revision(at),
  version: at,
});
const put = (value: string, at: number, session: number | null = null): Version => ({
  type: 'put',
  revision: revision(at),
  kv: kvOf(value, at),
  origin: { index: logIndex(at + 1), time: clusterTime(0), session },
});
const deleted = (at: number): Version => ({
  type: 'delete',
  revision: revision(at),
  key: 'k',
  origin: { index: logIndex(at + 1), time: clusterTime(0), session: null },
});

/** A cluster whose store answers these calls as it is told. */
function clusterWith(calls: Partial<KvClient>) {
  const cluster = fakeCluster();
  return contextOf({ ...cluster, kv: { ...cluster.kv, ...calls } });
}

async function* told(...events: readonly WatchEvent[]): AsyncGenerator<WatchEvent> {
  yield* events;
}

describe('history', () => {
  it('lists versions and deletions, page after page, with who wrote them', async () => {
    const all = [deleted(5), put('c', 4, 17), put('b', 2), put('a', 1)];
    const asked: unknown[] = [];
    const context = clusterWith({
      history: async (_key, page = {}) => {
        asked.push(page.before);
        const from = all.filter((version) => page.before === undefined || version.revision < page.before);
        return { versions: from.slice(0, 2), more: from.length > 2, compactedBelow: revision(0), revision: revision(9) };
      },
    });
    const { lines, json, exit, trailer } = await runLine('history k --limit 0', context);
    expect(lines).toEqual([
      'rev 5  (deleted)  1970-01-01T00:00:00.000Z  index 6',
      'rev 4  v4 "c"  1970-01-01T00:00:00.000Z  index 5  session 17',
      'rev 2  v2 "b"  1970-01-01T00:00:00.000Z  index 3',
      'rev 1  v1 "a"  1970-01-01T00:00:00.000Z  index 2',
    ]);
    expect(asked).toEqual([undefined, 4]);
    expect(json).toMatchObject({ key: 'k', versions: all, more: false, compactedBelow: 0 });
    expect([exit, trailer]).toEqual([0, expect.stringContaining('since the beginning')]);
  });

  it('says from where on nothing is known', async () => {
    const kv = kvOf('a', 3);
    const version: Version = { type: 'put', revision: revision(3), kv, origin: null };
    const context = clusterWith({
      history: async (_key, { before } = {}) => ({
        versions: before === undefined ? [version] : [],
        more: false,
        compactedBelow: revision(7),
        revision: revision(9),
      }),
    });
    expect(await runLine('history k', context)).toMatchObject({
      lines: ['rev 3  v3 "a"'],
      trailer: expect.stringContaining('replaced before rev 7: forgotten'),
    });
    expect(await runLine('history k --before 3', context)).toMatchObject({ lines: ['(nothing)'], exit: 3 });
  });
});

describe('get and range --rev', () => {
  it('ask for that revision', async () => {
    const asked: unknown[] = [];
    const base = fakeCluster();
    const context = clusterWith({
      get: async (key, options) => {
        asked.push(options?.revision);
        return base.kv.get(key, options);
      },
      range: async (query, options) => {
        asked.push(options?.revision);
        return base.kv.range(query, options);
      },
    });
    await runLine('get k --rev 12', context);
    await runLine('range --prefix a --rev 13', context);
    await runLine('get k', context);
    expect(asked).toEqual([12, 13, undefined]);
    expect(await runLine('get k --rev soon', context)).toMatchObject({ exit: 2 });
  });
});

describe('watch', () => {
  const events: readonly WatchEvent[] = [
    { type: 'put', key: 'k', revision: 4, kv: kvOf('1', 4), previous: null },
    { type: 'delete', key: 'k', revision: 6, kv: null, previous: kvOf('1', 4) },
  ];

  it('shows each change when it comes, and at the end how many there were', async () => {
    const parts: ResultPart[] = [];
    const queries: unknown[] = [];
    const context = {
      ...clusterWith({
        watch: (query) => {
          queries.push(query);
          return told(...events);
        },
      }),
      emit: (part: ResultPart) => void parts.push(part),
    };
    expect(await runLine('watch k --previous --from-revision 4', context)).toMatchObject({
      lines: [],
      json: null,
      exit: 0,
      trailer: '2 changes, the last at rev 6',
    });
    expect(parts).toEqual([
      { lines: ['rev 4  put "k" "1"  was (nil)'], raw: '4\tput\tk\t1\n', json: events[0] },
      { lines: ['rev 6  del "k"  was "1"'], raw: '6\tdelete\tk\t\n', json: events[1] },
    ]);
    await runLine('watch --prefix "" --rev 7 --limit 1', context);
    expect(queries).toEqual([
      { key: 'k', fromRevision: 4, previous: true },
      { prefix: '', fromRevision: 7 },
    ]);
    expect(parts).toHaveLength(3);
  });

  it.each(['watch', 'watch k --prefix k', 'watch k --from-revision 0'])('refuses %s', async (line) => {
    expect(await runLine(line, contextOf(fakeCluster()))).toMatchObject({ exit: 2 });
  });

  it('lets nothing dangerous through to a terminal', async () => {
    const parts: ResultPart[] = [];
    const hostile = { ...kvOf(HOSTILE, 4), key: HOSTILE };
    const context = {
      ...clusterWith({ watch: () => told({ type: 'put', key: HOSTILE, revision: 4, kv: hostile, previous: hostile }) }),
      emit: (part: ResultPart) => void parts.push(part),
    };
    await runLine('watch --prefix ""', context);
    expect(parts).toHaveLength(1);
    for (const { lines, json } of parts) {
      expect(terminalLines({ lines, json, exit: 0 }).join('')).not.toMatch(UNSAFE);
      expect(jsonLine(json)).not.toMatch(UNSAFE);
    }
  });
});
