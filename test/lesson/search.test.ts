/** The search that is drawn is that of the store's skip list; what is counted is what other ways would need. */
import { expect, it } from 'vitest';
import { DrawnList } from '../../src/lesson/search/search.ts';
import { comparisonsOf } from '../../src/lesson/structures/comparisons.ts';
import { sampleOf } from '../../src/lesson/structures/measure.ts';

const WORDS = ['ant', 'bee', 'cat', 'cow', 'dog', 'eel', 'fox', 'gnu', 'hen', 'owl', 'pig', 'yak'];
const textOf = (rows: ReturnType<DrawnList['draw']>): readonly string[] =>
  rows.map((row) => row.map(({ text }) => text).join(''));

it('draws all keys on the lowest level, in order, and rows of one width', () => {
  const list = new DrawnList(WORDS.toReversed());
  expect(list.keys).toEqual(WORDS);
  expect(list.height).toBeGreaterThanOrEqual(3);
  const rows = textOf(list.draw());
  expect(rows).toHaveLength(list.height);
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  expect(rows.at(-1)?.match(/[a-z]+/g)).toEqual(WORDS);
});

it('goes along a level while the keys are smaller, and down when not', () => {
  const list = new DrawnList(WORDS);
  for (const target of WORDS) {
    const steps = list.search(target);
    for (const [i, { key, level }] of steps.entries()) {
      const next = steps[i + 1];
      if (next === undefined) continue;
      if (key < target) expect(next.level).toBeLessThanOrEqual(level);
      else expect(next.level).toBeLessThan(level);
    }
    const found = list
      .draw(steps, target, true)
      .flat()
      .filter(({ mark }) => mark === 'found');
    expect(found.map(({ text }) => text)).toEqual([expect.stringContaining(target)]);
  }
});

it('makes nothing of keys that cannot be drawn in a cell', () => {
  const list = new DrawnList(['键值', '\x1b[2J', 'a very long key', '']);
  const rows = textOf(list.draw());
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  expect(rows.join('')).toMatch(/^[\x20-\x7e]*$/);
});

it('counts few comparisons where the structure is ordered, and half of all in a linked list', () => {
  const { sorted, present } = sampleOf(4_096);
  const { skipList, avlTree, binarySearch, linkedList } = comparisonsOf(sorted, present.slice(0, 400));
  expect(binarySearch).toBeCloseTo(12, 0);
  expect(avlTree).toBeLessThanOrEqual(13);
  expect(skipList).toBeGreaterThan(avlTree);
  expect(skipList).toBeLessThan(3 * avlTree);
  expect(linkedList).toBeGreaterThan(1_500);
});
