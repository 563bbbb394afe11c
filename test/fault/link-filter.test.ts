import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type Fate, LinkFilter } from '../../src/fault/link-filter.ts';
import type { LinkFault } from '../../src/fault/plan.ts';
import { link } from '../../src/fault/presets.ts';
import { FakeClock } from './fake-clock.ts';

const [n1, n2, n3] = [nodeId('n1'), nodeId('n2'), nodeId('n3')];
const UNTOUCHED: Fate = { delaysMs: [0] };

function filter(links: readonly LinkFault[], seed = 1): { filter: LinkFilter; clock: FakeClock } {
  const clock = new FakeClock();
  const made = new LinkFilter(n1, clock, seededRandom(seed));
  made.setPlan({ links });
  return { filter: made, clock };
}

function fates(made: LinkFilter, count = 10_000): Fate[] {
  return Array.from({ length: count }, () => made.fate(n1, n2));
}

const delaysOf = (fate: Fate): readonly number[] => (fate === 'drop' ? [] : fate.delaysMs);

describe('the link filter', () => {
  it('touches nothing without a plan', () => {
    const made = new LinkFilter(n1, new FakeClock(), seededRandom(1));
    expect(made.plan()).toEqual({ links: [] });
    expect(made.fate(n1, n2)).toEqual(UNTOUCHED);
  });

  it('cuts exactly the links that a rule names, in its direction, at the sender', () => {
    const { filter: made } = filter([link(n1, n2, { drop: 1 }), link(n3, n1, { drop: 1 })]);
    expect(made.fate(n1, n2)).toBe('drop');
    expect(made.fate(n1, n3)).toEqual(UNTOUCHED);
    expect(made.fate(n2, n1)).toEqual(UNTOUCHED);
    expect(made.fate(n3, n1)).toEqual(UNTOUCHED);
  });

  it('leaves the links of other nodes to them', () => {
    const { filter: made } = filter([link(n3, n2, { drop: 1 }), link('*', n1, { drop: 1 })]);
    expect(made.fate(n1, n2)).toEqual(UNTOUCHED);
    expect(made.fate(n3, n2)).toEqual(UNTOUCHED);
    expect(made.fate(n2, n1)).toEqual(UNTOUCHED);
  });

  it('understands any node on either side', () => {
    expect(filter([link('*', n2, { drop: 1 })]).filter.fate(n1, n2)).toBe('drop');
    expect(filter([link('*', n2, { drop: 1 })]).filter.fate(n1, n3)).toEqual(UNTOUCHED);
    expect(filter([link(n1, '*', { drop: 1 })]).filter.fate(n1, n3)).toBe('drop');
    expect(filter([link('*', '*', { drop: 1 })]).filter.fate(n1, n3)).toBe('drop');
  });

  it('loses about as many as asked for; a message must survive every rule', () => {
    const lost = (links: readonly LinkFault[]): number => fates(filter(links).filter).filter((fate) => fate === 'drop').length;
    expect(lost([link(n1, n2, { drop: 0 })])).toBe(0);
    expect(Math.abs(lost([link(n1, n2, { drop: 0.3 })]) - 3_000)).toBeLessThan(200);
    expect(Math.abs(lost([link(n1, n2, { drop: 0.5 }), link('*', n2, { drop: 0.5 })]) - 7_500)).toBeLessThan(200);
    expect(lost([link(n1, n2, { drop: 0.3 }), link('*', n2, { drop: 1 })])).toBe(10_000);
  });

  it('draws delays within their bounds and adds those of several rules', () => {
    const { filter: made } = filter([link(n1, n2, { delayMs: [10, 20] }), link(n1, '*', { delayMs: [100, 100] })]);
    const delays = fates(made).flatMap(delaysOf);
    expect(delays.length).toBe(10_000);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(110);
    expect(Math.max(...delays)).toBeLessThan(120);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(9);
  });

  it('copies about as often as asked for, each copy with a delay of its own', () => {
    const { filter: made } = filter([link(n1, n2, { duplicate: 0.5, delayMs: [0, 50] })]);
    const doubled = fates(made)
      .map(delaysOf)
      .filter(({ length }) => length === 2);
    expect(Math.abs(doubled.length - 5_000)).toBeLessThan(250);
    expect(doubled.every(([a, b]) => a !== b)).toBe(true);
    expect(filter([link(n1, n2, { duplicate: 1 }), link(n1, n2, { duplicate: 1 })]).filter.fate(n1, n2)).toEqual({
      delaysMs: [0, 0, 0],
    });
  });

  it('lets a rule expire by the wall clock', () => {
    const { filter: made, clock } = filter([]);
    const until = clock.wallTime() + 1_000;
    made.setPlan({ links: [link(n1, n2, { drop: 1, until })] });
    clock.pass(999);
    expect(made.fate(n1, n2)).toBe('drop');
    expect(made.active()).toHaveLength(1);
    clock.pass(1);
    expect(made.fate(n1, n2)).toEqual(UNTOUCHED);
    expect(made.active()).toEqual([]);
    expect(made.plan().links).toHaveLength(1);
  });

  it('replaces the plan as a whole', () => {
    const { filter: made } = filter([link(n1, n2, { drop: 1 })]);
    made.setPlan({ links: [link(n1, n3, { drop: 1 })] });
    expect([made.fate(n1, n2), made.fate(n1, n3)]).toEqual([UNTOUCHED, 'drop']);
    made.setPlan({ links: [] });
    expect(made.fate(n1, n3)).toEqual(UNTOUCHED);
  });

  it('decides the same for the same seed', () => {
    const rules = [link(n1, '*', { drop: 0.2, duplicate: 0.3, delayMs: [0, 100] })];
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(fates(filter(rules, seed).filter, 50)).toEqual(fates(filter(rules, seed).filter, 50));
      }),
    );
  });
});
