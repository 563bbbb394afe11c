import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import quickWidth from '../../src/console/quick-width.ts';
import { UTF8_GLYPHS } from '../../src/console/theme.ts';
import { cellsOf, cutText, foreign, headOf, padEnd, wrapHanging, wrapText, wrapWords } from '../../src/console/width.ts';

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));

describe('width in cells', () => {
  it('counts wide characters twice', () => {
    expect(cellsOf('漢字')).toBe(4);
    expect(cellsOf('abc')).toBe(3);
  });

  it('is for painted text and any other what string-width says, which Ink would ask', () => {
    const drawn = fc.string({
      unit: fc.constantFrom(
        ...Object.values(UTF8_GLYPHS)
          .flat()
          .filter((glyph) => typeof glyph === 'string'),
        'a',
        '7',
        ' ',
      ),
    });
    const painted = fc.tuple(drawn, drawn).map(([one, two]) => `\x1b[1;33m${one}\x1b[0m${two}`);
    fc.assert(
      fc.property(fc.oneof(anyText, drawn, painted), (text) => {
        expect(quickWidth(text)).toBe(stringWidth(text));
      }),
    );
  });

  it('never cuts a grapheme in two', () => {
    expect(headOf('漢字', 3)).toBe('漢');
    expect(cutText('e\u0301e\u0301e\u0301', 2, '~')).toBe('e\u0301~');
  });

  it('cuts any text to the width that is asked for', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 60 }), (text, width) => {
        expect(cellsOf(cutText(foreign(text, width), width, '~'))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('leaves what fits as it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (text) => {
        expect(cutText(text, 20, '~')).toBe(text);
      }),
    );
  });

  it('knows its own glyphs as well as the library does', () => {
    for (let code = 0x2500; code <= 0x25fc; code += 1) expect(stringWidth(String.fromCodePoint(code))).toBe(1);
    const glyphs = Object.values(UTF8_GLYPHS).flat().join('');
    expect(cellsOf(glyphs)).toBe(stringWidth(glyphs));
    expect([...glyphs]).toHaveLength(stringWidth(glyphs));
  });

  it('pads to a width', () => {
    expect(padEnd('漢', 4)).toBe('漢  ');
  });

  it('escapes a bounded beginning of foreign text', () => {
    const long = foreign('\x1b'.repeat(1_000_000), 10);
    expect(long.length).toBeLessThan(2_000);
    expect(long.startsWith('\\x1b\\x1b')).toBe(true);
  });

  it('wraps without losing a character', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 40 }), (text, width) => {
        const harmless = foreign(text, 400);
        const lines = wrapText(harmless, width, 10_000);
        expect(lines.join('')).toBe(harmless);
        for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(Math.max(width, 2));
      }),
    );
  });

  it('keeps what follows below where the text of a line began', () => {
    expect(wrapHanging('  put    set a key to a value', 20, '~')).toEqual(['  put    set a key', '         to a value']);
    expect(wrapHanging('  put it  in words', 12, '~')).toEqual(['  put it  in', '  words']);
    expect(wrapHanging('  an indent holds', 12, '~')).toEqual(['  an indent', '  holds']);
    expect(wrapHanging('plain words here', 11, '~')).toEqual(['plain words', 'here']);
    expect(wrapHanging('', 12, '~')).toEqual(['']);
  });

  it('wraps sentences between words', () => {
    expect(wrapWords('one more loss of n1 stops all writes', 14, '~')).toEqual(['one more loss', 'of n1 stops', 'all writes']);
  });
});
