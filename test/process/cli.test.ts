/** Every command as a person types it: real processes, real output, real exit codes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { freshHome, until } from './in-home.ts';

const home = freshHome();
const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'bin', 'raftkv-tui.js');

interface Run {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

function launch(args: readonly string[]): ChildProcess {
  const env = {
    ...process.env,
    RAFTKV_HOME: home.path,
    XDG_CONFIG_HOME: join(home.path, '.config'),
    XDG_STATE_HOME: join(home.path, '.state'),
  };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  home.atEnd(() => void child.kill('SIGKILL'));
  return child;
}

async function run(args: readonly string[], input = ''): Promise<Run> {
  const child = launch(args);
  const texts = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.err += chunk.toString();
  });
  child.stdin?.end(input);
  const [exit] = await once(child, 'close');
  return { exit: Number(exit), ...texts };
}

async function json(...args: string[]): Promise<{ exit: number; json: Record<string, unknown> }> {
  const { exit, out, err } = await run([...args, '--json']);
  expect(err, args.join(' ')).toBe('');
  const parsed: Record<string, unknown> = JSON.parse(out);
  return { exit, json: parsed };
}

const NODE_SHAPE = {
  id: expect.stringMatching(/^n\d$/),
  url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+/),
  pid: expect.any(Number),
  state: 'up',
  role: expect.stringMatching(/^(leader|follower)$/),
  term: expect.any(Number),
  lastIndex: expect.any(Number),
  commitIndex: expect.any(Number),
  appliedIndex: expect.any(Number),
  keys: expect.any(Number),
  repairing: expect.any(Boolean),
};

describe('a cluster on the command line', () => {
  it('lives: start, status, ls, stop, resume, rm', async () => {
    const started = await json('start', '3', '--detach', '--cluster', 'demo');
    expect(started).toMatchObject({ exit: 0, json: { cluster: 'demo', leader: expect.stringMatching(/^n\d$/) } });
    const status = await json('status', '--cluster', 'demo');
    expect(status.json).toEqual({
      cluster: 'demo',
      dir: join(home.path, 'demo'),
      leader: expect.stringMatching(/^n\d$/),
      term: expect.any(Number),
      nodes: [NODE_SHAPE, NODE_SHAPE, NODE_SHAPE],
      faults: [],
    });
    expect((await run(['status', '--cluster', 'demo'])).out).toMatch(/^demo {2}3\/3 up {2}T\d+ {2}n\d leads\nNODE /);
    expect((await json('ls')).json).toMatchObject({ clusters: [{ name: 'demo', nodes: [{ id: 'n1', state: 'up' }, {}, {}] }] });
    expect(await run(['rm', '--cluster', 'demo', '--yes'])).toMatchObject({ exit: 1, err: expect.stringMatching(/still run/) });
    expect(await run(['put', 'k', 'v', '--cluster', 'demo'])).toMatchObject({ exit: 0 });
    expect((await json('stop', '--cluster', 'demo')).json).toEqual({ cluster: 'demo', stopped: ['n1', 'n2', 'n3'] });
    expect((await run(['get', 'k', '--cluster', 'demo', '--deadline', '1s'])).exit).toBe(4);
    expect(await run(['start', '5', '--detach', '--cluster', 'demo'])).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/has 3 nodes/),
    });
    expect(await run(['start', '--detach', '--cluster', 'demo'])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^demo resumed/),
    });
    expect((await run(['get', 'k', '--cluster', 'demo'])).out).toBe('v');
    await run(['stop', '--cluster', 'demo']);
    expect(await run(['rm', '--cluster', 'demo'])).toMatchObject({ exit: 2, err: expect.stringMatching(/add --yes/) });
    expect((await json('rm', '--cluster', 'demo', '--yes')).json).toMatchObject({ cluster: 'demo' });
    expect((await json('ls')).json).toEqual({ clusters: [] });
  });

  it('stores: put, get, del, range, cas, in text and in JSON', async () => {
    await home.start();
    expect((await json('put', 'user:1', 'ann')).json).toEqual({
      revision: expect.any(Number),
      index: expect.any(Number),
      term: expect.any(Number),
    });
    expect(await run(['put', 'user:2', '-'], 'from a pipe\n')).toMatchObject({ exit: 0, out: 'OK\n', err: '' });
    expect((await json('get', 'user:2')).json).toEqual({
      key: 'user:2',
      value: 'from a pipe\n',
      createRevision: 2,
      modRevision: 2,
      version: 1,
    });
    expect(await run(['get', 'user:1', '--consistency', 'stale'])).toMatchObject({ exit: 0, out: 'ann' });
    expect(await json('get', 'nobody')).toMatchObject({ exit: 3, json: { value: null } });
    expect((await json('range', '--prefix', 'user:', '--limit', '1')).json).toMatchObject({
      kvs: [{ key: 'user:1', value: 'ann' }],
      count: 2,
      more: true,
      revision: 2,
    });
    expect((await run(['range', '--keys-only', '--reverse'])).out).toBe('user:2\nuser:1\n');
    expect((await run(['range', '--count'])).out).toBe('2\n');
    expect(await json('cas', 'user:1', 'bob', 'eve')).toMatchObject({ exit: 3, json: { swapped: false, current: 'ann' } });
    expect(await json('cas', 'user:1', 'ann', 'eve')).toMatchObject({ exit: 0, json: { swapped: true } });
    expect(await json('cas', 'user:3', 'new', '--absent')).toMatchObject({ exit: 0, json: { swapped: true } });
    expect(await json('del', 'user:3')).toMatchObject({ exit: 0, json: { deleted: true } });
    expect(await json('del', 'user:3')).toMatchObject({ exit: 3, json: { deleted: false } });
    expect(await json('put', 'k'.repeat(1_025), 'v')).toMatchObject({ exit: 2, json: { error: { outcome: 'definite' } } });
    expect(await run(['sh', '-c', 'put k "a b"'])).toMatchObject({ exit: 0, out: 'OK\n' });
    expect(await run(['sh'], 'get k\nget none\n')).toMatchObject({ exit: 3, out: 'a b\n' });
  });

  it('breaks and heals: every fault once', async () => {
    await home.start({ count: 5 });
    const leader = async (): Promise<unknown> => (await json('status')).json['leader'];
    const first = await leader();
    expect((await json('fault', 'kill', 'leader')).json).toMatchObject({
      done: expect.stringMatching(`killed ${String(first)}`),
      fault: 1,
    });
    expect((await run(['put', 'after', 'the kill'])).exit).toBe(0);
    expect(await leader()).not.toBe(first);
    expect((await run(['fault', 'restart', String(first)])).exit).toBe(0);
    expect((await json('fault', 'pause', '!leader,random', '--for', '1s')).exit).toBe(0);
    expect((await json('fault', 'heal')).exit).toBe(0);
    expect((await json('fault', 'pause', 'n1')).exit).toBe(0);
    expect((await json('fault', 'resume', 'n1')).exit).toBe(0);
    for (const words of [
      'isolate n2',
      'partition n1,n2 / n3,n4,n5',
      'link n1 n5 --drop 0.2 --delay 5ms..9ms --duplicate 0.1',
      'cut n3 n4 --both',
    ]) {
      expect((await json('fault', ...words.split(' '))).exit, words).toBe(0);
    }
    expect((await json('fault', 'ls')).json).toMatchObject({
      faults: [{ kind: 'isolate' }, { kind: 'partition' }, { kind: 'link' }, { kind: 'link' }],
    });
    expect((await json('fault', 'undo')).exit).toBe(0);
    expect(((await json('status')).json['faults'] as unknown[]).length).toBe(3);
    expect((await json('fault', 'heal')).exit).toBe(0);
    expect((await json('fault', 'ls')).json).toEqual({ faults: [] });
    const next = (await until(leader)) === 'n1' ? 'n2' : 'n1';
    await until(async () => {
      if ((await leader()) === next) return true;
      // Refused while the cluster still settles after the faults: then it is asked again.
      await json('transfer', next);
      return null;
    });
    expect((await json('elect', next === 'n1' ? 'n2' : 'n1')).exit).toBe(0);
  });

  it('says when there is no quorum, and what is unknown', async () => {
    await home.start();
    await run(['fault', 'kill', 'n1,n2,n3', '--yes']);
    expect(await json('put', 'k', 'v', '--deadline', '1s')).toMatchObject({
      exit: 4,
      json: { error: { kind: 'NO_QUORUM', outcome: 'definite' } },
    });
    await run(['fault', 'heal']);
    expect((await run(['put', 'k', 'v'])).exit).toBe(0);
  });

  it('moves data: import, export, bench', async () => {
    await home.start();
    const file = join(home.path, 'in.ndjson');
    const lines = Array.from({ length: 300 }, (_, i) => JSON.stringify({ key: `k${i}`, value: `é${i}\n` }));
    await writeFile(file, [...lines.slice(0, 200), 'broken', ...lines.slice(200)].join('\n'));
    expect(await run(['import', file, '--quiet'])).toMatchObject({ exit: 1, err: expect.stringMatching(/line 201: not JSON/) });
    const second = await run(['import', file, '--skip-bad', '--json']);
    expect(second.exit).toBe(0);
    expect(JSON.parse(second.out)).toMatchObject({ imported: 100, bad: 1, resumedAt: 200, complete: true });
    const out = join(home.path, 'out.ndjson');
    expect((await json('export', out)).json).toMatchObject({ exported: 300, file: out, format: 'ndjson' });
    expect((await readFile(out, 'utf8')).trimEnd().split('\n').sort()).toEqual([...lines].sort());
    expect((await run(['export', '-', '--format', 'tsv', '--quiet', '--prefix', 'k29'])).out.split('\n')).toHaveLength(12);
    const bench = await json('bench', '--seconds', '1', '--warm-up', '0', '--clients', '4', '--mix', 'mixed', '--keys', '50');
    expect(bench.json).toMatchObject({
      mix: 'mixed',
      throughput: expect.any(Number),
      latencyMs: { p50: expect.any(Number) },
      errors: {},
    });
  });

  it('runs without a terminal: events as JSON lines until it is interrupted, then no node is left', async () => {
    const child = launch(['start', '3']);
    const documents: { type: string; status?: { leader: string | null } }[] = [];
    if (child.stdout === null) throw new Error('no output');
    createInterface({ input: child.stdout }).on('line', (line) => documents.push(JSON.parse(line)));
    await until(() => documents[0] ?? null);
    expect(documents[0]).toMatchObject({ type: 'status', status: { cluster: 'default' } });
    expect((await run(['attach', 'nowhere'])).exit).toBe(1);
    const watcher = launch(['attach', '--plain']);
    const said: string[] = [];
    watcher.stdout?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    await until(() => said[0] ?? null);
    expect(said[0]).toMatch(/^default {2}3\/3 up/);
    await run(['fault', 'isolate', 'n1']);
    await until(() => documents.find((document) => document.type === 'event') ?? null);
    await until(() => (said.join('').includes('isolate n1') ? true : null));
    watcher.kill('SIGINT');
    expect((await once(watcher, 'exit'))[0]).toBe(0);
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect((await json('ls')).json).toMatchObject({
      clusters: [{ nodes: [{ state: 'down' }, { state: 'down' }, { state: 'down' }] }],
    });
  });

  it('keeps preferences, completes, resets, explains itself', async () => {
    expect((await run([])).out).toContain('Usage: raftkv-tui');
    expect(await run(['config', 'set', 'cluster', 'other'])).toMatchObject({ exit: 0 });
    expect((await json('config')).json).toMatchObject({ cluster: 'other', theme: null });
    expect((await run(['status'])).err).toContain("no cluster 'other'");
    expect(await run(['config', 'keys.undo', 'z,Ctrl-X'])).toEqual({ exit: 0, out: '', err: '' });
    const taken = await run(['config', 'keys.heal-all', 'z']);
    expect(taken.exit).toBe(2);
    expect(taken.err).toContain('z is taken: "undo" has it in Overview');
    expect((await json('config', 'keys')).json).toMatchObject({ 'keys.undo': 'z,Ctrl-X', 'keys.heal-all': 'H' });
    expect((await json('config')).json).toMatchObject({ keys: { undo: 'z,Ctrl-X' } });
    expect((await run(['config', 'keys.undoo', 'y'])).err).toContain('undo');
    expect(await run(['config', 'unset', 'keys.undo'])).toMatchObject({ exit: 0 });
    expect(await run(['config', 'unset', 'cluster'])).toMatchObject({ exit: 0 });
    expect(await run(['config', 'get', 'cluster'])).toMatchObject({ exit: 3 });
    expect((await run(['completion', 'bash'])).out).toContain('complete -F _raftkv_tui raftkv-tui');
    expect(await run(['reset'])).toEqual({ exit: 0, out: '', err: '' });
    expect((await run(['node'])).exit).toBe(2);
    expect((await run(['node', '--config', '/nonexistent.json'])).exit).toBe(78);
  });
});

describe('the cities', () => {
  it('are all there after two leaders have died', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'bench', 'demo-cities.ts'), '--limit', '4000', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    home.atEnd(() => void child.kill('SIGKILL'));
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const [exit] = await once(child, 'close');
    const figures: unknown = JSON.parse(out);
    expect(figures).toMatchObject({ cities: 4_000, missing: 0, changed: 0, extra: 0, doubled: 0, caughtUp: 5, good: true });
    expect(exit).toBe(0);
  });
});
