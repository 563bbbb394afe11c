import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grown } from '../../src/kv/growing.ts';

const MOST = 2 ** 24;

describe('memory that grows', () => {
  it('keeps what is in it and is zero beyond, from small to large', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 21 }), { minLength: 1, maxLength: 6 }), (steps) => {
        let memory: ArrayBufferLike = new ArrayBuffer(8);
        let filled = 8;
        new Uint8Array(memory).fill(7);
        for (const more of steps) {
          memory = grown(memory, filled + more, MOST);
          const bytes = Buffer.from(memory, 0, filled + more);
          expect(bytes.subarray(0, filled).equals(Buffer.alloc(filled, 7))).toBe(true);
          expect(bytes.subarray(filled).equals(Buffer.alloc(more))).toBe(true);
          bytes.fill(7);
          filled += more;
        }
      }),
      { numRuns: 20 },
    );
  });

  it('stays where it is once it is large', () => {
    const large = grown(new ArrayBuffer(8), 2 ** 21, MOST);
    const view = new Int32Array(large, 0, 2);
    const larger = grown(large, 2 ** 22, MOST);
    new Int32Array(larger)[1] = 5;
    expect([larger === large, larger.byteLength, view[1]]).toEqual([true, 2 ** 22, 5]);
    expect(() => grown(larger, MOST + 1, MOST)).toThrow(RangeError);
  });
});
