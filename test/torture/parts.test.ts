import { describe, expect, it } from 'vitest';
import { logIndex } from '../../src/base/brand.ts';
import type { Operation } from '../../src/check/history.ts';
import { unequalStates, whyNotLevel } from '../../src/torture/convergence.ts';
import { lostKeys, settledKeys } from '../../src/torture/last-look.ts';
import { Meter } from '../../src/torture/meter.ts';
import type { EpochReport } from '../../src/torture/progress.ts';
import { reportOf, reportRows } from '../../src/torture/report.ts';
import type { TortureResult } from '../../src/torture/result.ts';
import { fakeChecks } from '../support/fake-checks.ts';
import { fakePicture, withNode } from '../support/fake-picture.ts';

const put = (key: string, value: string, outcome: Operation['outcome']): Operation => ({
  op: 'put',
  key,
  value,
  process: 'c',
  call: 1,
  return: outcome === 'unknown' ? null : 2,
  outcome,
  revision: null,
  stale: false,
});

describe('the last look', () => {
  const settled = settledKeys(
    new Map([
      ['a', 'one'],
      ['b', null],
      ['c', 'three'],
    ]),
    [put('a', 'one', 'ok'), put('b', 'late', 'unknown'), put('c', 'never', 'failed')],
  );

  it('takes what was read last, or an unknown write that came late', () => {
    expect(
      lostKeys(
        settled,
        new Map([
          ['a', 'one'],
          ['c', 'three'],
        ]),
      ),
    ).toEqual([]);
    expect(
      lostKeys(
        settled,
        new Map([
          ['a', 'one'],
          ['b', 'late'],
          ['c', 'three'],
        ]),
      ),
    ).toEqual([]);
  });

  it('names what is lost, changed or come from nowhere', () => {
    expect(
      lostKeys(
        settled,
        new Map([
          ['b', 'nowhere'],
          ['c', 'never'],
        ]),
      ),
    ).toEqual([
      'a was "one" and is absent in the end',
      'b was absent and is "nowhere" in the end',
      'c was "three" and is "never" in the end',
    ]);
  });
});

describe('a healed cluster', () => {
  const level = fakePicture(3, [1, 1, 1], 3);

  it('is whole once all nodes are up, follow one leader and have applied enough', () => {
    expect(whyNotLevel(level, 3)).toBeNull();
    expect(whyNotLevel(level, 4)).toBe('n1 has applied 3 of 4');
    expect(whyNotLevel({ ...level, leader: null }, 3)).toBe('nobody leads');
    expect(whyNotLevel(withNode(level, 'n2', { state: 'down' }), 3)).toBe('n2 is down');
    expect(whyNotLevel(withNode(level, 'n3', {}, { repairing: true }), 3)).toBe('n3 repairs its log');
  });

  it('is compared at one index, by the hash of the state there', () => {
    const at = (id: string, hash: number, picture = level) =>
      withNode(picture, id, {}, { checkpoints: [{ index: logIndex(3), hash }] });
    expect(unequalStates(level)).toBeNull();
    expect(unequalStates(at('n3', 9, at('n2', 9, at('n1', 9))))).toEqual([]);
    expect(unequalStates(at('n3', 8, at('n2', 9, at('n1', 9))))).toEqual(['at index 3 n3 has state 8, n1 has 9']);
    expect(unequalStates(withNode(at('n3', 9, at('n2', 9, at('n1', 9))), 'n2', {}, { appliedIndex: logIndex(2) }))).toBeNull();
  });
});

describe('the meter', () => {
  it('counts what was acknowledged in the last whole buckets', () => {
    const meter = new Meter();
    for (let now = 0; now < 1_000; now += 10) meter.ack(now);
    expect(meter.rate(1_000, 500)).toBe(100);
    expect(meter.rate(1_250, 500)).toBe(50);
    expect(meter.rate(9_000, 500)).toBe(0);
    expect(meter.acked).toBe(100);
  });
});

const epoch = (changes: Partial<EpochReport>): EpochReport => ({
  epoch: 1,
  atMs: 0,
  faults: [{ kind: 'kill-leader', text: 'killed n1', hit: true }],
  holdMs: 1_000,
  rateBefore: 300,
  rateDuring: 100,
  recoveryMs: 700,
  convergenceMs: 900,
  operations: 1_000,
  unknown: 2,
  verdict: 'linearizable',
  ...changes,
});

const result = (changes: Partial<TortureResult>): TortureResult => ({
  options: { seed: 7, seconds: 60, kinds: ['kill-leader'], perSecond: 400, leastPerSecond: 200 },
  nodes: 5,
  interrupted: false,
  elapsedMs: 10_000,
  epochs: [epoch({}), epoch({ epoch: 2, recoveryMs: 1_500 })],
  broken: [],
  failed: [],
  pictures: [],
  acked: 3_000,
  unknown: 4,
  refused: 0,
  leaderChanges: 2,
  longestStallMs: 41,
  snapshots: { taken: 12, installed: 1 },
  promises: fakeChecks().promises,
  equalState: true,
  events: [],
  ...changes,
});

describe('the report', () => {
  it('passes a run that kept its promises and did something', () => {
    const report = reportOf(result({}));
    expect(report).toMatchObject({
      verdict: 'kept',
      exit: 0,
      faults: { 'kill-leader': 2 },
      slowestRecovery: { epoch: 2, ms: 1_500 },
    });
    expect(reportRows(report).flat().join(' ')).toContain('every promise was kept');
  });

  it.each<[string, Partial<TortureResult>, number, RegExp]>([
    ['a broken promise', { broken: ['lost'], failed: ['slow'] }, 5, /lost/],
    ['a demand not met', { failed: ['slow'] }, 1, /slow/],
    ['too few operations', { acked: 100 }, 1, /only 100/],
    ['a silent cluster', { promises: [] }, 1, /no node told/],
    ['no fault', { epochs: [epoch({ faults: [] })] }, 1, /no fault/],
    ['a leader that never changed', { leaderChanges: 0 }, 1, /never changed/],
    [
      'many kills without an unknown outcome',
      { unknown: 0, epochs: Array.from({ length: 10 }, () => epoch({})) },
      1,
      /no outcome/,
    ],
    ['an interruption', { interrupted: true, acked: 0 }, 130, /^$/],
    ['an interruption after a broken promise', { interrupted: true, broken: ['lost'] }, 5, /lost/],
  ])('does not pass %s', (_, changes, exit, words) => {
    const report = reportOf(result(changes));
    expect(report.exit).toBe(exit);
    expect([...report.broken, ...report.failed].join('; ')).toMatch(words);
  });

  it('passes a few kills that met no write under way', () => {
    expect(reportOf(result({ unknown: 0 })).verdict).toBe('kept');
  });
});
