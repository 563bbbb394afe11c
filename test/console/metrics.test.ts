import { describe, expect, it } from 'vitest';
import { logIndex } from '../../src/base/brand.ts';
import type { ClusterPicture } from '../../src/cluster/driver.ts';
import { brailleArea, niceTop, plainArea } from '../../src/console/braille.ts';
import { type Metrics, NO_METRICS, seriesOf, withSample } from '../../src/console/metrics.ts';
import { FAKE_NOW, fakePicture, withNode } from '../support/fake-picture.ts';

/** n1 leads with this commit index and so many entries behind it. */
const at = (commit: number, waiting: number): ClusterPicture =>
  withNode(fakePicture(3), 'n1', {}, { commitIndex: logIndex(commit), lastIndex: logIndex(commit + waiting) });

const fold = (looks: readonly (readonly [number, ClusterPicture])[]): Metrics =>
  looks.reduce((metrics, [ms, picture]) => withSample(metrics, picture, FAKE_NOW - (FAKE_NOW % 1_000) + ms), NO_METRICS);

describe('metrics', () => {
  it('make one sample a second: what left, what waited, and how long by Little’s law', () => {
    const { samples } = fold([
      [0, at(1_000, 10)],
      [500, at(1_100, 30)],
      [1_000, at(1_200, 0)],
      [1_500, at(1_200, 0)],
      [2_100, at(1_200, 0)],
    ]);
    expect(samples.map(({ commitsPerSecond, waiting, commitMs }) => [commitsPerSecond, waiting, commitMs])).toEqual([
      [200, 20, 100],
      [0, 0, null],
    ]);
    expect(samples[0]).toMatchObject({ fsyncMs: 2.4, loopMs: 1.1, memoryBytes: 61_000_000 });
  });

  it('spread what came in one look over the seconds without one, and show the gap', () => {
    const metrics = fold([
      [0, at(100, 0)],
      [4_000, at(500, 0)],
      [5_000, at(500, 0)],
    ]);
    expect(metrics.samples.map(({ commitsPerSecond }) => commitsPerSecond)).toEqual([100, 0]);
    const wall = FAKE_NOW - (FAKE_NOW % 1_000) + 5_000;
    expect(seriesOf(metrics, wall, 6, ({ commitsPerSecond }) => commitsPerSecond)).toEqual([null, 100, null, null, null, 0]);
    // An earlier moment shows nothing of what came after it.
    expect(seriesOf(metrics, wall - 4_000, 2, ({ commitsPerSecond }) => commitsPerSecond)).toEqual([null, 100]);
  });

  it('keep ten minutes, and take a clock that goes back', () => {
    const metrics = fold(Array.from({ length: 700 }, (_, i) => [i * 1_000, at(i, 0)] as const));
    expect(metrics.samples).toHaveLength(600);
    expect(withSample(metrics, at(1, 0), FAKE_NOW - 60_000).samples).toHaveLength(600);
  });
});

describe('areas', () => {
  it('are two values wide and four steps high in Braille', () => {
    expect(brailleArea([4, 2, 0, 1], 1, 4)).toEqual(['⣧⢀']);
    expect(brailleArea([8, 8, 4, 4], 2, 8)).toEqual(['⣿ ', '⣿⣿']);
    expect(brailleArea([null, 0], 1, 4)).toEqual([' ']);
  });

  it('show at least one dot for anything above nought, and never more than the height', () => {
    expect(brailleArea([0.001, 0], 1, 100)).toEqual(['⡀']);
    expect(brailleArea([1_000, 1_000], 1, 10)).toEqual(['⣿']);
  });

  it('have a plain form', () => {
    expect(plainArea([4, 3, 2, 1, null], 2, 4)).toEqual(['#.   ', '###. ']);
  });

  it('end at a round number', () => {
    expect([3, 11, 47, 120, 900].map((value) => niceTop([value, null], 1))).toEqual([5, 20, 50, 200, 1_000]);
    expect(niceTop([], 10)).toBe(10);
  });
});
