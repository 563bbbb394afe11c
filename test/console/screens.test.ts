/** Every view at three sizes, as a terminal shows it. UPDATE_GOLDENS=1 rewrites the pictures; read the difference. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, revision, term } from '../../src/base/brand.ts';
import type { Operation } from '../../src/check/history.ts';
import { judgeWindows } from '../../src/check/windows.ts';
import type { ClusterEvent, ReadOptions, TrafficCheck } from '../../src/cluster/driver.ts';
import type { ConsoleOptions } from '../../src/console/run.tsx';
import type { KeyValue } from '../../src/kv/commands.ts';
import type { Version } from '../../src/kv/history.ts';
import type { TortureEnd, TortureProgress, TortureTold } from '../../src/torture/progress.ts';
import { ConsoleBench, has } from '../support/console-bench.ts';
import { fakeChecks, NO_TRAFFIC } from '../support/fake-checks.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { FAKE_NOW, fakePicture, withNode } from '../support/fake-picture.ts';
import { HOSTILE, sceneDriver, tellScene } from '../support/fake-scene.ts';
import { expectGolden } from '../support/golden.ts';

const golden = (name: string): string => join(import.meta.dirname, 'goldens', `${name}.golden.txt`);
const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

const TORN_STATE = 'the same applied index is the same state: {"index":1280,"n1":77,"n2":78}';

/** `node` wins term 2, so many milliseconds after the fault. */
const won = (node: string, ms: number): Partial<ClusterEvent> & { readonly text: string } => ({
  text: 'won term 2 with 3 of 5 in 20 ms',
  time: clusterTime(FAKE_NOW + 3_000 + ms),
  node: nodeId(node),
  kind: 'role',
  raft: { type: 'role', role: 'leader', term: term(2), leader: nodeId(node), reason: '' },
});

/** What a put, and a read that misses it, come to. */
function tornTraffic(): Partial<TrafficCheck> {
  const base = { process: 'c1', outcome: 'ok', stale: false, revision: 5, key: 'user:42' } as const;
  const history: readonly Operation[] = [
    { ...base, op: 'put', value: 'ann', call: 0, return: 900 },
    { ...base, process: 'c2', op: 'get', call: 1_200, return: 1_900, result: { value: null } },
  ];
  const { culprit } = judgeWindows(history, 1_000);
  return { verdict: 'not-linearizable', detail: culprit?.violations[0]?.text ?? null, culprit };
}

/** The words are the same in colour and without, so both are held against one picture; each has one of its styles besides. */
const LOOKS = SIZES.flatMap(([columns, rows]) => [
  { columns, rows, look: 'colour', noColor: false },
  { columns, rows, look: 'mono', noColor: true },
]);

describe.each(LOOKS)('the console at $columns x $rows in $look', ({ columns, rows, look, noColor }) => {
  it('draws every view', async () => {
    const driver = sceneDriver();
    const bench = new ConsoleBench(driver, columns, rows, { noColor });
    const shows = (text: string, name: string): void => {
      // How long a put took is measured, and differs.
      const steady = (shown: string): string => (name === 'shell' ? shown.replace(/\d+(?:\.\d+)? ms(?=⟧?$)/m, '2.0 ms') : shown);
      expectGolden(steady(text), golden(`${name}-${columns}x${rows}`));
      expectGolden(steady(bench.output.styled), golden(`${look}/${name}-${columns}x${rows}`));
    };
    await bench.output.until(has('NODES 4/5', 'fault'));
    tellScene(driver);
    shows(await bench.output.until(has('asks for pre-votes')), 'overview');
    shows(await bench.type('jf', has('FAULT ON n2')), 'fault-menu');
    shows(await bench.type('k', has('y/N')), 'confirm');
    await bench.type('n', has('Not done'), 250);
    shows(await bench.type('2', has('ENTRY 1286', 'value 1286')), 'log');
    shows(await bench.type('hw', has('why 1285', 'lacks it')), 'why');
    await bench.type('\x1b', (text) => !text.includes('lacks it'));
    shows(await bench.type('3', has('FROM')), 'links');
    await bench.type('4', has('KEYS 1 of 250'));
    shows(await bench.type('jj', (text) => has('KEYS 3 of 250')(text) && !text.includes('asking')), 'keys');
    shows(await bench.type('5', has('EVENTS 5', 'follows')), 'events');
    await bench.type('9', has('Nobody checks'));
    driver.setChecks(fakeChecks());
    shows(await bench.output.until(has('linearizable', '1,284')), 'checks');
    driver.setChecks(fakeChecks({ 'state-machine-safety': TORN_STATE }, tornTraffic()));
    shows(await bench.output.until(has('A PROMISE IS BROKEN', 'NOT LINEARIZABLE')), 'checks-broken');
    shows(await bench.type('\r', has('log-matching: holds')), 'checks-report');
    await bench.type('\x1b', (text) => !text.includes('log-matching: holds'));
    driver.setChecks(fakeChecks({}, NO_TRAFFIC));
    await bench.output.until(has('No traffic yet'));
    shows(await bench.type('7', has('COMMAND')), 'faults');
    await bench.type('8', has('SHELL'));
    await bench.type('put a "x y"\r', has('OK'));
    const shell = await bench.type('ki\t', has('kill ', 'writes stop'));
    shows(shell, 'shell');
    shows(await bench.type('\x15\x1b', (text) => !text.includes('SHELL') && text.includes('FAULTS 3')), 'faults-after-shell');
    shows(await bench.type('1?', has('HELP')), 'help');
    await bench.type('\x1b', (text) => !text.includes('HELP'));
    shows(await bench.type('\x10isol', has('PALETTE', 'isol_', ':isolate')), 'palette');
    await bench.type('\x1b', (text) => !text.includes('PALETTE'));
    shows(await bench.type('\r', (text) => text.includes('NODE n2') && !text.includes('NODES 4/5')), 'node');
    await bench.type('\x1b', has('NODES 4/5'));
    await bench.type('d', () => !bench.output.alternate);
    expect(await bench.ended).toMatchObject({ exitCode: 0 });
  }, 30_000);
});

