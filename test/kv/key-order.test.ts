import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { compareKeys, keyAfter, keyProblem, prefixEnd, sortsAsUtf16, utf8Bytes, valueProblem } from '../../src/kv/key-order.ts';
import { anyKey, anyText, byBytes } from './text-arbitraries.ts';

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (shared, a, b) => {
        expect(Math.sign(compareKeys(shared + a, shared + b))).toBe(byBytes(shared + a, shared + b));
      }),
      { numRuns: 2_000 },
    );
  });

  it('puts U+FFFF before U+10000, where UTF-16 does not', () => {
    expect('\uffff' < '\u{10000}').toBe(false);
    expect(compareKeys('\uffff', '\u{10000}')).toBeLessThan(0);
    expect(compareKeys('\u{10000}', '\uffff')).toBeGreaterThan(0);
    expect(compareKeys('\ud7ff', '\u{10000}')).toBeLessThan(0);
  });

  it('agrees with < for every pair of which one sorts as UTF-16', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        fc.pre(sortsAsUtf16(a));
        expect(compareKeys(a, b) < 0).toBe(a < b);
        expect(compareKeys(b, a) < 0).toBe(b < a);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has nothing between a key and the one after it', () => {
    fc.assert(
      fc.property(anyKey, anyText, (key, other) => {
        if (compareKeys(other, key) > 0) expect(compareKeys(other, keyAfter(key))).toBeGreaterThanOrEqual(0);
        expect(compareKeys(key, keyAfter(key))).toBeLessThan(0);
      }),
    );
  });
});

describe('prefixEnd', () => {
  it('is the tightest bound: keys with the prefix below it, others not between', () => {
    fc.assert(
      fc.property(anyText, anyText, (prefix, text) => {
        const end = prefixEnd(prefix);
        for (const key of [text, prefix + text]) {
          const inside = compareKeys(key, prefix) >= 0 && (end === null || compareKeys(key, end) < 0);
          expect(inside).toBe(key.startsWith(prefix));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('steps over surrogates and drops what cannot grow', () => {
    expect(prefixEnd('a\ud7ff')).toBe('a\ue000');
    expect(prefixEnd('a\uffff')).toBe('a\u{10000}');
    expect(prefixEnd('a\u{10ffff}\u{10ffff}')).toBe('b');
    expect(prefixEnd('\u{10ffff}')).toBeNull();
    expect(prefixEnd('')).toBeNull();
  });
});

describe('what may be stored', () => {
  it('counts bytes as Node does', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
      }),
    );
    expect(utf8Bytes('\ud800')).toBe(3);
    expect(utf8Bytes('\udc00\ud800x')).toBe(7);
  });

  it('takes keys of 1 to 1,024 bytes', () => {
    expect(keyProblem('')?.kind).toBe('INVALID_PARAMS');
    expect(keyProblem('k'.repeat(LIMITS.keyBytes))).toBeNull();
    expect(keyProblem('k'.repeat(LIMITS.keyBytes + 1))?.kind).toBe('TOO_LARGE');
    expect(keyProblem('é'.repeat(512))).toBeNull();
    expect(keyProblem(`${'é'.repeat(512)}k`)?.kind).toBe('TOO_LARGE');
    expect(keyProblem('😀'.repeat(256))).toBeNull();
    expect(keyProblem(`${'😀'.repeat(256)}k`)?.kind).toBe('TOO_LARGE');
  });

  it('takes values up to a mebibyte, empty ones too', () => {
    expect(valueProblem('')).toBeNull();
    expect(valueProblem('v'.repeat(LIMITS.valueBytes))).toBeNull();
    expect(valueProblem('v'.repeat(LIMITS.valueBytes + 1))?.kind).toBe('TOO_LARGE');
    expect(valueProblem('€'.repeat(349_525))).toBeNull();
    expect(valueProblem('€'.repeat(349_526))?.kind).toBe('TOO_LARGE');
  });

  it('refuses half characters, which would collide on the disk', () => {
    for (const half of ['\ud800', '\udc00', 'a\ud83d', '\ude00a', '\udc00\ud800']) {
      expect(keyProblem(half)?.kind).toBe('INVALID_PARAMS');
      expect(valueProblem(half)?.kind).toBe('INVALID_PARAMS');
    }
  });

  it('takes __proto__ and the like as keys', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) expect(keyProblem(key)).toBeNull();
  });
});
