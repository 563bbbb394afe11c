import { describe, expect, it } from 'vitest';
import { type NodeId, nodeId } from '../../src/base/brand.ts';
import type { LinkFault } from '../../src/fault/plan.ts';
import { bothWays, isolate, link, partition } from '../../src/fault/presets.ts';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'].map(nodeId);
const of = (...numbers: readonly number[]): NodeId[] => numbers.map((number) => nodeId(`n${number}`));

/** Links as `n1>n2`, sorted; only whole cuts. */
function cuts(links: readonly LinkFault[]): string[] {
  for (const { drop, delayMs, duplicate } of links) expect([drop, delayMs, duplicate]).toEqual([1, [0, 0], 0]);
  return links.map(({ from, to }) => `${from}>${to}`).toSorted();
}

describe('presets', () => {
  it('make one rule from a link and an effect', () => {
    expect(link(nodeId('n1'), '*', { delayMs: [10, 30], until: 5 })).toEqual({
      from: 'n1',
      to: '*',
      drop: 0,
      delayMs: [10, 30],
      duplicate: 0,
      until: 5,
    });
  });

  it('mirror a rule', () => {
    expect(cuts(bothWays(link(nodeId('n1'), nodeId('n2'), { drop: 1 })))).toEqual(['n1>n2', 'n2>n1']);
    expect(bothWays(link('*', '*', { drop: 1 }))).toHaveLength(1);
  });

  it('isolate one node in both directions, and no other link', () => {
    expect(cuts(isolate(nodeId('n2'), nodes.slice(0, 3)))).toEqual(['n1>n2', 'n2>n1', 'n2>n3', 'n3>n2']);
    expect(isolate(nodeId('n2'), of(1, 2), 99).map(({ until }) => until)).toEqual([99, 99]);
    expect(isolate(nodeId('n1'), of(1))).toEqual([]);
  });

  it('cut every link between groups and none within', () => {
    const cut = cuts(partition([of(1, 2), of(3, 4, 5)]));
    expect(cut).toHaveLength(12);
    expect(cut).toContain('n1>n3');
    expect(cut).toContain('n5>n2');
    expect(cut).not.toContain('n1>n2');
    expect(cuts(partition([of(1), of(2), of(3)]))).toHaveLength(6);
    expect(partition([nodes])).toEqual([]);
  });

  it('leave a bridge standing', () => {
    expect(cuts(partition([of(1, 2, 3), of(3, 4, 5)]))).toEqual([
      'n1>n4',
      'n1>n5',
      'n2>n4',
      'n2>n5',
      'n4>n1',
      'n4>n2',
      'n5>n1',
      'n5>n2',
    ]);
  });
});
