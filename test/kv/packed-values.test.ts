import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { revision } from '../../src/base/brand.ts';
import { pageOf } from '../../src/kv/blocks.ts';
import type { KeyValue } from '../../src/kv/commands.ts';
import { PackedValues } from '../../src/kv/packed-values.ts';
import { StateSum } from '../../src/kv/state-hash.ts';
import { keyPart } from '../../src/kv/state-parts.ts';
import { anyKey, anyText } from './text-arbitraries.ts';

const value = fc.oneof(
  anyText,
  fc.tuple(anyText, fc.nat({ max: 400 })).map(([text, times]) => text.repeat(times)),
);
const kv: fc.Arbitrary<KeyValue> = fc.record({
  key: anyKey,
  value,
  createRevision: fc.maxSafeNat().map(revision),
  modRevision: fc.maxSafeNat().map(revision),
  version: fc.maxSafeNat(),
});
/** Null clears the slot. */
const steps = fc.array(fc.tuple(fc.nat({ max: 20 }), fc.option(kv, { freq: 4 })), { maxLength: 100 });

describe('packed values', () => {
  it('are what was put in, whatever is put in and taken out beside them; the sum is that of their parts', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const sum = new StateSum();
        const packed = new PackedValues(sum);
        const expected = new Map<number, KeyValue>();
        for (const [slot, payload] of todo) {
          if (payload !== null) {
            packed.set(slot, payload);
            expected.set(slot, payload);
          } else if (expected.delete(slot)) {
            packed.clear(slot);
          }
        }
        const parts = new StateSum();
        for (const [slot, payload] of expected) {
          expect(packed.get(slot, payload.key)).toEqual(payload);
          expect(packed.modRevision(slot)).toBe(payload.modRevision);
          parts.add(keyPart(payload));
        }
        expect(sum.value()).toBe(parts.value());
      }),
      { numRuns: 300 },
    );
  });

  it('come back from the bytes that a snapshot takes of them', () => {
    fc.assert(
      fc.property(kv, fc.nat({ max: 9 }), (payload, slot) => {
        const [one, other] = [new StateSum(), new StateSum()];
        const [from, to] = [new PackedValues(one), new PackedValues(other)];
        from.set(3, payload);
        const { bytes, ...record } = from.record(3);
        to.restore(slot, payload.key, { ...record, keyAt: null }, pageOf(bytes));
        expect(to.get(slot, payload.key)).toEqual(payload);
        expect(other.value()).toBe(one.value());
      }),
    );
  });
});
