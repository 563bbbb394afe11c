import { describe, expect, it } from 'vitest';
import { StateHash } from '../../src/kv/state-hash.ts';

function hashOf(...pieces: readonly (string | number)[]): number {
  const hash = new StateHash();
  for (const piece of pieces) {
    if (typeof piece === 'string') hash.text(piece);
    else hash.number(piece);
  }
  return hash.value();
}

describe('the state hash', () => {
  it('is a safe integer, the same for the same pieces', () => {
    expect(hashOf('a', 1)).toBe(hashOf('a', 1));
    expect(Number.isSafeInteger(hashOf('a', 1))).toBe(true);
    expect(hashOf('a', 1)).toBeGreaterThanOrEqual(0);
  });

  it('knows where one text ends and the next begins', () => {
    expect(hashOf('a', 'bc')).not.toBe(hashOf('ab', 'c'));
    expect(hashOf('', 'a')).not.toBe(hashOf('a', ''));
  });

  it('sees the order, the upper half of a number and the upper byte of a character', () => {
    expect(hashOf('a', 'b')).not.toBe(hashOf('b', 'a'));
    expect(hashOf(2 ** 32 + 1)).not.toBe(hashOf(2 ** 33 + 1));
    expect(hashOf('\u0141')).not.toBe(hashOf('\u0241'));
  });

  it('meets no collision in a hundred thousand small states', () => {
    const seen = new Set(
      Array.from({ length: 100_000 }, (_, i) => hashOf(`key${i % 1_000}`, `value${Math.floor(i / 1_000)}`, 1)),
    );
    expect(seen.size).toBe(100_000);
  });
});
