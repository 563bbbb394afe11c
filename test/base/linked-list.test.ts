import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Linked, LinkedList } from '../../src/base/linked-list.ts';

interface Item extends Linked<Item> {
  readonly id: number;
}

describe('a list whose items carry its links', () => {
  it('holds its items in their order, whichever come, go and move', () => {
    const step = fc.record({ id: fc.nat(7), does: fc.constantFrom('toggle', 'move') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const items = Array.from({ length: 8 }, (_, id): Item => ({ id, before: null, behind: null }));
        const list = new LinkedList<Item>();
        let model: number[] = [];
        for (const { id, does } of steps) {
          const item = items[id] as Item;
          const isThere = model.includes(id);
          model = model.filter((each) => each !== id);
          if (does === 'move' && isThere) list.moveToEnd(item);
          else if (isThere) list.remove(item);
          else list.add(item);
          if (does === 'move' || !isThere) model.push(id);
          expect([...list].map((each) => each.id)).toEqual(model);
          expect(list.first?.id).toBe(model[0]);
          if (!model.includes(id)) expect([item.before, item.behind]).toEqual([null, null]);
        }
      }),
    );
  });
});
