import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/cli/histogram.ts';
import { bar, Progress } from '../../src/cli/progress.ts';
import { inColumns, visiblePart } from '../../src/cli/shell-view.ts';

describe('Histogram', () => {
  it('agrees with a sorted array, to the width of a bucket', () => {
    const latencies = fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.99, 0.999, 1), (values, fraction) => {
        const histogram = new Histogram();
        for (const value of values) histogram.record(value);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(fraction * sorted.length)) - 1] ?? 0;
        const measured = histogram.percentile(fraction);
        expect(measured).toBeGreaterThanOrEqual(exact * 0.999999);
        expect(measured).toBeLessThanOrEqual(exact * 1.016);
        expect(histogram.max).toBe(sorted.at(-1));
        expect(histogram.shape(10).reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
        expect(histogram.shape(10).length).toBeLessThanOrEqual(10);
      }),
    );
  });

  it('counts many of one value like each of them', () => {
    const [one, many] = [new Histogram(), new Histogram()];
    for (let i = 0; i < 5; i += 1) one.record(3);
    many.record(3, 5);
    expect([many.count, many.mean, many.percentile(0.5)]).toEqual([one.count, one.mean, one.percentile(0.5)]);
  });

  it('is zero when nothing was measured', () => {
    expect(new Histogram().percentile(0.99)).toBe(0);
    expect(new Histogram().shape(10)).toEqual([]);
  });
});

describe('progress', () => {
  it('draws a bar of a fixed width', () => {
    expect(bar(0, 4)).toBe('[....]');
    expect(bar(0.5, 4)).toBe('[##..]');
    expect(bar(2, 4)).toBe('[####]');
  });

  it('is a line now and then where there is no terminal, and nothing when quiet', () => {
    let now = 0;
    const written: string[] = [];
    const sink = { write: (text: string) => written.push(text) > 0, once: () => {}, isTTY: false };
    const progress = new Progress(sink, false, () => now);
    const quiet = new Progress(sink, true, () => now);
    for (now = 0; now <= 10_000; now += 100) {
      const state = { done: now, total: 10_000, count: now, noun: 'records' };
      progress.update(state);
      quiet.update(state);
    }
    expect(written).toHaveLength(3);
    expect(written[0]).toBe('[#######.................]  30%  3,000 records  1,000/s  7.00 s left\n');
  });
});

describe('small pictures', () => {
  it('shows the part of a line around the cursor, never wider than there is room', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '漢', 'é', '\t', '😀'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.nat(60), fc.integer({ min: 8, max: 30 }), (line, at, cells) => {
        const cursor = [...line].slice(0, at).join('').length;
        const { shown, cursorCell } = visiblePart(line, cursor, cells);
        expect(stringWidth(shown)).toBeLessThanOrEqual(cells);
        expect(cursorCell).toBeLessThan(cells);
      }),
    );
  });

  it('puts words into rows and says how many are left', () => {
    expect(inColumns(['aa', 'bb', 'cc', 'dd', 'ee'], 8, 2)).toEqual(['aa  bb', 'cc  dd', 'and 1 more']);
  });
});
