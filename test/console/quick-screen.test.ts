/** A screen of rows put together by our own function looks as Ink would have it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { quickScreen as quickScreenOf, type TreeNode } from '../../src/console/quick-screen.ts';
import { cutRow, type Style, span } from '../../src/console/rows.ts';
import { paint, themeFor, UTF8_GLYPHS } from '../../src/console/theme.ts';
import { FakeOutput } from '../support/screen.ts';

interface LayoutNode {
  setWidth(width: number): void;
  setHeight(height: number): void;
  setFlexDirection(direction: number): void;
  setMargin(edge: number, cells: number): void;
  setDisplay(display: number): void;
  calculateLayout(width: undefined, height: undefined, direction: number): void;
}
type InkNode = TreeNode & { style: object; internal_transform?: (line: string) => string; readonly yogaNode: LayoutNode };
interface Dom {
  createNode(name: string): InkNode;
  createTextNode(text: string): InkNode;
  appendChildNode(parent: InkNode, child: InkNode): void;
}
type Renderer = (root: InkNode, isSpoken: boolean) => { readonly output: string; readonly outputHeight: number };
interface Engine {
  readonly DIRECTION_LTR: number;
  readonly FLEX_DIRECTION_COLUMN: number;
  readonly DISPLAY_NONE: number;
  readonly EDGE_LEFT: number;
}

const [WIDTH, HEIGHT] = [24, 4];
let dom: Dom;
let render: Renderer;
let read: (text: TreeNode) => string;
let yoga: Engine;
const quickScreen = (root: TreeNode) => quickScreenOf(root, read);
beforeAll(async () => {
  const ink = dirname(createRequire(import.meta.url).resolve('ink'));
  const load = async (path: string): Promise<unknown> => import(pathToFileURL(path).href);
  dom = (await load(join(ink, 'dom.js'))) as Dom;
  render = ((await load(join(ink, 'renderer.js'))) as { readonly default: Renderer }).default;
  read = ((await load(join(ink, 'squash-text-nodes.js'))) as { readonly default: typeof read }).default;
  yoga = ((await load(createRequire(join(ink, 'dom.js')).resolve('yoga-layout'))) as { readonly default: Engine }).default;
});

/** The root, a box of the terminal's size, a text for each row, as the console has it; `change` sees them before they are laid out. */
function treeOf(rows: readonly string[], change: (box: InkNode, texts: readonly InkNode[]) => void = () => {}): InkNode {
  const [root, box] = [dom.createNode('ink-root'), dom.createNode('ink-box')];
  root.yogaNode.setWidth(WIDTH);
  box.yogaNode.setHeight(HEIGHT);
  box.yogaNode.setFlexDirection(yoga.FLEX_DIRECTION_COLUMN);
  dom.appendChildNode(root, box);
  const texts = rows.map((row) => {
    const text = dom.createNode('ink-text');
    text.style = { textWrap: 'truncate' };
    dom.appendChildNode(text, dom.createTextNode(row));
    dom.appendChildNode(box, text);
    return text;
  });
  change(box, texts);
  root.yogaNode.calculateLayout(undefined, undefined, yoga.DIRECTION_LTR);
  return root;
}

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
  fc.array(piece, { maxLength: 3 }).map((row) => paint(cutRow(row, WIDTH, '…'), theme) || ' '),
  { maxLength: HEIGHT },
);

describe('a screen of rows', () => {
  it('looks as Ink would have it', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (lines) => {
        const root = treeOf(lines);
        const [quick, ink] = [quickScreen(root), render(root, false)];
        expect(quick?.outputHeight).toBe(ink.outputHeight);
        expect(await shown(quick?.output ?? '')).toBe(await shown(ink.output));
      }),
      { numRuns: 100 },
    );
  });

  it('looks the same as one text of several rows', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (lines) => {
        const root = treeOf([lines.join('\n') || ' ']);
        expect(await shown(quickScreen(root)?.output ?? '')).toBe(await shown(render(root, false).output));
      }),
      { numRuns: 100 },
    );
  });

  it('has of a text what Ink lets through, all pieces of it', async () => {
    const root = treeOf(['a\x1b[2Jb', 'c'], (_, [, second]) => second && dom.appendChildNode(second, dom.createTextNode('d')));
    expect(await shown(quickScreen(root)?.output ?? '')).toBe(await shown(render(root, false).output));
    expect(quickScreen(root)?.output).toBe('ab\ncd\n\n');
  });

  it('leaves out what is not displayed', async () => {
    const root = treeOf(['a', 'b', 'c'], (_, [, second]) => second?.yogaNode.setDisplay(yoga.DISPLAY_NONE));
    expect(await shown(quickScreen(root)?.output ?? '')).toBe(await shown(render(root, false).output));
    expect(quickScreen(root)?.output).toBe('a\nc\n\n');
  });

  it('is left to Ink when a row is wide, when there are too many, or when they begin elsewhere', () => {
    expect(quickScreen(treeOf(['x'.repeat(WIDTH + 1)]))).toBeNull();
    expect(quickScreen(treeOf([`x\n${'x'.repeat(WIDTH + 1)}`]))).toBeNull();
    expect(quickScreen(treeOf(['x'], (_, [first]) => first?.yogaNode.setMargin(yoga.EDGE_LEFT, 1)))).toBeNull();
    expect(quickScreen(treeOf(['x'], (box) => box.yogaNode.setMargin(yoga.EDGE_LEFT, 1)))).toBeNull();
    expect(quickScreen(treeOf(Array.from({ length: HEIGHT + 1 }, () => 'x')))).toBeNull();
  });

  it('is left to Ink when a box or a row does more than to be there', () => {
    const dressed = (style: object) => quickScreen(treeOf(['x'], (box) => Object.assign(box, { style })));
    expect(dressed({ flexDirection: 'column', overflowX: 'visible' })).not.toBeNull();
    for (const style of [{ borderStyle: 'single' }, { backgroundColor: 'red' }, { overflowY: 'hidden' }, { contentOffsetY: 1 }])
      expect(dressed(style)).toBeNull();
    const change = (line: string): string => line;
    expect(quickScreen(treeOf(['x'], (_, [first]) => Object.assign(first ?? {}, { internal_transform: change })))).toBeNull();
  });
});
