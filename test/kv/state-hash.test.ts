import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateHash, StateSum } from '../../src/kv/state-hash.ts';
import { anyText } from './text-arbitraries.ts';

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

  it('is the same for a text and for the bytes that stand for it', () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 30 }), fc.nat({ max: 3 }), (piece, times, shift) => {
        const text = piece.repeat(times);
        const bytes = Buffer.concat([Buffer.alloc(shift, 1), Buffer.from(text), Buffer.alloc(3, 1)]);
        const hash = new StateHash();
        hash.bytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), shift, Buffer.byteLength(text));
        expect(hash.value()).toBe(hashOf(text));
      }),
    );
  });

  it('is this number on every platform', () => {
    expect(hashOf('key', 'välue \u{1F600}', 7, 2 ** 40)).toBe(2_138_926_977_969_432);
  });

  it('reads long texts to their end, whatever the width of their characters', () => {
    for (const unit of ['a', 'ä', '漢', '\u{1F600}']) {
      const long = unit.repeat(40_000);
      expect(hashOf(`${long}x`)).not.toBe(hashOf(`${long}y`));
      expect(hashOf(`x${long}`)).not.toBe(hashOf(`y${long}`));
      expect(hashOf(long)).toBe(hashOf([...long].join('')));
    }
  });
});

const part = (...pieces: readonly (string | number)[]): StateHash => {
  const hash = new StateHash();
  for (const piece of pieces) {
    if (typeof piece === 'string') hash.text(piece);
    else hash.number(piece);
  }
  return hash;
};

describe('the sum of parts', () => {
  it('forgets a part that goes, and does not mind the order', () => {
    const [one, other] = [new StateSum(), new StateSum()];
    for (const key of ['a', 'b', 'c']) one.add(part(key));
    one.remove(part('b'));
    for (const key of ['c', 'a']) other.add(part(key));
    expect(one.value()).toBe(other.value());
    one.add(part('a'));
    expect(one.value()).not.toBe(other.value());
  });

  it('tells states apart in which two parts traded a piece, a hundred thousand times', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i += 1) {
      const sum = new StateSum();
      sum.add(part('a', i % 317));
      sum.add(part('b', Math.floor(i / 317)));
      seen.add(sum.value());
    }
    expect(seen.size).toBe(100_000);
  });
});
