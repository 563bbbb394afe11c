import { describe, expect, it } from 'vitest';
import { checkHistory } from '../../src/check/check.ts';
import type { Operation } from '../../src/check/history.ts';
import { cas, del, get, put, range } from './histories.ts';

const rulesOf = (history: readonly Operation[]): readonly string[] => checkHistory(history).violations.map(({ rule }) => rule);
const verdictOf = (history: readonly Operation[]): string => checkHistory(history).verdict;

describe('good histories', () => {
  it.each<readonly [string, readonly Operation[]]>([
    ['nothing at all', []],
    ['a key that was never there', [get('c1', [0, 1], 'x', null), del('c1', [2, 3], 'x', false)]],
    [
      'two writes at a time, seen in either order',
      [put('c1', [0, 9], 'x', '1'), put('c2', [0, 9], 'x', '2'), get('c3', [10, 11], 'x', '1')],
    ],
    ['a read beside its write', [put('c1', [0, 9], 'x', '1'), get('c2', [1, 8], 'x', '1'), get('c3', [2, 7], 'x', null)]],
    ['intervals that share one instant', [put('c1', [0, 5], 'x', '1'), get('c2', [5, 6], 'x', null)]],
    ['an unknown put that happened', [put('c1', [0, null], 'x', '1'), get('c2', [90, 91], 'x', '1')]],
    ['an unknown put that did not', [put('c1', [0, null], 'x', '1'), get('c2', [90, 91], 'x', null)]],
    [
      'an unknown put that happened late',
      [put('c1', [0, null], 'x', '1'), put('c2', [1, 2], 'x', '2'), get('c2', [3, 4], 'x', '2'), get('c2', [90, 91], 'x', '1')],
    ],
    [
      'an unknown delete, an unknown cas on it',
      [
        put('c1', [0, 1], 'x', '1'),
        del('c2', [2, null], 'x', null),
        cas('c3', [2, null], ['x', null, '3'], null),
        get('c4', [9, 10], 'x', '3'),
      ],
    ],
    [
      'a cas that lost',
      [
        put('c1', [0, 1], 'x', '1'),
        cas('c2', [2, 3], ['x', '9', '2'], { swapped: false, current: '1' }),
        get('c2', [4, 5], 'x', '1'),
      ],
    ],
    [
      'a stale read, allowed',
      [put('c1', [0, 1], 'x', '1'), put('c1', [2, 3], 'x', '2'), get('c2', [4, 5], 'x', '1', { stale: true })],
    ],
    ['a failed write that nobody saw', [put('c1', [0, 1], 'x', '1', { outcome: 'failed' }), get('c2', [2, 3], 'x', null)]],
    [
      'a range that says it was cut off',
      [
        put('c1', [0, 1], 'a', '1'),
        put('c1', [2, 3], 'b', '2'),
        range('c2', [4, 5], {}, { kvs: [{ key: 'a', value: '1' }], count: 2, more: true }),
      ],
    ],
    [
      'keys ordered by their bytes, not by their units',
      [
        put('c1', [0, 1], '\u{1f600}', '1'),
        put('c1', [2, 3], '\uff5e', '2'),
        range(
          'c2',
          [4, 5],
          {},
          {
            kvs: [
              { key: '\uff5e', value: '2' },
              { key: '\u{1f600}', value: '1' },
            ],
            count: 2,
            more: false,
          },
        ),
      ],
    ],
  ])('%s', (_, history) => {
    expect(checkHistory(history)).toMatchObject({ verdict: 'linearizable', violations: [] });
  });
});

