import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { Operation } from '../../src/check/history.ts';
import { judgeWindows, windowsOf } from '../../src/check/windows.ts';

const KEYS = ['a', 'b', 'c'];
const BUDGET = 100_000;

/** A correct store, with others who write to it: only some of the operations are recorded, in overlapping times. */
function record(random: Random, count: number): Operation[] {
  const store = new Map<string, string>();
  const history: Operation[] = [];
  let revision = KEYS.length + random.integer(0, 3);
  let now = 0;
  for (const key of KEYS) if (random.next() < 0.5) store.set(key, `old ${key}`);
  for (let i = 0; i < count; i += 1) {
    now += 10;
    const key = KEYS[random.integer(0, KEYS.length)] ?? '';
    const mine = random.next() < 0.7;
    const base = {
      process: `c${i % 4}`,
      call: now - random.integer(0, 35),
      return: now + random.integer(1, 35),
      outcome: random.next() < 0.1 ? ('unknown' as const) : ('ok' as const),
      stale: false,
    };
    const operation = step(random, key, `v${i}`);
    if (!mine) continue;
    if (base.outcome === 'ok') history.push({ ...base, revision, ...operation });
    else history.push({ ...base, return: null, revision: null, ...operation, result: null } as Operation);
  }
  return history;

  function step(chance: Random, key: string, value: string) {
    const current = store.get(key) ?? null;
    const write = (to: string | null): void => {
      revision += 1;
      if (to === null) store.delete(key);
      else store.set(key, to);
    };
    switch (chance.integer(0, 5)) {
      case 0:
        write(value);
        return { op: 'put', key, value } as const;
      case 1:
        if (current !== null) write(null);
        return { op: 'delete', key, result: { deleted: current !== null } } as const;
      case 2: {
        const expected = chance.next() < 0.7 ? current : 'other';
        if (current === expected) write(value);
        const result = { swapped: current === expected, current: current === expected ? value : current };
        return { op: 'cas', key, expect: expected, value, result } as const;
      }
      case 3: {
        const kvs = [...store].map(([each, of]) => ({ key: each, value: of })).sort((x, y) => (x.key < y.key ? -1 : 1));
        const range = { start: '', end: null, prefix: null, limit: 0, reverse: false, keysOnly: false, countOnly: false };
        return { op: 'range', range, result: { kvs, count: kvs.length, more: false } } as const;
      }
      default:
        return { op: 'get', key, result: { value: current } } as const;
    }
  }
}

describe('windows of a history among others', () => {
  it('never blame a correct store, whatever it held before and whoever else writes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 80 }), (seed, count) => {
        const verdict = judgeWindows(record(seededRandom(seed), count), BUDGET);
        expect(verdict.culprit?.violations ?? []).toEqual([]);
        expect(verdict.gaveUp).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('hold every answer that names its revision', () => {
    const history = record(seededRandom(5), 200);
    const told = history.filter(({ outcome, op }) => outcome === 'ok' && op !== 'range');
    const windows = windowsOf(history);
    const held = windows.flatMap((window) => window.history);
    const answered = history.filter(({ outcome }) => outcome === 'ok');
    expect(windows.reduce((sum, { answers }) => sum + answers, 0)).toBe(answered.length);
    expect(told.length).toBeGreaterThan(60);
    for (const operation of told) expect(held).toContain(operation);
  });

  it('blame most answers that were changed to another value', () => {
    let found = 0;
    let changed = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      const history = record(seededRandom(seed), 60);
      const at = history.findIndex(({ op, outcome }, place) => place > 20 && op === 'get' && outcome === 'ok');
      const get = history[at];
      if (get?.op !== 'get') continue;
      changed += 1;
      history[at] = { ...get, result: { value: 'another' } };
      if (judgeWindows(history, BUDGET).culprit !== null) found += 1;
    }
    expect(changed).toBeGreaterThan(250);
    // Where nobody else looks at the key before somebody writes it, nothing contradicts the answer.
    expect(found / changed).toBeGreaterThan(0.5);
  });

  it('know a lost write, and do not take it for somebody else’s', () => {
    const base = { process: 'c1', outcome: 'ok', stale: false } as const;
    const put: Operation = { ...base, op: 'put', key: 'k', value: 'x', call: 0, return: 10, revision: 5 };
    const get = (value: string | null, revision: number): Operation => {
      return { ...base, op: 'get', key: 'k', call: 20, return: 30, revision, result: { value } };
    };
    expect(judgeWindows([put, get('x', 5)], BUDGET).culprit).toBeNull();
    expect(judgeWindows([put, get(null, 5)], BUDGET).culprit).not.toBeNull();
    // At revision 6 somebody deleted it.
    expect(judgeWindows([put, get(null, 6)], BUDGET).culprit).toBeNull();
  });

  it('leave aside what was allowed to be old', () => {
    const base = { process: 'c1', outcome: 'ok', call: 0, return: 10, revision: 3 } as const;
    const history: Operation[] = [
      { ...base, stale: false, op: 'get', key: 'k', result: { value: 'new' } },
      { ...base, stale: true, op: 'get', key: 'k', result: { value: 'old' } },
    ];
    expect(judgeWindows(history, BUDGET)).toMatchObject({ linearizable: 1, culprit: null });
  });
});
