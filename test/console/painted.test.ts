/** What is known to need no cleaning is what Ink would leave as it is, and is as wide as Ink finds it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { beforeAll, expect, it } from 'vitest';
import { paintedCells } from '../../src/console/painted.ts';

let sanitize: (text: string) => string;
beforeAll(async () => {
  const ink = dirname(createRequire(import.meta.url).resolve('ink'));
  sanitize = ((await import(pathToFileURL(join(ink, 'sanitize-ansi.js')).href)) as { readonly default: typeof sanitize }).default;
});

const piece = fc.constantFrom(
  ...['a', ' ', '~', '●', '│', '⣿', '·', '漢', 'é', '\u0301', '👍', '\t', '\n', '\x07', '\x9b', '\u202e'],
  ...['\x1b[1m', '\x1b[0;38;5;237m', '\x1b[m', '\x1b[2J', '\x1b[4:3m', '\x1b[1', '\x1b', '\x1b]0;x\x07'],
);

it('takes no text for painted that Ink would change, and knows the width of the others', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      const cells = paintedCells(text);
      if (cells === null) return;
      expect(sanitize(text)).toBe(text);
      expect(cells).toBe(stringWidth(text));
    }),
    { numRuns: 2_000 },
  );
  expect(paintedCells('\x1b[1m● n1\x1b[0m')).toBe(4);
  expect(paintedCells('漢')).toBeNull();
});
