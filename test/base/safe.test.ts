import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safe } from '../../src/base/safe.ts';

describe('safe', () => {
  it('shows what would steer a terminal', () => {
    expect(safe('\u001b]52;c;ZXZpbA==\u0007')).toBe('\\x1b]52;c;ZXZpbA==\\x07');
    expect(safe('\u009d8;;http://x\u009c')).toBe('\\x9d8;;http://x\\x9c');
    expect(safe('a\r\n\tb')).toBe('a\\r\\n\\tb');
  });

  it('shows what would hide or reorder text', () => {
    expect(safe('\u202etxt.exe')).toBe('\\u{202e}txt.exe');
    expect(safe('a\u200bb\u2066c\ufeff')).toBe('a\\u{200b}b\\u{2066}c\\u{feff}');
    expect(safe('\u{e0041}\ud800')).toBe('\\u{e0041}\\u{d800}');
  });

  it('leaves printable text of any script alone', () => {
    for (const text of ['user:42', 'naïve café', '東京', 'Привет', '😀', '{"a":"\\u0000"}']) expect(safe(text)).toBe(text);
  });

  it('is idempotent, and no control or invisible character survives, whatever comes', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(anything, (text) => {
        const shown = safe(text);
        expect(safe(shown)).toBe(shown);
        expect(/[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u.test(shown)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
