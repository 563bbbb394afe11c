import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blocks, bytesOfRow, OWNER_BYTES, rowOf } from '../../src/kv/blocks.ts';

describe('the rows of blocks', () => {
  it('are sizes that ascend, each with room for what is put there and little more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_000_000 }), (bytes) => {
        const row = rowOf(bytes);
        const size = bytesOfRow(row);
        expect(size).toBeGreaterThanOrEqual(bytes);
        expect(size - bytes).toBeLessThanOrEqual(Math.max(7, bytes / 32));
        expect([rowOf(size), rowOf(size + 1)]).toEqual([row, row + 1]);
      }),
      { numRuns: 2_000 },
    );
  });
});

type Step = { readonly type: 'add'; readonly bytes: number } | { readonly type: 'remove'; readonly which: number };
const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('add' as const), bytes: fc.constantFrom(8, 40, 41, 300, 301, 40_000, 200_000) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('remove' as const), which: fc.nat() }) },
);

describe('blocks', () => {
  it('keep what is written in them while others come and go, and leave no holes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const places = new Map<number, { row: number; place: number; fill: number }>();
        const blocks = new Blocks((owner, place) => {
          const moved = places.get(owner);
          if (moved !== undefined) moved.place = place;
        });
        let owner = 0;
        for (const each of steps) {
          if (each.type === 'add') {
            owner += 1;
            const row = rowOf(each.bytes);
            const place = blocks.add(row, owner);
            const at = blocks.offset(row, place);
            blocks.page(row, place).bytes.fill(owner & 0xff, at + OWNER_BYTES, at + bytesOfRow(row));
            places.set(owner, { row, place, fill: owner & 0xff });
          } else if (places.size > 0) {
            const gone = [...places.keys()][each.which % places.size] ?? 0;
            const { row, place } = places.get(gone) ?? { row: 0, place: 0 };
            places.delete(gone);
            blocks.remove(row, place);
          }
        }
        for (const [id, { row, place, fill }] of places) {
          const at = blocks.offset(row, place);
          const block = blocks.page(row, place).bytes.subarray(at, at + bytesOfRow(row));
          expect(block.readUInt32LE(0)).toBe(id);
          expect(block.subarray(OWNER_BYTES).every((byte) => byte === fill)).toBe(true);
        }
        const rows = Map.groupBy(places.values(), ({ row }) => row);
        for (const found of rows.values()) {
          expect(found.map(({ place }) => place).toSorted((a, b) => a - b)).toEqual(found.map((_, i) => i));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('give their pages back', () => {
    const blocks = new Blocks(() => {});
    const row = rowOf(300);
    for (let i = 0; i < 10_000; i += 1) blocks.add(row, i);
    const full = blocks.pageBytes;
    expect(full).toBeLessThan(10_000 * bytesOfRow(row) + 128 * 1_024);
    for (let i = 9_999; i >= 1_000; i -= 1) blocks.remove(row, 0);
    expect(blocks.pageBytes).toBeLessThan(full / 5);
    for (let i = 999; i >= 0; i -= 1) blocks.remove(row, i);
    expect(blocks.pageBytes).toBe(0);
  });
});
