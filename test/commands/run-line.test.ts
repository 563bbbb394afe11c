import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { jsonLine, pipeText, terminalLines } from '../../src/commands/render-result.ts';
import { prepareLine, runLine } from '../../src/commands/run-line.ts';
import { contextOf, fakeCluster, faultOf, pictureOf } from './fake-cluster.ts';

describe('runLine', () => {
  it('puts, gets, lists and deletes', async () => {
    const context = contextOf(fakeCluster());
    expect(await runLine('put user:1 "ann b"', context)).toMatchObject({
      lines: ['OK'],
      json: { revision: 1, index: 2, term: 3 },
      exit: 0,
    });
    expect(await runLine('get user:1', context)).toMatchObject({
      lines: ['"ann b"'],
      raw: 'ann b',
      json: { key: 'user:1', value: 'ann b', createRevision: 1, modRevision: 1, version: 1 },
      exit: 0,
    });
    await runLine('set user:2 {"a": 1}', context);
    expect((await runLine('range --prefix user:', context)).lines).toEqual(['1) "user:1" "ann b"', '2) "user:2" "{\\"a\\": 1}"']);
    expect((await runLine('keys user:', context)).lines).toEqual(['1) "user:1"', '2) "user:2"']);
    expect((await runLine('range --count', context)).lines).toEqual(['(integer) 2']);
    expect(await runLine('del user:1', context)).toMatchObject({ lines: ['(integer) 1'], exit: 0 });
    expect(await runLine('del user:1', context)).toMatchObject({ lines: ['(integer) 0'], exit: 3 });
    expect(await runLine('get user:1', context)).toMatchObject({
      lines: ['(nil)'],
      exit: 3,
      json: { key: 'user:1', value: null },
    });
  });

  it('compares and swaps', async () => {
    const context = contextOf(fakeCluster());
    expect(await runLine('cas lock taken --absent', context)).toMatchObject({ lines: ['OK'], exit: 0 });
    expect(await runLine('cas lock free mine', context)).toMatchObject({
      lines: ['(unchanged) the value is "taken"'],
      json: { swapped: false, current: 'taken' },
      exit: 3,
    });
    expect(await runLine('cas lock taken free', context)).toMatchObject({ json: { swapped: true, current: 'free' }, exit: 0 });
    expect(await runLine('cas lock taken', context)).toMatchObject({ exit: 2 });
  });

  it('reads a long range page by page, in both directions', async () => {
    const context = contextOf(fakeCluster());
    for (let i = 0; i < 2_500; i += 1) await context.driver.kv.put(`k${String(i).padStart(5, '0')}`, 'v');
    const all = await runLine('range --limit 0 --keys-only', context);
    expect(all.lines).toHaveLength(2_500);
    expect(all.json).toMatchObject({ count: 2_500, more: false });
    const last = await runLine('range --limit 1500 --reverse', context);
    expect(last.lines).toHaveLength(1_500);
    expect(last.lines.at(-1)).toContain('"k01000"');
    const first = await runLine('range', context);
    expect(first.json).toMatchObject({ count: 2_500, more: true });
  });

  it('says unknown when it is unknown, and only then', async () => {
    const cluster = fakeCluster();
    const context = contextOf(cluster);
    cluster.failWith = new RpcError('UNKNOWN_OUTCOME');
    const write = await runLine('put k v', context);
    expect(write).toMatchObject({ exit: 4, json: { error: { kind: 'UNKNOWN_OUTCOME', outcome: 'unknown' } } });
    expect(write.lines[0]).toMatch(/^\(unknown\) .*may have been applied/);
    cluster.failWith = new RpcError('UNKNOWN_OUTCOME');
    expect(await runLine('get k', context)).toMatchObject({
      exit: 4,
      lines: ['(error) No answer in time; nothing was changed.'],
    });
    cluster.failWith = new RpcError('NO_QUORUM');
    expect(await runLine('put k v', context)).toMatchObject({
      exit: 4,
      json: { error: { kind: 'NO_QUORUM', outcome: 'definite' } },
    });
    expect(await runLine('put "" v', context)).toMatchObject({ exit: 2, json: { error: { kind: 'INVALID_PARAMS' } } });
  });

  it('turns fault commands into actions', async () => {
    const cluster = fakeCluster(pictureOf(5, { leader: 'n2', faults: [faultOf(3, 'kill', 'kill n4', ['n4'])] }));
    const context = contextOf(cluster, { marked: [nodeId('n5')] });
    const lines = [
      'kill leader',
      'fault pause 3 --for 5s',
      'isolate',
      'partition n1,n2 / n3',
      'link n1 n5 --drop 20% --delay 80..120ms --both',
      'cut 1 2',
      'disk n2 --slow 20..80 --for 5s',
      'fault disk n1,n2 --hang --fail sync',
      'disk leader --full',
      'clock n2 --rate 0.5 --jump -1h',
      'clock n2 --jump +30s --for 1m',
      'stall n3 2s',
      'power-loss n1,n2 --for 2s',
      'rot n4',
      'heal 3',
      'heal',
      'undo',
      'transfer n3',
      'elect n4',
      'stop',
    ];
    for (const line of lines) expect(await runLine(line, context), line).toMatchObject({ exit: 0 });
    expect(cluster.actions).toEqual([
      { type: 'kill', nodes: ['n2'], forMs: null },
      { type: 'pause', nodes: ['n3'], forMs: 5_000 },
      { type: 'isolate', nodes: ['n5'], forMs: null },
      { type: 'partition', groups: [['n1', 'n2'], ['n3'], ['n4', 'n5']], forMs: null },
      { type: 'link', from: 'n1', to: 'n5', bothWays: true, drop: 0.2, delayMs: [80, 120], duplicate: 0, forMs: null },
      { type: 'link', from: 'n1', to: 'n2', bothWays: false, drop: 1, delayMs: [0, 0], duplicate: 0, forMs: null },
      { type: 'disk', nodes: ['n2'], effect: { slowMs: [20, 80], hang: false, full: false, fail: null }, forMs: 5_000 },
      { type: 'disk', nodes: ['n1', 'n2'], effect: { slowMs: [0, 0], hang: true, full: false, fail: 'sync' }, forMs: null },
      { type: 'disk', nodes: ['n2'], effect: { slowMs: [0, 0], hang: false, full: true, fail: null }, forMs: null },
      { type: 'clock', nodes: ['n2'], rate: 0.5, offsetMs: -3_600_000, forMs: null },
      { type: 'clock', nodes: ['n2'], rate: 1, offsetMs: 30_000, forMs: 60_000 },
      { type: 'stall', nodes: ['n3'], stallMs: 2_000 },
      { type: 'power-loss', nodes: ['n1', 'n2'], seed: null, forMs: 2_000 },
      { type: 'rot', nodes: ['n4'], seed: null, force: false },
      { type: 'heal', fault: 3 },
      { type: 'heal', fault: null },
      { type: 'undo' },
      { type: 'transfer', to: 'n3' },
      { type: 'campaign', node: 'n4' },
      { type: 'stop' },
    ]);
  });

  it.each([
    ['kil n2', /did you mean kill/],
    ['kill n9', /did you mean/],
    ['fault put', /no command "put"/],
    ['fault', /which fault/],
    ['heal 9', /there is no fault 9/],
    ['link n1 n1 --drop 1', /two ends/],
    ['link n1 n2', /what should happen/],
    ['link n1 n2 --drop 2', /cannot be "2"/],
    ['disk n1', /what should the disk do/],
    ['disk n1 --fail read', /cannot be "read"/],
    ['disk n1 --slow 80..20', /ends before it begins/],
    ['disk n1 --slow 2m', /too long/],
    ['clock n1', /what should the clock do/],
    ['clock n1 --rate 3', /cannot be "3"/],
    ['clock n1 --rate 2x', /cannot be "2x"/],
    ['stall n1 10ms', /a stall cannot last/],
    ['stall n1', /needs TIME/],
    ['kill', /which nodes/],
    ['put k "x', /column 7/],
    ['range --limit -1', /cannot be/],
  ])('explains what is wrong with %j', async (line, message) => {
    const result = await runLine(line, contextOf(fakeCluster()));
    expect(result.exit).toBe(2);
    expect(result.lines.join('\n')).toMatch(message);
  });

  it('does nothing for an empty line or a remark, and helps when asked', async () => {
    const context = contextOf(fakeCluster());
    expect(await runLine('  ', context)).toEqual({ lines: [], json: null, exit: 0 });
    expect(await runLine('# put k v', context)).toEqual({ lines: [], json: null, exit: 0 });
    expect((await runLine('help', context)).lines.join('\n')).toContain('partition');
    expect((await runLine('help put', context)).lines[0]).toBe('put KEY VALUE [--deadline DURATION] [--secret]');
  });

  it('refuses what the cluster cannot do', async () => {
    const result = await runLine('kill n1', contextOf(fakeCluster(pictureOf(3), [])));
    expect(result.exit).toBe(2);
    expect(result.lines[0]).toContain('process-faults');
  });

  it('settles a random choice before it is confirmed', async () => {
    const cluster = fakeCluster();
    for (let i = 0; i < 20; i += 1) {
      const prepared = prepareLine('kill random', contextOf(cluster));
      if (!prepared.ok) throw new Error('it was refused');
      await prepared.line.run();
      expect(cluster.actions.at(-1)).toEqual(prepared.line.action);
      expect(prepared.line.consequence?.level).toBe(0);
    }
  });
});

