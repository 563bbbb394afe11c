/** The bytes of one record: what goes in comes out, and no damage goes unseen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, term } from '../../src/base/brand.ts';
import type { Entry } from '../../src/raft/messages.ts';
import { PackedEntries } from '../../src/raft/packed-entries.ts';
import { getPosition, putPosition } from '../../src/storage/bytes.ts';
import {
  FIRST_OF_BATCH,
  LAST_OF_BATCH,
  packEntry,
  readBody,
  readHeader,
  recordBytes,
  writeRecord,
} from '../../src/storage/record.ts';

const PLACE = { batch: 7, flags: FIRST_OF_BATCH | LAST_OF_BATCH, previous: 0xdead_beef, durableBatch: 6, commitHint: 2 };
const SEED = 12_345;

const position = fc.oneof(fc.maxSafeNat(), fc.nat(10), fc.constant(Number.MAX_SAFE_INTEGER));
const anyEntry = fc.record({
  index: position.map(logIndex),
  term: position.map(term),
  time: position.map(clusterTime),
  kind: fc.constantFrom('noop', 'command', 'config'),
  data: fc.string({
    unit: fc.oneof(fc.constant('\0'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
    maxLength: 300,
  }),
}) satisfies fc.Arbitrary<Entry>;

const entryOf = (data: string): Entry => ({ index: logIndex(3), term: term(2), time: clusterTime(1), kind: 'command', data });

function encode(entry: Entry, at = 0): Buffer {
  // Not zeroed: what was in the buffer before must not show.
  const bytes = Buffer.alloc(at + recordBytes(entry), 0xa5);
  expect(writeRecord(bytes, at, entry, PLACE, SEED)).toBe(bytes.length);
  return bytes;
}

function decode(bytes: Buffer, at = 0, seed = SEED): Entry | null {
  const header = readHeader(bytes, at, seed);
  const time = header === null ? -1 : readBody(bytes, at, header, seed);
  if (header === null || time < 0) return null;
  const packed = new PackedEntries();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  packEntry({ bytes, view }, at, header, time, packed, true);
  return packed.get(0, logIndex(header.index));
}

describe('a record', () => {
  it('gives back any entry and its place', () => {
    fc.assert(
      fc.property(anyEntry, fc.integer({ min: 0, max: 40 }), (entry, eights) => {
        const bytes = encode(entry, eights * 8);
        expect(decode(bytes, eights * 8)).toEqual(entry);
        expect(readHeader(bytes, eights * 8, SEED)).toMatchObject(
          PLACE.flags === 3 ? { batch: 7, previous: 0xdead_beef, durableBatch: 6, commitHint: 2 } : {},
        );
      }),
      { numRuns: 500 },
    );
  });

  it('with any one bit flipped is refused, as is any with two', () => {
    for (const data of ['', 'x', 'hello, world', '\0\0\0']) {
      const bytes = encode(entryOf(data));
      const accepted: number[][] = [];
      const flip = (bit: number): void => {
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      };
      for (let first = 0; first < bytes.length * 8; first += 1) {
        flip(first);
        if (decode(bytes) !== null) accepted.push([first]);
        // Every pair would be half a million: a prime stride meets all distances.
        for (let second = first + 1; second < bytes.length * 8; second += 31) {
          flip(second);
          if (decode(bytes) !== null) accepted.push([first, second]);
          flip(second);
        }
        flip(first);
      }
      expect(accepted).toEqual([]);
      expect(decode(bytes)).toEqual(entryOf(data));
    }
  });

  it('cut at any byte is refused', () => {
    const bytes = encode(entryOf('hello'));
    for (let size = 0; size < bytes.length; size += 1) expect(decode(bytes.subarray(0, size))).toBeNull();
  });

  it('of another segment is refused', () => {
    const bytes = encode(entryOf('hello'));
    expect(decode(bytes, 0, SEED + 1)).toBeNull();
  });

  it('shows nothing of what the buffer held before', () => {
    const entry = entryOf('hello');
    const clean = Buffer.alloc(recordBytes(entry));
    writeRecord(clean, 0, entry, PLACE, SEED);
    expect(encode(entry).equals(clean)).toBe(true);
  });

  it('refuses text that UTF-8 cannot hold, and entries over the limit', () => {
    expect(() => encode(entryOf('\ud800'))).toThrow('well-formed');
    expect(() => encode(entryOf('x'.repeat(1_572_865)))).toThrow('fits into a record');
    expect(decode(encode(entryOf('x'.repeat(1_572_864))))).not.toBeNull();
  });
});

describe('a position', () => {
  it('is any safe integer, and never reads as zeros', () => {
    fc.assert(
      fc.property(position, (value) => {
        const bytes = Buffer.alloc(8);
        putPosition(bytes, 0, value);
        expect(getPosition(bytes, 0)).toBe(value);
        expect(bytes.equals(Buffer.alloc(8))).toBe(false);
      }),
    );
    expect(getPosition(Buffer.alloc(8), 0)).toBe(-1);
    expect(getPosition(Buffer.alloc(8, 0xff), 0)).toBe(-1);
  });
});
