/** Rows put together by our own function look as those that Ink puts together. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Operation, quickRows } from '../../src/console/quick-rows.ts';
import { cutRow, type Style, span } from '../../src/console/rows.ts';
import { paint, themeFor, UTF8_GLYPHS } from '../../src/console/theme.ts';
import { FakeOutput } from '../support/screen.ts';

interface Output {
  readonly operations: readonly Operation[];
  write(x: number, y: number, text: string, options: Pick<Required<Operation>, 'transformers'>): void;
  get(): { readonly output: string; readonly height: number };
}
type OutputClass = new (size: { readonly width: number; readonly height: number }) => Output;

const [WIDTH, HEIGHT] = [24, 4];
let InkOutput: OutputClass;
beforeAll(async () => {
  const ink = dirname(createRequire(import.meta.url).resolve('ink'));
  InkOutput = ((await import(pathToFileURL(join(ink, 'output.js')).href)) as { readonly default: OutputClass }).default;
});

/** Each Text has a transformer, if only one that changes nothing. */
function outputOf(rows: readonly string[], x = 0, change = (line: string): string => line): Output {
  const output = new InkOutput({ width: WIDTH, height: HEIGHT });
  for (const [y, text] of rows.entries()) output.write(x, y, text, { transformers: [change] });
  return output;
}
const quickOf = (output: Output) => quickRows(output.operations, WIDTH, HEIGHT);

/** What a terminal shows of it, styles included. */
async function shown(output: string): Promise<string> {
  const screen = new FakeOutput(WIDTH, HEIGHT);
  await new Promise((resolve) => screen.write(output, resolve));
  return screen.styled;
}

const glyphs = Object.values(UTF8_GLYPHS)
  .flat()
  .filter((glyph) => typeof glyph === 'string');
const text = fc.string({ unit: fc.constantFrom(...glyphs, 'a', '7', ' ', ' ', '漢', 'é', '👍'), maxLength: 12 });
const theme = themeFor('dark', false);
const styles = Object.keys(theme.styles) as Style[];
const piece = fc
  .tuple(text, fc.constantFrom(...styles), fc.boolean(), fc.boolean())
  .map(([words, style, selected, inverse]) => ({ ...span(words, style), selected, inverse }));
const rows = fc.array(
  fc.array(piece, { maxLength: 3 }).map((row) => paint(cutRow(row, WIDTH, '…'), theme)),
  { maxLength: HEIGHT },
);

describe('rows of a frame', () => {
  it('look as Ink would have them', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (lines) => {
        const output = outputOf(lines.filter((line) => line !== ''));
        const quick = quickOf(output);
        expect(quick?.height).toBe(HEIGHT);
        expect(await shown(quick?.output ?? '')).toBe(await shown(output.get().output));
      }),
      { numRuns: 100 },
    );
  });

  it('are changed as Ink would change them', async () => {
    const output = outputOf(['abc', 'd'], 0, (line) => `\x1b[1m${line}\x1b[22m`);
    expect(await shown(quickOf(output)?.output ?? '')).toBe(await shown(output.get().output));
  });

  it('are left to Ink when they are too wide, begin elsewhere, share a place, or are several', () => {
    expect(quickOf(outputOf(['x'.repeat(WIDTH + 1)]))).toBeNull();
    expect(quickOf(outputOf(['x'], 1))).toBeNull();
    expect(quickOf(outputOf(['x\ny']))).toBeNull();
    const output = outputOf(['x']);
    output.write(0, 0, 'y', { transformers: [] });
    expect(quickOf(output)).toBeNull();
    expect(quickRows([{ type: 'clip' }], WIDTH, HEIGHT)).toBeNull();
    expect(quickRows([{ type: 'write', x: 0, y: HEIGHT, text: 'x', transformers: [] }], WIDTH, HEIGHT)).toBeNull();
  });
});