const HOSTILE = 'a\x1b]52;c;eA==\x07\x9d\u202e\u200b\ufeff\ud83d\ude00\u2028\t\n\u{e0041}';

describe('rendering', () => {
  it('lets nothing dangerous through to a terminal, as text or as JSON', async () => {
    const context = contextOf(fakeCluster());
    await context.driver.kv.put(HOSTILE, HOSTILE);
    const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    for (const line of [
      'range',
      `get "${'a\\x1b]52;c;eA==\\x07\\x9d\\u{202e}\\u{200b}\\u{feff}😀\\u{2028}\\t\\n\\u{e0041}'}"`,
      'range --keys-only',
    ]) {
      const result = await runLine(line, context);
      expect(result.exit, line).toBe(0);
      expect(terminalLines(result).join('')).not.toMatch(unsafe);
      expect(jsonLine(result.json)).not.toMatch(unsafe);
      expect(JSON.parse(jsonLine(result.json))).toEqual(JSON.parse(JSON.stringify(result.json)));
    }
  });

  it('lets nothing dangerous through from the words of a node either', async () => {
    const cluster = fakeCluster();
    cluster.failWith = new RpcError('STORAGE_FULL', { detail: HOSTILE });
    const result = await runLine('put k v', contextOf(cluster));
    expect(terminalLines(result).join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(terminalLines(result)[0]).toContain('a\\x1b]52');
  });

  it('gives a pipe the value byte for byte', async () => {
    const context = contextOf(fakeCluster());
    await context.driver.kv.put('k', HOSTILE);
    expect(pipeText(await runLine('get k', context))).toBe(HOSTILE);
    expect(pipeText(await runLine('put a b', context))).toBe('OK\n');
    expect(pipeText(await runLine('range a b', context))).toBe('a\tb\n');
  });
});
