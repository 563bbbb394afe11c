import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RpcError } from '../../src/base/errors.ts';
import { ARGV_COMMANDS } from '../../src/cli/argv-commands.ts';
import { completionEntries } from '../../src/cli/completion.ts';
import type { OpenOptions, Target } from '../../src/cli/io.ts';
import { LOADERS } from '../../src/cli/loaders.ts';
import { argvNames } from '../../src/cli/program.ts';
import { commandsFor } from '../../src/commands/registry.ts';
import { fakeCluster, faultOf, pictureOf } from '../commands/fake-cluster.ts';
import { cli } from './fake-io.ts';

const visible = completionEntries().map((entry) => entry.path);

describe('help', () => {
  it('is what the program says without arguments, and lists every command', async () => {
    const run = await cli([]);
    expect(run.exit).toBe(0);
    for (const path of visible.filter((each) => !each.includes(' '))) expect(run.out).toMatch(new RegExp(`^  ${path}\\b`, 'm'));
    expect(run.out).not.toContain('guard');
    expect(await cli(['--help'])).toEqual(run);
  });

  it.each(visible)('%s --help has examples', async (path) => {
    const run = await cli([...path.split(' '), '--help']);
    expect(run.exit).toBe(0);
    expect(run.out).toContain(`Usage: raftkv-tui ${path}`);
    expect(run.out).toMatch(/Examples:\n {2}raftkv-tui /);
  });

  it('has something to run for every command', () => {
    for (const { name } of ARGV_COMMANDS) expect(LOADERS[name], name).toBeTypeOf('function');
  });

  it('tells the version', async () => {
    expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('start-up', () => {
  it('loads neither a screen nor a network before they are needed', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      if (!file.startsWith('/')) return;
      const text = readFileSync(file, 'utf8').replace(/import type [^;]*;/g, '');
      for (const [, target = ''] of text.matchAll(/^(?:import|export)[^;]*?from '([^']+)';/gm)) {
        visit(target.startsWith('.') ? resolve(dirname(file), target) : target);
      }
    };
    visit(resolve(import.meta.dirname, '../../src/cli/program.ts'));
    const packages = [...seen].filter((each) => !each.startsWith('/') && !each.startsWith('node:'));
    expect(packages).toEqual(['commander']);
    expect([...seen].filter((each) => /\/src\/(console|net|node|cluster\/native)\//.test(each))).toEqual([]);
  });
});

describe('wrong words', () => {
  it.each([
    [['gte', 'k'], /unknown command 'gte' \(did you mean get\?\)/],
    [['put', 'k'], /missing required argument 'value'/],
    [['put', 'k', 'v', 'w'], /too many arguments/],
    [['get', 'k', '--consistency', 'soon'], /Allowed choices are linearizable, lease, stale/],
    [['put', 'k', '-x'], /put -- before a value/],
    [['range', '--limit', 'many'], /cannot be "many"/],
    [['fault', 'kill', 'n9'], /there is no node "n9"/],
    [['kill', 'n1'], /unknown command 'kill'\n {2}raftkv-tui fault kill n1/],
    [['bench', '--mix', 'x'], /--mix cannot be "x"/],
    [['completion', 'tcsh'], /bash, zsh or fish/],
    [['import', '/nonexistent/file'], /cannot read/],
    [['attach', 'a', 'b'], /one name, or urls/],
    [['start', '12'], /1 to 9/],
    [['rm', '--home', '/nonexistent'], /There is no cluster/],
  ])('%j', async (argv, message) => {
    const run = await cli(argv);
    expect(run.exit).toBe(argv[0] === 'rm' ? 1 : 2);
    expect(run.err).toMatch(message);
    expect(run.err.split('\n').length).toBeLessThanOrEqual(3);
    expect(run.err).not.toContain('    at ');
    expect(run.out).toBe('');
  });

  it('is JSON on standard output when JSON was asked for', async () => {
    const run = await cli(['put', 'k', '--json']);
    expect(run).toMatchObject({ exit: 2, err: '' });
    expect(JSON.parse(run.out)).toMatchObject({ error: { kind: 'USAGE', outcome: 'definite' } });
  });

  it('shows where it happened only to those who debug', async () => {
    const run = await cli(['attach', 'a', 'b'], { env: { RAFTKV_DEBUG: '1' } });
    expect(run.err).toContain('    at ');
  });
});

describe('one-shots', () => {
  it('say at once that no node runs, with what to do, and send nothing', async () => {
    const states = { n1: 'down', n2: 'down' } as const;
    const stopped = fakeCluster(pictureOf(2, { states, leader: null }));
    for (const argv of [
      ['get', 'k'],
      ['put', 'k', 'v'],
    ]) {
      const run = await cli(argv, { cluster: stopped });
      expect(run).toMatchObject({ exit: 4, out: '' });
      expect(run.err).toContain("No node of 'test' runs");
      expect(run.err).toContain('raftkv-tui start');
    }
    expect(stopped.store.size).toBe(0);
    const half = fakeCluster(pictureOf(2, { states: { n1: 'down' } }));
    expect((await cli(['put', 'k', 'v'], { cluster: half })).exit).toBe(0);
  });

  it('print text to a pipe, and JSON in the promised shapes', async () => {
    const cluster = fakeCluster();
    expect(await cli(['put', 'user:1', 'ann'], { cluster })).toMatchObject({ exit: 0, out: 'OK\n', err: '' });
    expect(JSON.parse((await cli(['put', 'user:2', 'bo', '--json'], { cluster })).out)).toEqual({
      revision: 2,
      index: 3,
      term: 3,
    });
    expect((await cli(['get', 'user:1'], { cluster })).out).toBe('ann');
    expect(JSON.parse((await cli(['--json', 'get', 'user:1'], { cluster })).out)).toEqual({
      key: 'user:1',
      value: 'ann',
      createRevision: 1,
      modRevision: 1,
      version: 1,
    });
    const range = JSON.parse((await cli(['range', '--prefix', 'user:', '--limit', '1', '--json'], { cluster })).out);
    expect(range).toMatchObject({ count: 2, more: true, revision: 2, kvs: [{ key: 'user:1' }] });
    expect((await cli(['scan', '--keys-only', '--reverse'], { cluster })).out).toBe('user:2\nuser:1\n');
    expect(await cli(['cas', 'user:1', 'x', 'y'], { cluster })).toMatchObject({ exit: 3 });
    expect(await cli(['delete', 'user:1'], { cluster })).toMatchObject({ exit: 0, out: '1\n' });
    expect(await cli(['get', 'user:1'], { cluster })).toMatchObject({ exit: 3, out: '', err: '(nil)\n' });
    expect(cluster.closed).toBe(true);
  });

  it('quote and escape on a terminal', async () => {
    const cluster = fakeCluster();
    await cluster.kv.put('k', 'red\x1b[31m\n');
    const run = await cli(['get', 'k', '--no-color'], { cluster, tty: true });
    expect(run.out.split('\n')[0]).toBe('"red\\x1b[31m\\n"');
    expect(run.out).not.toContain('\x1b');
    expect((await cli(['get', 'k'], { cluster, tty: true })).out).toContain('\x1b[2m');
    expect((await cli(['get', 'k'], { cluster, tty: true, env: { NO_COLOR: '1' } })).out).not.toContain('\x1b');
  });

  it('put reads standard input for -', async () => {
    const cluster = fakeCluster();
    await cli(['put', 'k', '-'], { cluster, input: 'line\né' });
    expect(cluster.store.get('k')?.value).toBe('line\né');
    expect(await cli(['put', 'k', '-'], { cluster, input: Buffer.from([0xff, 0xfe]) })).toMatchObject({ exit: 2 });
    expect(await cli(['put', 'k', '-'], { cluster, input: Buffer.alloc(1_048_577, 97) })).toMatchObject({ exit: 2 });
    await cli(['put', 'k', '--', '--json'], { cluster });
    expect(cluster.store.get('k')?.value).toBe('--json');
  });

  it('say unknown when it is unknown', async () => {
    const cluster = fakeCluster();
    cluster.failWith = new RpcError('UNKNOWN_OUTCOME');
    const run = await cli(['put', 'k', 'v'], { cluster });
    expect(run.exit).toBe(4);
    expect(run.err).toMatch(/^raftkv-tui: \(unknown\) .*\n {2}read the key before/);
    cluster.failWith = new RpcError('NO_QUORUM');
    const json = await cli(['put', 'k', 'v', '--json'], { cluster });
    expect(json.exit).toBe(4);
    expect(JSON.parse(json.out)).toMatchObject({ error: { kind: 'NO_QUORUM', outcome: 'definite' } });
  });

  it('reach faults and the cluster', async () => {
    const cluster = fakeCluster(pictureOf(5, { leader: 'n3' }));
    await cli(['fault', 'kill', 'leader', '--for', '10s'], { cluster });
    await cli(['fault', 'partition', 'n1,n2', '/', 'n3,n4,n5'], { cluster });
    await cli(['fault', 'link', 'n1', 'n2', '--drop', '0.5', '--both'], { cluster });
    await cli(['fault', 'heal'], { cluster });
    await cli(['transfer', 'n1'], { cluster });
    expect(cluster.actions).toMatchObject([
      { type: 'kill', nodes: ['n3'], forMs: 10_000 },
      {
        type: 'partition',
        groups: [
          ['n1', 'n2'],
          ['n3', 'n4', 'n5'],
        ],
      },
      { type: 'link', drop: 0.5, bothWays: true },
      { type: 'heal', fault: null },
      { type: 'transfer', to: 'n1' },
    ]);
    expect((await cli(['fault', 'ls'], { cluster })).out).toBe('no faults are active\n');
    const status = JSON.parse((await cli(['status', '--json'], { cluster })).out);
    expect(status).toMatchObject({ cluster: 'test', leader: 'n3', term: 3 });
    expect(Object.keys(status.nodes[0])).toEqual(
      expect.arrayContaining(['id', 'url', 'pid', 'state', 'role', 'term', 'lastIndex', 'commitIndex', 'appliedIndex', 'keys']),
    );
  });

  it('take global options before and after the command', async () => {
    const opened: (Target & OpenOptions)[] = [];
    await cli(['--cluster', 'a', 'get', 'k', '--home', '/h'], {}, opened);
    await cli(['fault', '--cluster', 'b', 'ls', '--url', 'ws://x:1', '--url', 'ws://y:2', '--token-file', 't'], {}, opened);
    await cli(['get', 'k'], { env: { RAFTKV_HOME: '/from-env' } }, opened);
    expect(opened).toMatchObject([
      { cluster: 'a', home: '/h', watch: false },
      { cluster: 'b', urls: ['ws://x:1', 'ws://y:2'], tokenFile: 't' },
      { cluster: 'default', home: '/from-env' },
    ]);
  });
});

describe('sh', () => {
  it('runs one line, or many from a pipe', async () => {
    const cluster = fakeCluster();
    expect(await cli(['sh', '-c', 'put k "a b"'], { cluster })).toMatchObject({ exit: 0, out: 'OK\n' });
    const run = await cli(['sh'], { cluster, input: '# a remark\nget k\nget none\nbogus\nget k\nquit\nput never 1\n' });
    expect(run.out).toBe('a b\na b\n');
    expect(run.exit).toBe(3);
    expect(run.err).toContain('there is no command "bogus"');
    expect(cluster.store.has('never')).toBe(false);
  });

  it('knows in a script what was refused before', async () => {
    const cluster = fakeCluster();
    cluster.failWith = new RpcError('OVERLOADED');
    const run = await cli(['sh'], { cluster, input: 'put a 1\nwhy refused\n' });
    expect(run.out).toContain('More was waiting than the node admits');
  });

  it('tells a script of the faults that outlive it, and how to end them', async () => {
    const cluster = fakeCluster();
    let [faults, last] = [[faultOf(1, 'kill', 'kill n5', ['n5'])], 1];
    cluster.picture = () => pictureOf(5, { faults });
    const timed = { ...faultOf(1_000, 'pause', 'pause n4', ['n4']), until: 9 };
    cluster.act = async ({ type }) => {
      last += 1;
      if (type === 'link') faults = [...faults, faultOf(last, 'link', 'link n1 n2 --drop 1', ['n1', 'n2'])];
      else faults = type === 'pause' ? [...faults, timed] : faults.slice(0, 1);
      return { text: `did ${type}`, fault: null };
    };
    const told = async (input: string, ...more: readonly string[]) => (await cli(['sh', ...more], { cluster, input })).err;
    expect(await told('cut n1 n2\nheal\n')).toBe('');
    expect(await told('pause n4 --for 10s\n')).toBe('');
    expect(await told('heal\ncut n1 n2\n', '--quiet')).toBe('');
    expect(await told('heal\ncut n1 n2\n')).toBe(
      'fault 8 (link n1 n2 --drop 1) stays active; end it with: raftkv-tui fault heal 8\n',
    );
    expect(await told('cut n1 n2\ncut n1 n2\n', '--cluster', 'demo')).toBe(
      'faults 9 (link n1 n2 --drop 1), 10 (link n1 n2 --drop 1) stay active; end all faults with: raftkv-tui fault heal --cluster demo\n',
    );
  });

  it('gives one JSON document for each line', async () => {
    const run = await cli(['sh', '--json'], { input: 'put a 1\nget a\nnope\n' });
    const documents = run.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents).toMatchObject([{ revision: 1 }, { value: '1' }, { error: { kind: 'USAGE' } }]);
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s knows every command', async (shell) => {
    const { out, exit } = await cli(['completion', shell]);
    expect(exit).toBe(0);
    for (const path of visible) expect(out).toContain(path.replace('fault ', ''));
    for (const spec of commandsFor('argv', null))
      expect(visible).toContain(spec.group === 'faults' ? `fault ${argvNames(spec)[0]}` : spec.name);
  });
});
