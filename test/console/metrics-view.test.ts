/** The plots at three sizes, with marks on the axis. UPDATE_GOLDENS=1 rewrites the pictures. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import type { ClusterPicture } from '../../src/cluster/driver.ts';
import { frameOf } from '../../src/console/frame.ts';
import { type Metrics, NO_METRICS, withSample } from '../../src/console/metrics.ts';
import { plainText, rowCells } from '../../src/console/rows.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { ASCII_GLYPHS, paint, themeFor, UTF8_GLYPHS } from '../../src/console/theme.ts';
import { consoleState } from '../support/console-state.ts';
import { FAKE_NOW, fakeEvent, fakePicture, withNode } from '../support/fake-picture.ts';
import { expectGolden } from '../support/golden.ts';
import { FakeOutput } from '../support/screen.ts';

const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

/** Two minutes of waves, with a silence of ten seconds in them. */
function waves(): Metrics {
  let metrics = NO_METRICS;
  let commit = 0;
  for (let second = -120; second <= 0; second += 1) {
    const silent = second > -40 && second < -30;
    commit += silent ? 0 : Math.round(300 + 250 * Math.sin(second / 9));
    const picture: ClusterPicture = withNode(
      fakePicture(3),
      'n1',
      {},
      {
        commitIndex: logIndex(commit),
        lastIndex: logIndex(commit + (silent ? 0 : 12 + (Math.abs(second) % 7))),
        sync: { p50Ms: 1, p99Ms: 6 + 30 * Math.max(0, Math.sin(second / 5)), maxMs: 40, count: 9 },
        loopDelay: { p99Ms: Math.abs(second) % 5, maxMs: 9 },
        memoryBytes: 61_000_000 + Math.abs(second) * 100_000,
      },
    );
    metrics = withSample(metrics, picture, FAKE_NOW + second * 1_000);
  }
  return metrics;
}

function state(columns: number, rows: number): ConsoleState {
  const items = [
    fakeEvent(1, 'kill n3', { time: clusterTime(FAKE_NOW - 40_000), node: null, kind: 'fault', severity: 'warn', fault: 1 }),
    fakeEvent(2, 'healed: kill n3', { time: clusterTime(FAKE_NOW - 20_000), node: null, kind: 'fault', fault: 1 }),
    fakeEvent(3, 'won', {
      time: clusterTime(FAKE_NOW - 30_000),
      node: nodeId('n1'),
      kind: 'role',
      raft: { type: 'role', role: 'leader', term: term(2), leader: nodeId('n1'), reason: '' },
    }),
  ];
  const start = consoleState({ columns, rows }, fakePicture(3));
  return { ...start, view: 'metrics', metrics: waves(), events: { ...start.events, items } };
}

it.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('metrics at %ix%i', async (columns, rows) => {
  const drawn = frameOf(state(columns, rows), UTF8_GLYPHS).rows;
  for (const line of drawn) expect(rowCells(line)).toBeLessThanOrEqual(columns);
  const golden = (name: string): string => join(import.meta.dirname, 'goldens', `${name}.golden.txt`);
  expectGolden(drawn.map(plainText).join('\n'), golden(`metrics-${columns}x${rows}`));
  for (const [look, noColor] of [
    ['colour', false],
    ['mono', true],
  ] as const) {
    const screen = new FakeOutput(columns, rows);
    await new Promise<void>((done) => {
      screen.write(drawn.map((row) => paint(row, themeFor('dark', noColor))).join('\n'), () => done());
    });
    expectGolden(screen.styled, golden(`${look}/metrics-${columns}x${rows}`));
  }
});

it('metrics in ASCII', () => {
  const text = frameOf(state(80, 24), ASCII_GLYPHS).rows.map(plainText).join('\n');
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(text).toContain('#');
});
