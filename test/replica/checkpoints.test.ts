import { describe, expect, it } from 'vitest';
import { logIndex } from '../../src/base/brand.ts';
import { CHECKPOINT_EVERY, Checkpoints } from '../../src/replica/checkpoints.ts';

describe('checkpoints', () => {
  it('are at the same places on every member, and where it stands now', () => {
    const checkpoints = new Checkpoints();
    expect(checkpoints.upTo(logIndex(0), 5)).toEqual([{ index: 0, hash: 5 }]);
    for (let index = 1; index <= 2 * CHECKPOINT_EVERY; index += 1) checkpoints.applied(logIndex(index), () => index * 10);
    expect(checkpoints.upTo(logIndex(512), 5_120).map(({ index }) => index)).toEqual([256, 512]);
    checkpoints.applied(logIndex(513), () => 1);
    expect(checkpoints.upTo(logIndex(513), 7)).toEqual([
      { index: 256, hash: 2_560 },
      { index: 512, hash: 5_120 },
      { index: 513, hash: 7 },
    ]);
  });

  it('are the newest eight', () => {
    const checkpoints = new Checkpoints();
    for (let index = 1; index <= 20 * CHECKPOINT_EVERY; index += 1) checkpoints.applied(logIndex(index), () => index);
    const kept = checkpoints.upTo(logIndex(5_121), 0).map(({ index }) => index);
    expect(kept).toEqual([3_328, 3_584, 3_840, 4_096, 4_352, 4_608, 4_864, 5_120, 5_121]);
  });
});
