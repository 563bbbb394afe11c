import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CliIo, Globals } from '../../src/cli/io.ts';
import { ShellSession } from '../../src/cli/shell-session.ts';
import { type FakeCluster, fakeCluster, pictureOf } from '../commands/fake-cluster.ts';
import { FakeInput, FakeOutput } from '../support/screen.ts';

const GLOBALS: Globals = {
  home: null,
  cluster: 'test',
  urls: [],
  tokenFile: null,
  caFile: null,
  json: false,
  color: false,
  quiet: false,
  yes: false,
};

/** What stands in grey behind a key. */
const OF_GET = ' [--rev] [--consistency] [--read-from] [--deadline]';

let dir = '';
let cluster: FakeCluster;
let input: FakeInput;
let output: FakeOutput;
let ended: Promise<number>;
let session: ShellSession;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raftkv-shell-'));
  cluster = fakeCluster(pictureOf(5));
  input = new FakeInput();
  output = new FakeOutput(90, 20);
  const io = { out: output, err: output, input, env: {}, open: async () => cluster } as unknown as CliIo;
  session = new ShellSession(io, GLOBALS, cluster, join(dir, 'history'));
  ended = session.run();
});
afterEach(async () => {
  // Twice: the first answers a question that may be open.
  await type('\x03', '\x03\x04');
  await ended;
  rmSync(dir, { recursive: true });
});

/** Everything that was typed has been dealt with once a few turns have passed: nothing here waits for time. */
async function type(...pieces: string[]): Promise<void> {
  for (const piece of pieces) {
    input.write(piece);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

const screen = (): string[] =>
  output
    .lines()
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');

/** Waits until the lowest lines of the screen are these; the test's own time limit is the bound. */
async function shows(...lines: string[]): Promise<void> {
  await output.until(() => screen().slice(-lines.length).join('\n') === lines.join('\n'));
}

describe('the shell at a terminal', () => {
  it('runs lines and shows results under them', async () => {
    await type('put user:1 "a b"\r', 'get user:1\r');
    await output.until((text) => text.includes('"a b"') && text.trimEnd().endsWith('test n1*>'));
    expect(screen().slice(1, 3)).toEqual(['test n1*> put user:1 "a b"', 'OK']);
    expect(readFileSync(join(dir, 'history'), 'utf8')).toBe('put user:1 "a b"\nget user:1\n');
  });

  it('completes, and shows the choices when there are several', async () => {
    await cluster.kv.put('user:1', 'x');
    await cluster.kv.put('user:2', 'x');
    await type('get us\t');
    await shows(`test n1*> get user:${OF_GET}`);
    await type('\t');
    await shows('user:1  user:2', `test n1*> get user:${OF_GET}`);
    await type('\x15iso\t');
    await shows('test n1*> isolate [NODES] [--for]');
    await type('n2');
    await shows('test n1*> isolate n2 [--for]');
  });

  it('asks before writes would stop, and takes anything but y for no', async () => {
    await type('kill n1,n2,n3\r');
    await shows('n1 leads: 2 of 5 left, no quorum: writes stop. Go on? y/N');
    await type('\r');
    expect(cluster.actions).toEqual([]);
    await type('kill n1,n2,n3\r', 'y');
    expect(cluster.actions).toMatchObject([{ type: 'kill', nodes: ['n1', 'n2', 'n3'] }]);
    await type('kill n2\r');
    expect(cluster.actions).toHaveLength(2);
  });

  it('does not run what is pasted, and does not lose fast keys', async () => {
    await type('\x1b[200~del a\rdel b\r\x1b[201~');
    await shows('test n1*> del a del b [--deadline]');
    await type('\x03', 'put x 1\rput y 2\r');
    await output.until((text) => text.includes('put y 2') && text.includes('rev 2'));
    expect([...cluster.store.keys()]).toEqual(['x', 'y']);
  });

  it('recalls, searches and suggests what was typed before', async () => {
    await type('put alpha 1\r', 'put beta 2\r', '\x1b[A\x1b[A');
    await shows('test n1*> put alpha 1 [--deadline] [--secret]');
    await type('\x03', '\x12alp');
    await shows('(search "alp") put alpha 1');
    await type('\x07', 'put a');
    // What the command takes is not hidden by what was typed before.
    await shows('test n1*> put alpha 1  (VALUE [--deadline] [--secret])');
    await type('\x1b[C\r');
    expect(cluster.store.get('alpha')?.version).toBe(2);
  });

  it('stays on one row however long the line is', async () => {
    await type(`put k ${'x'.repeat(300)}END`);
    await output.until(() => screen().length === 2 && /xEND$/.test(screen().at(-1) ?? ''));
    await type('\x01');
    await output.until(() => screen().length === 2 && /^test n1\*> put k x+$/.test(screen().at(-1) ?? ''));
  });

  it('lets no foreign character reach the terminal', async () => {
    await cluster.kv.put('evil\x1b]0;owned\x07\u202e', 'v\x9b31m');
    await type('range\r', 'get evil\t', '\x03');
    // Our own sequences are CSI; whatever else begins with an escape came from the key or the value.
    const foreign = stripVTControlCharacters(output.written).replace(/[\r\n]/g, '');
    expect(foreign).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(output.written).not.toContain('\x1b]');
    expect(foreign).toContain('\\x1b]0;owned\\x07');
  });

  it('leaves the terminal as it was', async () => {
    expect(input.raw).toBe(true);
    await type('\x04');
    expect(await ended).toBe(0);
    expect(input.raw).toBe(false);
    await output.until(() => output.written.endsWith('\x1b[?2004l'));
  });
});

describe('for a screen reader', () => {
  it('adds what is typed to the line, and suggests nothing behind it', async () => {
    await type('put alpha 1\r', '\x04');
    await ended;
    input = new FakeInput();
    const io = { out: output, err: output, input, env: {}, open: async () => cluster } as unknown as CliIo;
    session = new ShellSession(io, GLOBALS, cluster, join(dir, 'history'), { spoken: true });
    ended = session.run();
    await type('put');
    await shows('test n1*> put');
    const from = output.written.length;
    await type(' alp', 'ha');
    await shows('test n1*> put alpha');
    expect(output.written.slice(from)).toBe(' alpha');
    await type('\x1b[C\x1b[D');
    await shows('test n1*> put alpha');
  });
});

describe('a sentence from outside', () => {
  it('stands above the prompt, which keeps what is being typed', async () => {
    await type('get fr');
    session.announce('n2 leads term 4 \x1b[31m.');
    await shows('n2 leads term 4 \\x1b[31m.', `test n1*> get fr${OF_GET}`);
  });
});