const version = (value: string, at: number, session: number): Version => ({
  type: 'put',
  revision: revision(at),
  kv: {
    key: 'city:ulm',
    value,
    createRevision: revision(at < 1_271 ? 1_270 : 1_280),
    modRevision: revision(at),
    version: at === 1_284 ? 2 : 1,
  },
  origin: { index: logIndex(at + 4), time: clusterTime(FAKE_NOW - (1_284 - at) * 60_000), session },
});

describe.each(LOOKS)('an open key at $columns x $rows in $look', ({ columns, rows, look, noColor }) => {
  it('shows its versions, what changed, and what each node has of it', async () => {
    const driver = new FakeDriver(withNode(fakePicture(5), 'n4', { state: 'down' }));
    const newest = version('{"people":129942,"river":"Donau","twin":["Neu-Ulm"]}', 1_284, 7);
    const older = version('{"people":126329,"river":"Donau"}', 1_280, 9);
    driver.kv.set('city:ulm', newest.type === 'put' ? newest.kv.value : '');
    const gone: Version = {
      type: 'delete',
      revision: revision(1_271),
      key: 'city:ulm',
      origin: { index: logIndex(1_275), time: clusterTime(FAKE_NOW - 780_000), session: null },
    };
    driver.kv.versions.set('city:ulm', [newest, older, gone, version('first', 1_270, 9)]);
    const kvAt = ({ node }: ReadOptions = {}): KeyValue | null => (node === nodeId('n3') ? kvOf(older) : kvOf(newest));
    driver.kv.get = async (_key: string, options?: ReadOptions) => ({
      kv: kvAt(options),
      revision: options?.node === nodeId('n3') ? 1_281 : 1_284,
    });
    driver.kv.history = async () => ({
      versions: driver.kv.versions.get('city:ulm') ?? [],
      more: false,
      compactedBelow: revision(1_200),
      revision: revision(1_284),
    });
    const bench = new ConsoleBench(driver, columns, rows, { noColor });
    const shows = (text: string, name: string): void => {
      expectGolden(text, golden(`${name}-${columns}x${rows}`));
      expectGolden(bench.output.styled, golden(`${look}/${name}-${columns}x${rows}`));
    };
    await bench.output.until(has('NODES 4/5'));
    await bench.type('4', has('KEYS 1 of 1', 'city:ulm'));
    shows(await bench.type('\r', has('VERSIONS 1 of 4', 'against rev 1280', 'behind')), 'open-key');
    shows(await bench.type('jj', has('VERSIONS 3 of 4', 'DELETED')), 'open-key-deleted');
    await bench.type('\x1b', has('KEYS 1 of 1'));
    await bench.type('d', () => !bench.output.alternate);
    expect(await bench.ended).toMatchObject({ exitCode: 0 });
  }, 30_000);
});

const kvOf = (of: Version): KeyValue | null => (of.type === 'put' ? of.kv : null);

