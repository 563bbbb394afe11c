import { describe, expect, it } from 'vitest';
import { RpcError } from '../../src/base/errors.ts';
import type { ResultPart } from '../../src/commands/command.ts';
import { argumentHint, complete } from '../../src/commands/completion.ts';
import { runLine } from '../../src/commands/run-line.ts';
import { contextOf, fakeCluster } from './fake-cluster.ts';

/** Runs a line and keeps what it showed on the way. */
async function run(
  line: string,
  { cluster = fakeCluster(), onPart = (_parts: number): void => {}, signal = AbortSignal.any([]) } = {},
) {
  const parts: ResultPart[] = [];
  const emit = (part: ResultPart): void => {
    parts.push(part);
    onPart(parts.length);
  };
  const result = await runLine(line, contextOf(cluster, { emit, signal }));
  return { cluster, result, parts, shown: [...parts.flatMap(({ lines }) => lines), ...result.lines] };
}

describe('a number before a command', () => {
  it('runs it so often and shows each outcome', async () => {
    const { cluster, result, parts, shown } = await run('3 put k v');
    expect(cluster.store.get('k')).toMatchObject({ version: 3 });
    expect(shown.map((line) => line.replace(/ +[\d.]+ m?s$/, ''))).toEqual([
      '1) OK  rev 1  index 2  T3',
      '2) OK  rev 2  index 3  T3',
      '3) OK  rev 3  index 4  T3',
    ]);
    expect([...parts, result].map(({ json }) => json)).toMatchObject([{ revision: 1 }, { revision: 2 }, { revision: 3 }]);
    expect(result.trailer).toMatch(/^3 times in /);
    expect(result.exit).toBe(0);
  });

  it('gives a pipe each outcome on a line of its own, without numbers', async () => {
    const { result, parts, cluster } = await run('put k v');
    expect(parts).toEqual([]);
    expect(result.lines).toEqual(['OK']);
    const twice = await run('2 get k', { cluster });
    expect([...twice.parts, twice.result].map(({ raw }) => raw)).toEqual(['v\n', 'v\n']);
  });

  it('goes on after an answer of no, whose exit code it keeps, and takes the other spelling of faults', async () => {
    const { shown, result, cluster } = await run('2 del k');
    expect(shown).toHaveLength(2);
    expect(result.exit).toBe(3);
    expect((await run('2 fault faults', { cluster })).result.exit).toBe(0);
  });

  it('stops at an unknown outcome', async () => {
    const cluster = fakeCluster();
    const onPart = (count: number): void => {
      if (count === 2) cluster.failWith = new RpcError('UNKNOWN_OUTCOME');
    };
    const { result, parts } = await run('5 put k v', { cluster, onPart });
    expect(cluster.store.get('k')).toMatchObject({ version: 2 });
    expect(parts).toHaveLength(2);
    expect(result.exit).toBe(4);
    expect(result.json).toMatchObject({ error: { outcome: 'unknown' } });
    expect(result.lines[0]).toMatch(/^3\) \(unknown\) /);
    expect(result.lines.at(-1)).toBe('  stopped: 2 of 5 were not tried');
  });

  it('can be stopped between two', async () => {
    const stop = new AbortController();
    const onPart = (count: number): void => {
      if (count === 2) stop.abort();
    };
    const { cluster, result, shown } = await run('9 put k v', { onPart, signal: stop.signal });
    expect(cluster.store.get('k')).toMatchObject({ version: 3 });
    expect(shown.at(-1)).toBe('(stopped) 3 of 9 are done, the others were not tried');
    expect(result.exit).toBe(1);
  });

  it('is bounded, and refuses what is asked for its consequence', async () => {
    expect((await run('0 put k v')).result).toMatchObject({ exit: 2 });
    expect((await run('10001 put k v')).result.lines[0]).toContain('cannot be run 10001 times (column 1)');
    expect((await run('5')).result.lines[0]).toContain('what is to be run 5 times?');
    expect((await run('2 3 put k v')).result).toMatchObject({ exit: 2 });
    const { cluster, result } = await run('2 kill n1');
    expect(result.lines[0]).toContain('kill is not repeated');
    expect(cluster.actions).toEqual([]);
    expect((await run('2 puut k v')).result.lines[1]).toContain('did you mean put');
    expect((await run('2 put k')).result.exit).toBe(2);
  });

  it('is known to completion and hints', async () => {
    const cluster = fakeCluster();
    await cluster.kv.put('user:1', 'x');
    const offers = async (line: string): Promise<string[]> =>
      (await complete(line, line.length, cluster)).candidates.map(({ text }) => text);
    expect(await offers('5 pu')).toEqual(['put']);
    expect(await offers('5 ki')).toEqual([]);
    expect(await offers('12 get us')).toEqual(['user:1']);
    expect(argumentHint('5 put ')).toContain('KEY VALUE');
    expect(argumentHint('5 ')).toContain('COMMAND');
    expect(argumentHint('99999 ')).toBe('');
  });
});
