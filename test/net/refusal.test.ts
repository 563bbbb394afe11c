import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesAsBytes } from '../../src/net/frames.ts';
import { loadRefusal, loadRefusals, REFUSAL_BYTES } from '../../src/net/refusal.ts';

const id = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER));

describe('the refusals of a flood', () => {
  it('are the frames of the answers to each of its calls', () => {
    fc.assert(
      fc.property(fc.array(id), (ids) => {
        const bytes = loadRefusals(ids);
        expect(bytes.equals(framesAsBytes(ids.map(loadRefusal), false))).toBe(true);
        expect(bytes.length).toBeLessThanOrEqual(ids.length * REFUSAL_BYTES);
      }),
    );
  });
});
