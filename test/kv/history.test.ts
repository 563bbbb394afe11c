import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, type Revision, revision, term } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import type { Command, KeyValue, RangeQuery, RangeResult } from '../../src/kv/commands.ts';
import type { HistoryLimits } from '../../src/kv/history.ts';
import type { HistoryResult } from '../../src/kv/key-history.ts';
import { Machine } from '../../src/kv/machine.ts';
import { RANGE_LIMITS } from '../../src/kv/range.ts';
import { cutOf, Restore } from '../../src/kv/snapshot.ts';
import { StoreModel } from '../../src/sim/model.ts';
import { anyText, byBytes, fewKeys } from './text-arbitraries.ts';

const values = fc.constantFrom('', 'x', 'yyyy', 'z'.repeat(30));
const request = fc.constant(null);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('put' as const), key: fewKeys, value: values, request }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), key: fewKeys, request }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('cas' as const), key: fewKeys, expect: fc.option(values), value: values, request }),
  },
);
const query: fc.Arbitrary<RangeQuery> = fc.record({
  start: fc.oneof(fc.constant(''), fewKeys, anyText),
  end: fc.option(fc.oneof(fewKeys, anyText)),
  prefix: fc.option(fc.oneof(fc.constant(''), fewKeys, anyText)),
  limit: fc.nat({ max: 5 }),
  reverse: fc.boolean(),
  keysOnly: fc.boolean(),
  countOnly: fc.boolean(),
});
const limits: fc.Arbitrary<HistoryLimits> = fc.record({
  changes: fc.nat({ max: 70 }),
  units: fc.nat({ max: 1_800 }),
  loose: fc.nat({ max: 30 }),
});
const KEYS = ['a', 'ab', 'b', '\uffff', '😀', '😀a'];
const EVERYTHING: RangeQuery = {
  start: '',
  end: null,
  prefix: null,
  limit: 0,
  reverse: false,
  keysOnly: false,
  countOnly: false,
};

/** One log, applied by the store and by the model; the store may be built anew from a snapshot on the way. */
class Pair {
  machine = new Machine();
  readonly model = new StoreModel(true);
  #index = 0;

  constructor(limited: HistoryLimits) {
    this.machine.limitHistory(limited);
  }

