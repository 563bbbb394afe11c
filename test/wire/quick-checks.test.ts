import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { METHODS } from '../../src/wire/methods.ts';
import { quickParams, quickResult } from '../../src/wire/quick-checks.ts';

const NAMES = ['kv.put', 'kv.get', 'kv.delete', 'kv.cas', 'kv.range'] as const;
type Name = (typeof NAMES)[number];

/** At a limit, over it, half a character, what looks like a number, what is no integer. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    ...[null, true, false, '', '0', '\ud800', 'x\udfff', 'é'.repeat(LIMITS.keyBytes / 2), 'x'.repeat(LIMITS.keyBytes + 1)],
    ...['é'.repeat(LIMITS.keyBytes / 2 + 1), 'x'.repeat(LIMITS.valueBytes), 'é'.repeat(LIMITS.valueBytes / 2 + 1)],
    ...[0, -0, -1, 1, 0.5, 2 ** 53, 2 ** 53 - 1, 1e300, LIMITS.rangeRows, LIMITS.rangeRows + 1],
    ...[LIMITS.maxRequestDeadlineMs, LIMITS.maxRequestDeadlineMs + 1, [], {}, 'stale', 'linearizable', 'Stale'],
  ),
  fc.jsonValue(),
);
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const number = fc.integer({ min: 1, max: 9 });
const flag = fc.boolean();
const consistency = fc.constantFrom('linearizable', 'stale');
const call = { deadlineMs: fc.integer({ min: 1, max: LIMITS.maxRequestDeadlineMs }), forward: flag };
const identity = { session: number, sequence: number, acknowledged: fc.nat({ max: 9 }) };

/** Members with values that usually fit; which of them are there is drawn too. */
const PARAMS: Readonly<Record<Name, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  'kv.put': { key, value: text, ...identity, ...call },
  'kv.get': { key, revision: fc.nat(), consistency, ...call },
  'kv.delete': { key, ...identity, ...call },
  'kv.cas': { key, value: text, expect: fc.option(text), ...identity, ...call },
  'kv.range': {
    ...{ start: text, end: text, prefix: text, limit: fc.integer({ min: 0, max: LIMITS.rangeRows }) },
    ...{ reverse: flag, keysOnly: flag, countOnly: flag, revision: fc.nat(), consistency, ...call },
  },
};
const row = { key: text, value: text, createRevision: fc.nat(), modRevision: fc.nat(), version: number };
const RESULTS: Readonly<Record<Name, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  'kv.put': { revision: fc.nat(), index: fc.nat(), term: fc.nat() },
  'kv.get': { kv: fc.option(spoilt(row)), revision: fc.nat() },
  'kv.delete': { deleted: flag, revision: fc.nat() },
  'kv.cas': { swapped: flag, current: fc.option(text), revision: fc.nat() },
  'kv.range': { kvs: fc.array(spoilt(row), { maxLength: 4 }), count: fc.nat(), more: flag, revision: fc.nat() },
};

/** An object of these members, often with one that is wrong, missing or unknown; as JSON.parse makes it. */
function spoilt(members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  const names = Object.keys(members);
  const name = fc.constantFrom(...names, '__proto__', 'constructor', 'toString', 'later');
  const whole = fc.record(members, { requiredKeys: names.filter((each) => each === 'key' || each === 'value') });
  return fc.tuple(whole, fc.option(fc.tuple(name, hostile)), fc.boolean()).map(([object, spoil, without]) => {
    const entries = Object.entries(object).filter(([each]) => !(without && each === spoil?.[0]));
    if (spoil !== null && !without) entries.push(spoil);
    return JSON.parse(
      `{${entries.map(([each, value]) => `${JSON.stringify(each)}:${JSON.stringify(value)}`).join()}}`,
    ) as unknown;
  });
}

const drawn = (of: typeof PARAMS) =>
  fc.constantFrom(...NAMES).chain((method) => fc.oneof(spoilt(of[method]), hostile).map((value) => ({ method, value })));

describe('a check by hand', () => {
  it.each(NAMES)('is held against every member of %s that its schema knows', (method) => {
    const { params, result } = METHODS[method];
    expect(Object.keys(PARAMS[method]).sort()).toEqual(Object.keys(params.shape).sort());
    expect(Object.keys(RESULTS[method]).sort()).toEqual(Object.keys(result.shape).sort());
  });

  it('of parameters takes what the schema takes, with the same outcome', () => {
    fc.assert(
      fc.property(drawn(PARAMS), ({ method, value }) => {
        const quick = quickParams(method, value);
        const checked = METHODS[method].params.safeParse(value);
        if (quick !== null || checked.success) expect(quick).toEqual(checked.data);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of results takes what the schema takes, with the same outcome', () => {
    fc.assert(
      fc.property(drawn(RESULTS), ({ method, value }) => {
        const quick = quickResult(method, value);
        const checked = METHODS[method].result.safeParse(value);
        if (quick !== null || checked.success) expect(quick).toEqual(checked.data);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves other methods to their schemas', () => {
    expect(quickParams('node.status', {})).toBeNull();
    expect(quickResult('session.open', { session: 1 })).toBeNull();
  });
});
