import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