  apply(command: Command): void {
    this.#index += 1;
    const [index, time, data] = [logIndex(this.#index), clusterTime(this.#index * 10), encodeCommand(command)];
    this.machine.apply(index, data, time);
    this.model.apply({ index, term: term(1), time, kind: 'command', data });
  }

  restart(limited: HistoryLimits): void {
    using cut = cutOf(this.machine, 1_000);
    const restore = new Restore();
    for (let chunk = cut.next(); chunk !== null; chunk = cut.next()) restore.add(chunk);
    this.machine = restore.finish(cut.counts);
    this.machine.limitHistory(limited);
  }
}

function logs() {
  const steps = fc.array(
    fc.oneof({ weight: 30, arbitrary: command }, { weight: 1, arbitrary: fc.constant('restart' as const) }),
    {
      maxLength: 160,
    },
  );
  return fc.tuple(steps, limits).map(([todo, limited]) => {
    const pair = new Pair(limited);
    for (const step of todo) {
      if (step === 'restart') pair.restart(limited);
      else pair.apply(step);
    }
    return pair;
  });
}

function naiveRange(
  model: StoreModel,
  { start, end, prefix, reverse, keysOnly, countOnly, limit }: RangeQuery,
  at: Revision,
): RangeResult {
  const found = model
    .allAt(at)
    .filter(({ key }) => byBytes(key, start) >= 0 && (end === null || byBytes(key, end) < 0) && key.startsWith(prefix ?? ''))
    .toSorted((a, b) => (reverse ? byBytes(b.key, a.key) : byBytes(a.key, b.key)))
    .map((kv) => (keysOnly ? { ...kv, value: '' } : kv));
  const kvs = countOnly ? [] : found.slice(0, limit === 0 ? found.length : limit);
  return { kvs, count: found.length, more: !countOnly && kvs.length < found.length, revision: at };
}

const kindOf = (run: () => unknown): unknown => {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof RpcError ? [error.kind, error.data.compactedBelow] : error;
  }
};

describe('the past of the store', () => {
  it('is what the log says, at every revision that is kept', () => {
    fc.assert(
      fc.property(logs(), fc.array(query, { minLength: 1, maxLength: 4 }), ({ machine, model }, queries) => {
        const { compactedBelow, newest } = machine.history;
        for (let at: number = compactedBelow; at <= newest; at += 1) {
          for (const key of KEYS) expect(machine.getAt(key, revision(at))).toEqual(model.at(key, at));
          for (const each of queries) expect(machine.rangeAt(each, revision(at))).toEqual(naiveRange(model, each, revision(at)));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('is listed key by key, with deletions, down to the state of the oldest revision that is kept', () => {
    fc.assert(
      fc.property(logs(), fc.nat({ max: 4 }), ({ machine, model }, limit) => {
        const { compactedBelow, newest } = machine.history;
        for (const key of KEYS) {
          const all = model.versionsOf(key);
          const oldest = all.findIndex(({ since }) => since <= compactedBelow);
          const known = oldest < 0 ? all : all.slice(0, all[oldest]?.kv === null ? oldest : oldest + 1);
          const listed: { since: number; kv: KeyValue | null }[] = [];
          let page: HistoryResult;
          do {
            page = machine.keyHistory({ key, limit, before: (listed.at(-1)?.since as Revision | undefined) ?? null });
            expect([page.compactedBelow, page.revision]).toEqual([compactedBelow, newest]);
            expect(page.versions.length).toBeLessThanOrEqual(limit === 0 ? known.length : limit);
            for (const version of page.versions) {
              listed.push({ since: version.revision, kv: version.type === 'put' ? version.kv : null });
              expect(version.origin === null).toBe(version.revision <= compactedBelow);
              if (version.origin !== null) expect(version.origin.time).toBe(version.origin.index * 10);
            }
          } while (page.more);
          expect(listed).toEqual(known);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the changes, one to a revision, each with what it replaced', () => {
    fc.assert(
      fc.property(logs(), ({ machine: { history }, model }) => {
        expect(history.changeOf(history.compactedBelow)).toBeNull();
        expect(history.changeOf(history.newest + 1)).toBeNull();
        for (let at = history.compactedBelow + 1; at <= history.newest; at += 1) {
          const change = history.changeOf(at);
          const key = change?.type === 'put' ? change.kv.key : (change?.key ?? '');
          expect(change?.revision).toBe(at);
          expect(change?.type === 'put' ? change.kv : null).toEqual(model.at(key, at));
          expect(change?.previous).toEqual(model.at(key, at - 1));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is the same for the same log and the same limits, and no longer than they allow', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), limits, (todo, limited) => {
        const [one, other] = [new Pair(limited), new Pair(limited)];
        for (const each of todo) one.apply(each);
        for (const each of todo) other.apply(each);
        const { compactedBelow, newest, units } = one.machine.history;
        expect(other.machine.history.compactedBelow).toBe(compactedBelow);
        expect(newest - compactedBelow).toBeLessThanOrEqual(Math.max(1, limited.changes));
        expect(units).toBeLessThanOrEqual(limited.units);
        let kept = 0;
        for (let at = compactedBelow + 1; at <= newest; at += 1) {
          const change = one.machine.history.changeOf(at);
          for (const kv of [change?.previous, change?.type === 'put' ? change.kv : null]) {
            if (kv !== null && kv !== undefined) kept += kv.key.length + kv.value.length;
          }
        }
        expect(units).toBe(kept);
      }),
    );
  });
});

describe('a revision that cannot be read', () => {
  const pair = new Pair({ changes: 3, units: 1_000 });
  for (let i = 0; i < 10; i += 1) pair.apply({ type: 'put', key: 'k', value: String(i), request: null });
  const { machine } = pair;

  it('is refused with the oldest that can be', () => {
    expect(kindOf(() => machine.getAt('k', revision(6)))).toEqual(['COMPACTED', 7]);
    expect(kindOf(() => machine.rangeAt(EVERYTHING, revision(6)))).toEqual(['COMPACTED', 7]);
    expect(machine.getAt('k', revision(7))?.value).toBe('6');
  });

  it('is refused when it has not come yet', () => {
    expect(kindOf(() => machine.getAt('k', revision(11)))).toEqual(['INVALID_PARAMS', undefined]);
    expect(kindOf(() => machine.rangeAt(EVERYTHING, revision(11)))).toEqual(['INVALID_PARAMS', undefined]);
    expect(machine.getAt('k', revision(10))?.value).toBe('9');
  });
});

describe('what one answer holds', () => {
  it('is bounded in bytes, and is one version at least', () => {
    const pair = new Pair({ changes: 100, units: 1e9 });
    for (let i = 0; i < 5; i += 1) pair.apply({ type: 'put', key: 'k', value: '\0'.repeat(100), request: null });
    const few = pair.machine.keyHistory({ key: 'k', limit: 0, before: null }, { rows: 10, bytes: 1_300 });
    expect([few.versions.length, few.more]).toEqual([2, true]);
    const one = pair.machine.keyHistory({ key: 'k', limit: 0, before: null }, { rows: 10, bytes: 10 });
    expect([one.versions.length, one.more]).toEqual([1, true]);
    const rows = pair.machine.rangeAt(EVERYTHING, revision(3), { ...RANGE_LIMITS, bytes: 10 });
    expect([rows.kvs.length, rows.more]).toEqual([1, false]);
  });

  it('tells the session that wrote a version', () => {
    const pair = new Pair({ changes: 100, units: 1e9 });
    pair.apply({ type: 'open-session' });
    pair.apply({ type: 'put', key: 'k', value: '1', request: { session: 1, sequence: 1, acknowledged: 0 } });
    pair.apply({ type: 'delete', key: 'k', request: null });
    const { versions } = pair.machine.keyHistory({ key: 'k', limit: 0, before: null });
    expect(versions.map(({ type, origin }) => [type, origin?.session, origin?.index])).toEqual([
      ['delete', null, 3],
      ['put', 1, 2],
    ]);
  });
});
