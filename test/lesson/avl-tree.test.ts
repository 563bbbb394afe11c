/** The AVL tree against a sorted map, and its balance. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AvlTree } from '../../src/lesson/structures/avl-tree.ts';

const key = fc.integer({ min: 0, max: 60 }).map((n) => String(n).padStart(2, '0'));
const change = fc.record({ key, deletes: fc.boolean() });

it('holds what a sorted map holds, in order, and stays low', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), key, (changes, start) => {
      const tree = new AvlTree<number>();
      const model = new Map<string, number>();
      for (const [i, { key: at, deletes }] of changes.entries()) {
        if (deletes) {
          tree.delete(at);
          model.delete(at);
        } else {
          tree.set(at, i);
          model.set(at, i);
        }
      }
      const seen: (readonly [string, number])[] = [];
      tree.visit(start, (at, value) => {
        seen.push([at, value]);
        return seen.length < 10;
      });
      expect(seen).toEqual(
        [...model]
          .filter(([at]) => at >= start)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .slice(0, 10),
      );
      for (let n = 0; n <= 60; n += 1) {
        const at = String(n).padStart(2, '0');
        expect(tree.find(at)).toBe(model.get(at) ?? null);
      }
      // A tree of height h has at least fib(h + 2) - 1 keys: 1.44 log2(n + 2) bounds h.
      expect(tree.height).toBeLessThanOrEqual(1.4405 * Math.log2(model.size + 2));
    }),
  );
});