describe.each(SIZES)('a fault and what was predicted of it at %ix%i', (columns, rows) => {
  it('stands in the faults, in the events, and under the event', async () => {
    const driver = new FakeDriver(fakePicture(5, [1, 1, 1, 1]));
    const bench = new ConsoleBench(driver, columns, rows);
    driver.wall = () => bench.clock.wall();
    const size = `${columns}x${rows}`;
    await bench.output.until(has('NODES 5/5'));
    bench.input.write('7');
    for (const command of ['isolate n5', 'kill n1']) {
      await driver.act(
        command === 'kill n1'
          ? { type: 'kill', nodes: [nodeId('n1')], forMs: null }
          : { type: 'isolate', nodes: [nodeId('n5')], forMs: null },
      );
      await bench.output.until(has(command, 'is watched'));
      if (command === 'isolate n5') bench.clock.pass(3_000);
    }
    await bench.type('j', has('FAULT 2'));
    driver.emit(won('n2', 96));
    bench.clock.pass(400);
    driver.setPicture(withNode(driver.picture(), 'n2', {}, { role: 'leader' }));
    expectGolden(await bench.output.until(has('n2 leads term 2 after 96 ms', 'as predicted')), golden(`predicted-${size}`));
    await driver.act({ type: 'heal', fault: 1 });
    expectGolden(await bench.output.until(has('ENDED 1')), golden(`predicted-ended-${size}`));
    expectGolden(await bench.type('5\r', has('EVENT', 'Predicted: n1 is lost')), golden(`predicted-event-${size}`));
  });
});

const PROGRESS: TortureProgress = {
  phase: 'recovering',
  epoch: 12,
  faults: ['isolate n1', 'link n3 n5 --drop 0.3'],
  opsPerSecond: 402,
  acked: 11_284,
  unknown: 67,
  leaderChanges: 9,
  judged: 11,
  toJudge: 1,
  violations: [],
  leftMs: 17_300,
};
const UNEQUAL = 'state-machine-safety: the same applied index is the same state: {"index":1280,"n1":77,"n2":78}';
const ENDS: readonly (readonly [string, TortureEnd])[] = [
  ['over', { verdict: 'kept', text: 'every promise was kept', problems: [], folder: '/tmp/raftkv-torture-a1b2c3' }],
  ['broken', { verdict: 'broken', text: 'BROKEN', problems: [UNEQUAL, 'lost'], folder: '/tmp/raftkv-torture-a1b2c3' }],
];

describe.each(SIZES)('a torture run at %ix%i', (columns, rows) => {
  it('stands above the checks, and on the status line of every other view', async () => {
    const driver = sceneDriver();
    driver.setChecks(fakeChecks());
    driver.capabilities = new Set();
    let show: (told: TortureTold) => void = () => {};
    const torture: ConsoleOptions['torture'] = (tell) => {
      show = tell;
      return () => {};
    };
    const bench = new ConsoleBench(driver, columns, rows, { torture });
    await bench.output.until(has('about to begin', 'looks only'));
    show({ progress: PROGRESS, end: null });
    const size = `${columns}x${rows}`;
    expectGolden(await bench.output.until(has('epoch 12: recovering', 'faults now')), golden(`torture-${size}`));
    await bench.type('5', has('Torture, epoch 12: recovering (isolate n1'));
    await bench.type('W', has('is judged: this console only looks'));
    show({ progress: { ...PROGRESS, violations: ['n3 lied\x1b[2J'] }, end: null });
    await bench.type('9', has('n3 lied', 'violations 1'), 10_000);
    for (const [name, end] of ENDS) {
      show({ progress: { ...PROGRESS, faults: [], violations: end.problems }, end });
      expectGolden(await bench.output.until(has(end.text, 'raftkv-torture-a1b2c3')), golden(`torture-${name}-${size}`));
    }
    await bench.type('q', () => !bench.output.alternate);
    expect(await bench.ended).toEqual({ exitCode: 0, reason: '' });
  });

  it('is asked for before it is ended early', async () => {
    const torture: ConsoleOptions['torture'] = (tell) => {
      tell({ progress: PROGRESS, end: null });
      return () => {};
    };
    const bench = new ConsoleBench(sceneDriver(), columns, rows, { torture });
    await bench.output.until(has('epoch 12'));
    await bench.type('q', has('end the run', 'y/N'));
    await bench.type('y', () => !bench.output.alternate, 500);
    expect(await bench.ended).toEqual({ exitCode: 0, reason: '' });
  });
});

