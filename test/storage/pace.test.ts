import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/storage/pace.ts';

const SMALL = 500;

function paced(count: number, tookMs: (i: number) => number, pace = new Pace()): { pace: Pace; blocked: number } {
  let blocked = 0;
  for (let i = 0; i < count; i += 1) {
    if (pace.mayBlock(SMALL)) {
      pace.blocked(tookMs(i));
      blocked += 1;
    } else pace.pooled();
  }
  return { pace, blocked };
}

describe('the loop writes by itself', () => {
  it('on a quick disk, once that is known', () => {
    expect(new Pace().mayBlock(SMALL)).toBe(false);
    expect(paced(1_000, () => 0.4).blocked).toBeGreaterThan(950);
  });

  it('also while every fifth write waits for a processor', () => {
    expect(paced(1_000, (i) => (i % 5 === 4 ? 15 : 0.5)).blocked).toBeGreaterThan(900);
  });

  it('but only what is small', () => {
    expect(paced(1_000, () => 0.4).pace.mayBlock(100_000)).toBe(false);
  });

  it.each([4, 12])('hardly ever on a disk that takes %d ms', (tookMs) => {
    const { blocked } = paced(5_000, () => tookMs);
    expect(blocked).toBeGreaterThan(0);
    expect(blocked).toBeLessThan(50);
  });

  it('no more for thousands of writes after one that hung', () => {
    const { pace } = paced(1_000, () => 0.4);
    pace.blocked(300);
    expect(paced(2_048, () => 0.4, pace).blocked).toBe(0);
    expect(paced(1_000, () => 0.4, pace).blocked).toBeGreaterThan(500);
  });

  it('no more soon when the disk becomes slow', () => {
    const { pace } = paced(1_000, () => 0.4);
    expect(paced(400, () => 6, pace).blocked).toBeLessThan(25);
  });
});
