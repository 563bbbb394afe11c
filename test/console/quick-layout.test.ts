/** The screen is laid out as Yoga would lay it out. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import quick from '../../src/console/quick-layout.ts';

interface LayoutNode {
  setWidth(width: number): void;
  setHeight(height: number): void;
  setFlexShrink(share: number): void;
  setDisplay(display: number): void;
  setMeasureFunc(measure: (width: number) => { width: number; height: number }): void;
  markDirty(): void;
  insertChild(child: LayoutNode, place: number): void;
  removeChild(child: LayoutNode): void;
  getChildCount(): number;
  calculateLayout(width: undefined, height: undefined, direction: number): void;
  getComputedLeft(): number;
  getComputedTop(): number;
  getComputedWidth(): number;
  getComputedHeight(): number;
}
interface Engine {
  readonly Node: { create(): LayoutNode };
  readonly DISPLAY_NONE: number;
  readonly DIRECTION_LTR: number;
}

let yoga: Engine;
beforeAll(async () => {
  const ink = dirname(createRequire(import.meta.url).resolve('ink'));
  const found = createRequire(join(ink, 'dom.js')).resolve('yoga-layout');
  yoga = ((await import(pathToFileURL(found).href)) as { readonly default: Engine }).default;
});

type Step =
  | { readonly type: 'add'; readonly place: number; readonly height: number }
  | { readonly type: 'remove'; readonly place: number }
  | { readonly type: 'text'; readonly place: number; readonly height: number }
  | { readonly type: 'hide'; readonly place: number }
  | { readonly type: 'resize'; readonly width: number };

const place = fc.nat({ max: 6 });
const height = fc.integer({ min: 1, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('add' as const), place, height }),
  fc.record({ type: fc.constant('remove' as const), place }),
  fc.record({ type: fc.constant('text' as const), place, height }),
  fc.record({ type: fc.constant('hide' as const), place }),
  fc.record({ type: fc.constant('resize' as const), width: fc.integer({ min: 1, max: 200 }) }),
);

/** As Ink's tree of a console: the root, a box of the terminal's size, a text for each row. Tells where everything is after each step. */
function played(engine: Engine, steps: readonly Step[]): unknown {
  const [root, box] = [engine.Node.create(), engine.Node.create()];
  root.insertChild(box, 0);
  box.setFlexShrink(1);
  const rows: { node: LayoutNode; height: number }[] = [];
  let width = 80;
  return steps.map((each) => {
    const at = 'place' in each ? each.place % (rows.length + (each.type === 'add' ? 1 : 0) || 1) : 0;
    const row = rows[at];
    if (each.type === 'add') {
      const added = { node: engine.Node.create(), height: each.height };
      added.node.setMeasureFunc((room) => ({ width: room, height: added.height }));
      added.node.setFlexShrink(1);
      rows.splice(at, 0, added);
      box.insertChild(added.node, at);
    } else if (each.type === 'resize') width = each.width;
    else if (row !== undefined && each.type === 'remove') {
      rows.splice(at, 1);
      box.removeChild(row.node);
    } else if (row !== undefined && each.type === 'text') {
      row.height = each.height;
      row.node.markDirty();
    } else if (row !== undefined && each.type === 'hide') row.node.setDisplay(engine.DISPLAY_NONE);
    root.setWidth(width);
    box.setWidth(width);
    box.setHeight(rows.filter(({ node }) => !hidden.has(node)).reduce((sum, known) => sum + known.height, 0));
    if (each.type === 'hide' && row !== undefined) hidden.add(row.node);
    root.calculateLayout(undefined, undefined, engine.DIRECTION_LTR);
    const shown = rows.filter(({ node }) => !hidden.has(node)).map(({ node }) => node);
    return [box.getChildCount(), [root, box, ...shown].map(boundsOf)];
  });
}
const hidden = new WeakSet<LayoutNode>();
const boundsOf = (node: LayoutNode): readonly number[] => [
  node.getComputedLeft(),
  node.getComputedTop(),
  node.getComputedWidth(),
  node.getComputedHeight(),
];

it('puts rows where Yoga puts them, whatever comes, goes and changes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      expect(played(quick as Engine, steps)).toEqual(played(yoga, steps));
    }),
    { numRuns: 200 },
  );
});
