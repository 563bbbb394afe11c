import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeOperation, type Operation } from '../../src/check/history.ts';
import { get, put } from '../check/histories.ts';
import { cli } from './fake-io.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raftkv-check-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function file(history: readonly Operation[]): string {
  const path = join(dir, 'history.ndjson');
  writeFileSync(path, history.map((operation) => `${encodeOperation(operation)}\n`).join(''));
  return path;
}

const good = [put('c1', [0, 1], 'x', '1'), get('c2', [2, 3], 'x', '1')];
const stale = [...good, put('c1', [4, 5], 'x', '2'), get('c2', [6, 7], 'x', '1')];
const puzzle = [
  ...Array.from({ length: 12 }, (_, at) => put(`c${at}`, [0, 100], 'x', `v${at % 6}`)),
  ...Array.from({ length: 6 }, (_, at) => get('r', [10 + at * 2, 11 + at * 2], 'x', `v${(at * 3) % 6}`)),
];

describe('check', () => {
  it('passes what is linearizable', async () => {
    const run = await cli(['check', file(good)]);
    expect(run).toMatchObject({ exit: 0, err: '' });
    expect(run.out).toMatch(/^linearizable\n2 operations of 2 processes on 1 key\n/);
  });

  it('tells what is not, with exit 5 and a picture', async () => {
    const run = await cli(['check', file(stale)]);
    expect(run.exit).toBe(5);
    expect(run.out).toMatch(/^NOT linearizable\n {2}overwritten: c2 get "x" → "1": c1 put "x" = "2" had already replaced it\n/);
    expect(run.out).toContain('No place was found for\n! A  c2 get "x" -> "1"');
  });

  it('gives up in words and in JSON, and that is no pass', async () => {
    const path = file(puzzle);
    const run = await cli(['check', path, '--budget', '5']);
    expect(run.exit).toBe(1);
    expect(run.out).toMatch(/^GAVE UP after 5 states, which is no pass: still open: 1 of 1 group \(x\); raise --budget/);
    const json = await cli(['check', path, '--budget', '5', '--json']);
    expect(json.exit).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ verdict: 'gave-up', givenUp: [['x']] });
  });

  it('has one JSON document for machines', async () => {
    const run = await cli(['check', file(stale), '--json']);
    expect(run.exit).toBe(5);
    expect(JSON.parse(run.out)).toMatchObject({
      verdict: 'not-linearizable',
      violations: [{ rule: 'overwritten', keys: ['x'], operations: [{ process: 'c2', op: 'get' }, {}, {}] }],
      culprit: { keys: ['x'], placed: 3, of: 4 },
      operations: 4,
      processes: 2,
    });
  });

  it('writes the page', async () => {
    const page = join(dir, 'culprit.html');
    const run = await cli(['check', file(stale), '--html', page]);
    expect(run.out).toContain(`the picture is in ${page}`);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<svg/);
  });

  it('refuses a page that cannot be written before it judges', async () => {
    const run = await cli(['check', file(stale), '--html', join(dir, 'no', 'where.html')]);
    expect(run).toMatchObject({ exit: 2, out: '' });
    expect(run.err).toContain('cannot write');
  });

  it('reads standard input', async () => {
    const run = await cli(['check', '-'], { input: good.map(encodeOperation).join('\n') });
    expect(run.exit).toBe(0);
  });

  it.each([
    ['a missing file', async () => cli(['check', join(dir, 'nowhere')]), /cannot read .*nowhere.*ENOENT/],
    [
      'a bad line',
      async () => cli(['check', '-'], { input: `${encodeOperation(good[0] as Operation)}\n{"op":\n` }),
      /line 2: not JSON/,
    ],
    ['no operation', async () => cli(['check', '-'], { input: '\n' }), /holds no operation/],
    [
      'bytes that are no text',
      async () => cli(['check', '-'], { input: Buffer.from([0x7b, 0xff, 0x0a]) }),
      /cannot read - as a history/,
    ],
  ])('says that it cannot read: %s', async (_, start, message) => {
    const run = await start();
    expect(run).toMatchObject({ exit: 1, out: '' });
    expect(run.err).toMatch(message);
  });
});
