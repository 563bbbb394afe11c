import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../src/wire/quote.ts';

describe('a quoted text', () => {
  it('is what JSON makes of it', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('x'.repeat(65), '\ud800', 'a\udfffb'),
    );
    fc.assert(fc.property(texts, (text) => quote(text) === JSON.stringify(text)));
    for (let unit = 0; unit <= 0xff; unit += 1) {
      const text = `a${String.fromCharCode(unit)}`;
      expect(quote(text)).toBe(JSON.stringify(text));
    }
  });
});
