/** A row that has changed is written as Ink would write it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { quickLine } from '../../src/console/quick-line.ts';

type LineUpdate = (previous: string, next: string, columns: number) => string;

let ofInk: LineUpdate;
beforeAll(async () => {
  const ink = dirname(createRequire(import.meta.url).resolve('ink'));
  ofInk = ((await import(pathToFileURL(join(ink, 'line-update.js')).href)) as { readonly default: LineUpdate }).default;
});

const piece = fc.constantFrom(
  'a',
  'b',
  '7',
  ' ',
  '●',
  '│',
  '⣿',
  '\x1b[1m',
  '\x1b[0;38;5;237m',
  '\x1b[0;38;5;23m',
  '\x1b[0m',
  '\x1b[m',
);
const pieces = fc.array(piece, { maxLength: 10 });

it('writes the bytes that Ink would write, from the first cell that differs', () => {
  fc.assert(
    fc.property(pieces, pieces, pieces, fc.integer({ min: 1, max: 12 }), (common, before, after, columns) => {
      const [previous, next] = [[...common, ...before].join(''), [...common, ...after].join('')];
      expect(quickLine(previous, next, columns)).toBe(ofInk(previous, next, columns));
    }),
    { numRuns: 5_000 },
  );
  expect(quickLine('commit 41 ', 'commit 42 ', 80)).toBe('\x1b[9G\x1b[K2 ');
});

it('leaves to Ink whatever is not painted, and terminals without a width', () => {
  expect(quickLine('a', '漢', 80)).toBeNull();
  expect(quickLine('e\u0301', 'e', 80)).toBeNull();
  expect(quickLine('a\tb', 'ab', 80)).toBeNull();
  expect(quickLine('a', 'b', 0)).toBeNull();
  expect(quickLine('a', 'b', Number.NaN)).toBeNull();
});
