/** A text is read and measured row by row as Ink reads and measures all of it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { cleanText, extentOf, rowsOf } from '../../src/console/text-rows.ts';

let sanitize: (text: string) => string;
let measure: (text: string) => unknown;
beforeAll(async () => {
  const ink = dirname(createRequire(import.meta.url).resolve('ink'));
  const load = async (file: string): Promise<unknown> =>
    ((await import(pathToFileURL(join(ink, file)).href)) as { readonly default: unknown }).default;
  sanitize = (await load('sanitize-ansi.js')) as typeof sanitize;
  measure = (await load('measure-text.js')) as typeof measure;
});

const piece = fc.constantFrom(
  ...['a', ' ', '●', '⣿', '漢', 'é', '\u0301', '👍', '\n', '\n', '\x07', '\u202e'],
  ...['\x1b[1m', '\x1b[0;38;5;237m', '\x1b[m', '\x1b[2J', '\x1b[4:3m', '\x1b]0;x\x07'],
);

it('reads and measures as Ink does', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const clean = cleanText(text, sanitize);
      expect(clean).toBe(sanitize(text));
      expect(rowsOf(clean)).toEqual(clean.split('\n'));
      expect(extentOf(clean)).toEqual(measure(clean));
    }),
    { numRuns: 2_000 },
  );
});

it('does not answer for another text', () => {
  cleanText('a\nb', sanitize);
  expect(rowsOf('c\nd\ne')).toEqual(['c', 'd', 'e']);
  expect(extentOf('c\nde')).toEqual({ width: 2, height: 2 });
  expect(extentOf('')).toEqual({ width: 0, height: 0 });
});