describe('bad histories', () => {
  const one = put('c1', [0, 1], 'x', '1');
  const two = put('c1', [2, 3], 'x', '2');
  it.each<readonly [string, string, readonly Operation[]]>([
    ['a stale read', 'overwritten', [one, two, get('c2', [4, 5], 'x', '1')]],
    ['a lost write', 'overwritten', [one, get('c2', [4, 5], 'x', null)]],
    ['a value out of thin air', 'never-written', [one, get('c2', [4, 5], 'x', '7')]],
    [
      'a failed write that was seen',
      'failed-write-seen',
      [put('c1', [0, 1], 'x', '1', { outcome: 'failed' }), get('c2', [2, 3], 'x', '1')],
    ],
    ['a value from the future', 'seen-before-write', [get('c2', [0, 1], 'x', '1'), put('c1', [2, 3], 'x', '1')]],
    [
      'a write applied twice',
      'no-order',
      [
        put('c1', [0, null], 'x', '1'),
        get('c2', [1, 2], 'x', '1'),
        two,
        get('c2', [4, 5], 'x', '2'),
        get('c2', [6, 7], 'x', '1'),
      ],
    ],
    [
      'two readers who see the writes in different orders',
      'no-order',
      [
        put('c1', [0, 9], 'x', '1'),
        put('c2', [0, 9], 'x', '2'),
        get('c3', [1, 2], 'x', '1'),
        get('c3', [3, 4], 'x', '2'),
        get('c4', [5, 6], 'x', '1'),
      ],
    ],
    [
      'a cas that swapped from what was not there',
      'overwritten',
      [one, two, cas('c2', [4, 5], ['x', '1', '3'], { swapped: true })],
    ],
    ['a cas that saw only its own value', 'never-written', [one, cas('c2', [4, 5], ['x', '7', '7'], { swapped: true })]],
    ['a cas that was refused for no reason', 'no-order', [one, cas('c2', [4, 5], ['x', '1', '3'], { swapped: false })]],
    [
      'a cas that contradicts itself',
      'impossible-answer',
      [one, cas('c2', [4, 5], ['x', '1', '3'], { swapped: true, current: '4' })],
    ],
    [
      'a refusal that names the expected value',
      'impossible-answer',
      [one, cas('c2', [4, 5], ['x', '1', '3'], { swapped: false, current: '1' })],
    ],
    [
      'two cas that both took the same value',
      'no-order',
      [one, cas('c2', [4, 8], ['x', '1', '3'], { swapped: true }), cas('c3', [4, 8], ['x', '1', '4'], { swapped: true })],
    ],
    ['a delete of nothing', 'no-order', [del('c1', [0, 1], 'x', true)]],
    ['a delete that found nothing', 'overwritten', [one, del('c2', [4, 5], 'x', false)]],
    [
      'an unknown write that ran before it was called',
      'seen-before-write',
      [get('c2', [0, 1], 'x', '1'), put('c1', [2, null], 'x', '1')],
    ],
  ])('%s', (_, rule, history) => {
    expect(rulesOf(history)).toEqual([rule]);
  });

  const both = [put('c1', [0, 1], 'a', '1'), put('c1', [2, 3], 'b', '2')];
  const [a, b] = [
    { key: 'a', value: '1' },
    { key: 'b', value: '2' },
  ];
  it.each<readonly [string, string, Operation]>([
    ['a range that lost a key', 'no-order', range('c2', [4, 5], {}, { kvs: [b], more: false })],
    ['a phantom in a range', 'never-written', range('c2', [4, 5], {}, { kvs: [a, b, { key: 'c', value: '3' }] })],
    ['a count that is too high', 'no-order', range('c2', [4, 5], {}, { kvs: [a, b], count: 3 })],
    ['a range with a key from elsewhere', 'impossible-answer', range('c2', [4, 5], { end: 'b' }, { kvs: [a, b] })],
    ['a range in disorder', 'impossible-answer', range('c2', [4, 5], {}, { kvs: [b, a] })],
    ['a range over its limit', 'impossible-answer', range('c2', [4, 5], { limit: 1 }, { kvs: [a, b] })],
    [
      'a range over its limit that calls itself complete',
      'impossible-answer',
      range('c2', [4, 5], { limit: 1 }, { kvs: [a, b], more: false }),
    ],
    ['a range that hides that there is more', 'no-order', range('c2', [4, 5], { limit: 1 }, { kvs: [a], more: false })],
    ['a range that passes a key over', 'no-order', range('c2', [4, 5], { limit: 1 }, { kvs: [b], more: true })],
  ])('%s', (_, rule, operation) => {
    expect(rulesOf([...both, operation])).toEqual([rule]);
  });

  it('a range torn over two moments', () => {
    const torn = range('c2', [0, 9], {}, { kvs: [b], count: 1 });
    expect(rulesOf([...both, torn])).toEqual(['no-order']);
    expect(verdictOf([...both, range('c2', [0, 9], {}, { kvs: [a], count: 1 })])).toBe('linearizable');
  });

  it('a range over keys that nobody knows', () => {
    expect(rulesOf([range('c1', [0, 1], { prefix: 'q' }, { kvs: [], count: 1 })])).toEqual(['no-order']);
  });
});