describe('the console', () => {
  it('shows a healthy cluster in ASCII', async () => {
    const bench = new ConsoleBench(new FakeDriver(fakePicture(3, [1, 1, 1, 2], 4)), 80, 24, { ascii: true, noColor: true });
    const text = await bench.output.until(has('NODES 3/3', 'All hear n1'));
    expectGolden(text, golden('healthy-ascii-80x24'));
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    bench.input.write('d');
    await bench.ended;
  });

  it('follows the size of the terminal, down to nothing and back', async () => {
    const bench = new ConsoleBench(sceneDriver(), 80, 24);
    await bench.output.until(has('NODES 4/5'));
    for (const [columns, rows] of [
      [120, 40],
      [60, 18],
      [40, 10],
      [30, 8],
      [200, 60],
      [80, 24],
    ] as const) {
      bench.output.resize(columns, rows);
      await bench.output.until((text) =>
        columns < 40 ? text.includes('needed, have') : text.includes('LIVE') || text.includes('n1 leads'),
      );
      const lines = bench.output.lines();
      expect(lines).toHaveLength(rows);
      if (columns >= 40)
        await bench.output.until(
          () => (bench.output.lines()[0] ?? '').includes('demo') && (bench.output.lines()[rows - 1] ?? '').includes('quit'),
        );
    }
    bench.input.write('d');
    await bench.ended;
    await bench.output.until(() => !bench.output.alternate);
  });

  it('lets nothing from a key, a value, an event or an error reach the terminal as a control', async () => {
    const driver = new FakeDriver(withNode(fakePicture(3), 'n2', { url: HOSTILE.join('') }));
    for (const [i, text] of HOSTILE.entries()) driver.kv.set(text, HOSTILE[HOSTILE.length - 1 - i] ?? '');
    const bench = new ConsoleBench(driver, 120, 40);
    await bench.output.until(has('NODES 3/3'));
    for (const text of HOSTILE) driver.emit({ text, severity: 'error' });
    await bench.output.until(has('EVENTS 7'));
    await bench.type('j\r', has('NODE n2'));
    await bench.type('\x1b', has('NODES 3/3'));
    await bench.type('4', has(`KEYS 1 of ${HOSTILE.length}`));
    for (let i = 2; i <= HOSTILE.length; i += 1) await bench.type('j', has(`KEYS ${i} of`));
    await bench.type('\r', has('VERSIONS'));
    await bench.type('\x1b', has('KEYS 7 of'));
    await bench.type('8', has('SHELL'));
    await bench.type('get "\\x1b[31m"\r', has('(nil)'));
    await bench.type('\x1b', has('KEYS 7 of'));
    await bench.type('d', () => !bench.output.alternate);
    await bench.ended;
    // What Ink itself writes: screen switch, cursor, erasing, colours, synchronised frames, bracketed paste.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences
    const ours = /\x1b\[(?:\?(?:1049|25|2004|2026)[hl]|\d*[ABCDEFGJK]|\d*;?\d*H|[0-9;]*m)/g;
    const rest = bench.output.written.replace(ours, '').replace(/\r?\n/g, '');
    expect(rest.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu)).toBeNull();
  });

  it('gives the terminal back when something in it breaks, and says what', async () => {
    const driver = sceneDriver();
    const bench = new ConsoleBench(driver, 80, 24);
    await bench.output.until(has('NODES 4/5'));
    driver.picture = () => {
      throw new Error('the picture is torn');
    };
    driver.emit({ text: 'anything' });
    const { exitCode, reason } = await bench.ended;
    expect(exitCode).toBe(70);
    expect(reason).toContain('the picture is torn');
    await bench.output.until(() => !bench.output.alternate);
    expect(bench.input.raw).toBe(false);
    expect(driver.listeners).toBe(0);
  });

  it('refuses politely where there is no terminal', async () => {
    const bench = new ConsoleBench(sceneDriver(), 80, 24, {
      stdin: Object.assign(new (await import('node:stream')).PassThrough(), { isTTY: false, setRawMode: () => {} }),
    });
    expect(await bench.ended).toMatchObject({ exitCode: 2, reason: expect.stringContaining('needs a terminal') });
  });

  it('ends in order on SIGTERM and SIGHUP', async () => {
    for (const [signal, exitCode] of [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const driver = sceneDriver();
      const bench = new ConsoleBench(driver, 80, 24);
      await bench.output.until(has('NODES 4/5'));
      process.emit(signal, signal);
      expect((await bench.ended).exitCode).toBe(exitCode);
      await bench.output.until(() => !bench.output.alternate);
      expect(driver.listeners).toBe(0);
    }
  });

  it('writes nothing while nothing changes, although statuses keep coming', async () => {
    const driver = new FakeDriver(fakePicture(3));
    const bench = new ConsoleBench(driver, 80, 24);
    await bench.output.until(has('All hear n1', 'LIVE'));
    driver.emit({ text: 'first' });
    await bench.output.until(has('first'));
    const before = bench.output.written.length;
    for (let i = 0; i < 20; i += 1) {
      driver.setPicture({ ...fakePicture(3) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    driver.emit({ text: 'second' });
    await bench.output.until(has('second'));
    expect(bench.output.written.length - before).toBeLessThan(400);
    bench.input.write('d');
    await bench.ended;
  });
});
