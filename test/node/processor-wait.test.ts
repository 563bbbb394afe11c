import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { waitedForProcessor } from '../../src/node/processor-wait.ts';

describe.runIf(process.platform === 'linux')('how long this thread waited for a processor', () => {
  it('is what Linux counts for the main thread', () => {
    const counted = (): number => Number(readFileSync(`/proc/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
    const before = counted();
    const told = waitedForProcessor();
    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(counted());
  });
});
