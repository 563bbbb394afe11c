import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixEnd } from '../../src/commands/key-order.ts';
import { boundsOf, rangePages } from '../../src/commands/range-pages.ts';
import { parseTsvRow, tsvRow } from '../../src/commands/tsv.ts';
import { fakeCluster } from './fake-cluster.ts';

describe('rangePages', () => {
  it('gives every key once, whatever the page size, in both directions', async () => {
    const cluster = fakeCluster();
    const keys = ['a', 'a\0', 'ab', 'b', 'é', '\uffff', '😀', '\u{10ffff}'];
    for (const key of keys) await cluster.kv.put(key, 'v');
    for (const reverse of [false, true]) {
      for (let size = 1; size <= keys.length + 1; size += 1) {
        const seen: string[] = [];
        for await (const page of rangePages(cluster.kv, { reverse }, {}, size)) seen.push(...page.kvs.map((kv) => kv.key));
        expect(seen).toEqual(reverse ? [...keys].reverse() : keys);
      }
    }
  });

  it('folds a prefix into the bounds', () => {
    expect(boundsOf({ prefix: 'a' })).toEqual({ start: 'a', end: 'b' });
    expect(boundsOf({ prefix: 'a', start: 'ab' })).toEqual({ start: 'ab', end: 'b' });
    expect(boundsOf({ prefix: 'a', end: 'aa' })).toEqual({ start: 'a', end: 'aa' });
    expect(boundsOf({})).toEqual({ start: '', end: null });
  });
});

describe('prefixEnd', () => {
  it('separates what begins with the prefix from what comes after, by UTF-8 bytes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4 });
    const edge = fc.string({ unit: fc.constantFrom('\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}', 'a'), maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(text, edge), fc.oneof(text, edge), (prefix, other) => {
        fc.pre(prefix !== '');
        const end = prefixEnd(prefix);
        const before = end === null || Buffer.compare(Buffer.from(other), Buffer.from(end)) < 0;
        const from = Buffer.compare(Buffer.from(other), Buffer.from(prefix)) >= 0;
        expect(from && before).toBe(other.startsWith(prefix));
      }),
    );
  });
});

describe('tab-separated text', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('\t', '\n', '\r', '\\', 'n', 't', 'x') }), { minLength: 1 }),
        (fields) => {
          expect(tsvRow(fields)).not.toMatch(/[\n\r]/);
          expect(parseTsvRow(tsvRow(fields))).toEqual(fields);
        },
      ),
    );
  });
});
