import { describe, expect, it } from 'vitest';
import type { ResultPart } from '../../src/commands/command.ts';
import { outputControl } from '../../src/commands/output.ts';
import { runLine } from '../../src/commands/run-line.ts';
import { tableLines } from '../../src/commands/table.ts';
import { contextOf, fakeCluster, faultOf, pictureOf } from './fake-cluster.ts';

async function contextWithKeys() {
  const parts: ResultPart[] = [];
  const cluster = fakeCluster(pictureOf(3, { faults: [faultOf(1, 'isolate', 'isolate n2', ['n2'])] }));
  await cluster.kv.put('city:1', 'Ulm');
  await cluster.kv.put('city:20', '東京\x1b[2J');
  const emit = (part: ResultPart): void => void parts.push(part);
  return { context: contextOf(cluster, { output: outputControl({ json: false }), emit }), parts };
}

describe('the form of results', () => {
  it('is simple at first, and another one for one command with -w', async () => {
    const { context } = await contextWithKeys();
    expect((await runLine('range', context)).lines[0]).toBe('1) "city:1" "Ulm"');
    expect((await runLine('-w json range', context)).lines).toEqual((await runLine('range -w json', context)).lines);
    const table = await runLine('range -w table', context);
    expect(table.lines).toEqual([
      'KEY        VALUE          REV  VERSION  CREATED',
      '---------  -------------  ---  -------  -------',
      '"city:1"   "Ulm"            1        1        1',
      '"city:20"  "東京\\x1b[2J"    2        1        2',
    ]);
    expect(table.raw).toBe(table.lines.map((line) => `${line}\n`).join(''));
    expect(table.trailer).toContain('2 of 2');
    expect((await runLine('get city:1 --write-out json', context)).lines).toEqual([
      '{"key":"city:1","value":"Ulm","createRevision":1,"modRevision":1,"version":1}',
    ]);
    expect((await runLine('range', context)).lines[0]).toBe('1) "city:1" "Ulm"');
  });

  it('stays what output sets, also for parts and for failures', async () => {
    const { context, parts } = await contextWithKeys();
    expect((await runLine('output json', context)).lines).toEqual(['json']);
    await runLine('2 put k v', context);
    expect(parts.map(({ lines }) => lines)).toEqual([['{"revision":3,"index":4,"term":3}']]);
    expect((await runLine('keys --limit x', context)).lines[0]).toMatch(/^\{"error":/);
    await runLine('output table', context);
    expect((await runLine('faults', context)).lines[2]).toContain('isolate n2');
    expect((await runLine('put k v', context)).lines).toEqual(['OK']);
    expect((await runLine('get nosuch', context)).lines).toEqual(['(nil)']);
    expect((await runLine('keys nosuch', context)).lines).toHaveLength(2);
    expect((await runLine('output', context)).lines).toEqual(['table']);
  });

  it('takes a quoted -w for a value, and asks for a form behind a bare one', async () => {
    const { context } = await contextWithKeys();
    await runLine('put k "-w"', context);
    expect((await runLine('get k', context)).lines).toEqual(['"-w"']);
    await runLine('put k -- -w', context);
    expect((await runLine('get k -w xml', context)).exit).toBe(2);
    expect((await runLine('get k -w', context)).lines[1]).toContain('-w table');
  });

  it('cuts long cells and shows that', () => {
    const [, , row = ''] = tableLines({ columns: ['A', 'B'], rows: [['x'.repeat(500), '1']] });
    expect(row).toBe(`${'x'.repeat(59)}…  1`);
  });
});