describe('revisions', () => {
  const at = (revision: number) => ({ revision });
  const one = put('c1', [0, 1], 'x', '1', at(1));
  const two = put('c1', [2, 3], 'y', '2', at(2));

  it.each<readonly [string, readonly Operation[]]>([
    ['reads at the revision of the last change', [one, two, get('c2', [4, 5], 'x', '1', at(2))]],
    ['a stale read at an old revision', [one, two, get('c2', [4, 5], 'y', null, { revision: 1, stale: true })]],
    [
      'a gap that an unknown write explains',
      [one, put('c3', [0, null], 'x', '9'), get('c2', [4, 5], 'x', '9', at(2)), put('c1', [6, 7], 'y', '2', at(3))],
    ],
    ['a gap that somebody else has made', [one, put('c1', [2, 3], 'y', '2', at(7)), get('c2', [4, 5], 'x', '1', at(7))]],
    [
      'a cas and a delete',
      [
        one,
        cas('c2', [2, 3], ['x', '1', '2'], { swapped: true }, at(2)),
        cas('c2', [4, 5], ['x', '1', '3'], { swapped: false }, at(2)),
        del('c2', [6, 7], 'x', true, at(3)),
        del('c2', [8, 9], 'x', false, at(3)),
      ],
    ],
  ])('may be: %s', (_, history) => {
    expect(checkHistory(history)).toMatchObject({ verdict: 'linearizable', violations: [] });
  });

  it.each<readonly [string, string, readonly Operation[]]>([
    ['that go back', 'revision-order', [one, two, get('c2', [4, 5], 'x', '1', at(1))]],
    [
      'of a change that are no higher than what was read',
      'revision-order',
      [get('c2', [0, 1], 'y', null, at(3)), put('c1', [2, 3], 'x', '1', at(3))],
    ],
    ['that two changes share', 'revision-twice', [put('c1', [0, 9], 'x', '1', at(1)), put('c2', [0, 9], 'y', '2', at(1))]],
    [
      'at which the value was another',
      'revision-replay',
      [put('c1', [0, 9], 'x', '1', at(1)), put('c2', [0, 9], 'x', '2', at(2)), get('c3', [0, 9], 'x', '1', at(2))],
    ],
    [
      'at which a stale read cannot have seen this',
      'revision-replay',
      [one, two, get('c2', [4, 5], 'y', null, { revision: 2, stale: true })],
    ],
    [
      'at which a key of a range was not there yet',
      'revision-replay',
      [
        put('c1', [0, 9], 'x', '1', at(1)),
        put('c2', [0, 9], 'y', '2', at(2)),
        range(
          'c3',
          [0, 9],
          {},
          {
            kvs: [
              { key: 'x', value: '1' },
              { key: 'y', value: '2' },
            ],
          },
          at(1),
        ),
      ],
    ],
    [
      'at which an unknown write would have happened twice',
      'revision-replay',
      [
        put('c1', [0, 9], 'x', '1', at(1)),
        put('c2', [0, null], 'x', '9'),
        get('c3', [0, 9], 'x', '9', at(2)),
        put('c4', [0, 9], 'x', '3', at(3)),
        get('c5', [0, 9], 'x', '9', at(4)),
      ],
    ],
    [
      'lower than what was known before the unknown write began',
      'revision-replay',
      [put('c1', [0, 5], 'y', '2', at(5)), put('c2', [10, null], 'x', '9'), get('c3', [8, 20], 'x', '9', at(5))],
    ],
    [
      'without room for the unknown write that was seen',
      'revision-replay',
      [
        put('c1', [0, 9], 'x', '1', at(1)),
        put('c3', [0, null], 'x', '9'),
        get('c2', [0, 9], 'x', '9', at(1)),
        put('c2', [0, 9], 'y', '2', at(2)),
      ],
    ],
  ])('may not be: %s', (_, rule, history) => {
    expect(rulesOf(history)).toEqual([rule]);
  });
});

describe('the budget', () => {
  /** Every client writes and nobody can tell in which order: hard, and impossible at the end. */
  const puzzle = Array.from({ length: 14 }, (_, at) => put(`c${at}`, [0, 100], 'x', `v${at % 7}`));
  const readers = Array.from({ length: 8 }, (_, at) => get(`r${at}`, [10 + at * 2, 11 + at * 2], 'x', `v${(at * 3) % 7}`));
  const end = [get('z', [200, 201], 'x', 'v0'), get('z', [202, 203], 'x', 'v1')];

  it('ends in "gave up", which is no pass', () => {
    const history = [...puzzle, ...readers, ...end, put('c1', [0, 1], 'other', '1')];
    expect(checkHistory(history, { budget: 50 })).toMatchObject({
      verdict: 'gave-up',
      givenUp: [['x']],
      violations: [],
      states: 50,
    });
    expect(checkHistory(history)).toMatchObject({ verdict: 'not-linearizable', givenUp: [] });
  });

  it('does not let a hard key hide a broken one', () => {
    const broken = [
      put('a', [0, 9], 'y', '1'),
      put('b', [0, 9], 'y', '2'),
      ...Array.from({ length: 30 }, (_, at) => get('d', [20 + at * 2, 21 + at * 2], 'y', at % 2 === 0 ? '1' : '2')),
    ];
    expect(checkHistory([...puzzle, ...readers, ...end, ...broken], { budget: 40_000 })).toMatchObject({
      verdict: 'not-linearizable',
      violations: [{ keys: expect.arrayContaining(['y']) }],
    });
  });
});
