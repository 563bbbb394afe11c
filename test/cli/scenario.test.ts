import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folded, Narrator } from '../../src/cli/narrator.ts';
import { fakeCluster } from '../commands/fake-cluster.ts';
import { cli } from './fake-io.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenario-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(...lines: readonly string[]): string {
  const path = join(folder, 'story.txt');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

describe('scenario', () => {
  it('lists the shipped ones', async () => {
    const { exit, out } = await cli(['scenario', 'ls']);
    expect(exit).toBe(0);
    expect(out).toMatch(/^figure-8 +Figure 8: /m);
    const { scenarios } = JSON.parse((await cli(['scenario', 'ls', '--json'])).out);
    expect(scenarios.length).toBeGreaterThanOrEqual(30);
  });

  it('tells a shipped one by its name, with what is said, done and printed', async () => {
    const { exit, out } = await cli(['scenario', 'single-node']);
    expect(exit).toBe(0);
    expect(out).toMatch(/^> put x 1\n {4}OK\n/m);
    expect(out).toMatch(/^ok {2}single-node {2}/m);
  });

  it('goes on with Enter, and without the reader when the input ends', async () => {
    const path = file('# T', 'cluster 1', 'say One.', 'say Two.', 'put x 1', '----', 'OK');
    const { exit, out } = await cli(['scenario', path, '--step'], { input: '\n' });
    expect({ exit, out: out.split('\n').slice(0, 5) }).toEqual({
      exit: 0,
      out: ['> cluster 1', 'One.', 'Two.', '> put x 1', '    OK'],
    });
  });

  it('ends with 5 where a story goes another way, and tells machines where', async () => {
    const path = file('# T', 'cluster 3', 'put x 1', 'get x', '----', 'OK', '"2"');
    const { exit, out } = await cli(['scenario', path, '--json']);
    expect(exit).toBe(5);
    expect(JSON.parse(out).scenarios).toMatchObject([
      {
        name: 'story',
        nodes: 3,
        ok: false,
        failure: { line: 5, seen: ['expected  OK', 'expected  "2"', 'came      OK', 'came      "1"'] },
      },
    ]);
  });

  it('writes what was printed, if all else went well', async () => {
    const path = file('# T', 'cluster 3', 'put x 1', '----', 'no', '', 'get x');
    expect((await cli(['scenario', path, '--update'])).exit).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(
      ['# T', 'cluster 3', 'put x 1', '----', 'OK', '', 'get x', '----', '"1"', ''].join('\n'),
    );
    const broken = file('# T', 'cluster 3', 'put x 1', 'expect x = 2 on all');
    expect((await cli(['scenario', broken, '--update'])).exit).toBe(5);
    expect(readFileSync(broken, 'utf8')).toBe(['# T', 'cluster 3', 'put x 1', 'expect x = 2 on all', ''].join('\n'));
  });

  it('tells a story of more nodes where it is asked to', async () => {
    const path = file('# T', 'cluster 3', 'show roles', '----', 'x');
    const { out } = await cli(['scenario', path, '--nodes', '5', '--update', '--json']);
    expect(JSON.parse(out).scenarios[0]).toMatchObject({ nodes: 5, ok: true });
    expect(readFileSync(path, 'utf8')).toContain('4 of all: following one of the others');
  });

  it.each([
    [['scenario', 'figure-9'], /there is no scenario "figure-9"\n.*did you mean figure-\d/],
    [['scenario', './nowhere.txt'], /cannot read \.\/nowhere\.txt/],
    [['scenario', 'single-node', '--speed', '0'], /--speed cannot be "0"/],
    [['scenario', 'single-node', '--nodes', '10'], /--nodes cannot be "10"/],
    [['scenario'], /missing required argument/],
  ])('says what is wrong with %j', async (argv, message) => {
    const { exit, err } = await cli(argv);
    expect(exit).toBe(2);
    expect(err).toMatch(message);
  });

  it('points to the line that cannot be understood', async () => {
    const { exit, err } = await cli(['scenario', file('# T', 'cluster 3', 'kil leader')]);
    expect(exit).toBe(2);
    expect(err).toMatch(/story\.txt:3: there is no verb "kil"\n.*did you mean kill\?/);
  });
});

describe('the narrator', () => {
  it('breaks lines between words', () => {
    expect(folded('one two three', 8)).toEqual(['one two', 'three']);
    expect(folded('unbreakable', 4)).toEqual(['unbreakable']);
    expect(folded('', 4)).toEqual([]);
  });

  it('shows each sentence, and puts it among the events of the cluster, numbered in one row', async () => {
    const shown: (string | null)[] = [];
    const seen: string[] = [];
    const narrator = new Narrator(() => 33, 1_000, new AbortController().signal);
    const stop = narrator.narration((text) => shown.push(text));
    const end = narrator.eventsOf(fakeCluster())(({ seq, text }) => void seen.push(`${seq} ${text}`));
    const before = seen.length;
    const text = 'say The leader dies, and nobody knows it yet.';
    await narrator.audience.onSentence?.({ line: 1, text, deed: { type: 'say', text: text.slice(4), asks: false } });
    await narrator.audience.onSentence?.({ line: 2, text: 'wait 2s', deed: { type: 'pass', ms: 2_000 } });
    await narrator.audience.onOutput?.(['OK']);
    narrator.end(null);
    expect(shown).toEqual([
      null,
      'The leader dies, and nobody',
      'knows it yet.',
      '> wait 2s',
      'The story has ended, and went as it is written. q leaves.',
    ]);
    expect(seen.slice(before).map((each) => each.replace(/^\d+ /, ''))).toEqual([
      'The leader dies, and nobody knows it yet.',
      '  OK',
      'The story has ended, and went as it is written. q leaves.',
    ]);
    expect(new Set(seen.map((each) => each.split(' ')[0])).size).toBe(seen.length);
    stop();
    end();
  });
});
