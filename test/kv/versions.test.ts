import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { revision } from '../../src/base/brand.ts';
import type { KeyValue } from '../../src/kv/commands.ts';
import { type Pin, Versions } from '../../src/kv/versions.ts';
import { byBytes, fewKeys } from './text-arbitraries.ts';

type Step =
  | { readonly type: 'put' | 'delete'; readonly key: string }
  | { readonly type: 'pin' }
  | { readonly type: 'unpin'; readonly which: number };

const write = fc.record({ type: fc.constantFrom('put' as const, 'delete' as const), key: fewKeys });
const steps = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 8, arbitrary: write },
    { weight: 2, arbitrary: fc.constant<Step>({ type: 'pin' }) },
    { weight: 1, arbitrary: fc.nat().map((which): Step => ({ type: 'unpin', which })) },
  ),
  { maxLength: 120 },
);

function scan(versions: Versions, pin: Pin, from = '', end: string | null = null): KeyValue[] {
  const next = versions.walkAt(pin);
  const found: KeyValue[] = [];
  for (let kv = next(from, end); kv !== null; kv = next(`${kv.key}\0`, end)) found.push(kv);
  return found;
}

function sorted(state: ReadonlyMap<string, KeyValue>): KeyValue[] {
  return [...state.values()].toSorted((a, b) => byBytes(a.key, b.key));
}

describe('versions', () => {
  it('show each pin the state it pinned, whatever is written later', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const versions = new Versions();
        let state = new Map<string, KeyValue>();
        let pins: { pin: Pin; state: ReadonlyMap<string, KeyValue> }[] = [];
        let now = 0;
        for (const step of todo) {
          if (step.type === 'pin') pins.push({ pin: versions.pin(revision(now)), state: new Map(state) });
          if (step.type === 'unpin') {
            const gone = pins[step.which % pins.length];
            if (gone !== undefined) versions.unpin(gone.pin);
            pins = pins.filter((each) => each !== gone);
          }
          if (step.type === 'put') {
            now += 1;
            const { kv } = versions.put(step.key, `v${now}`, revision(now));
            state = new Map(state).set(step.key, kv);
          }
          if (step.type === 'delete' && versions.delete(step.key, revision(now + 1)) !== null) {
            now += 1;
            state = new Map(state);
            state.delete(step.key);
          }
          if (pins.length === 0) expect(versions.pastVersions).toBe(0);
        }
        for (const { pin, state: pinned } of pins) {
          expect(scan(versions, pin)).toEqual(sorted(pinned));
          for (const key of ['a', 'b', '😀', ...state.keys()]) expect(versions.getAt(key, pin)).toEqual(pinned.get(key) ?? null);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('go on under a reader who is in the middle of a walk', () => {
    const versions = new Versions();
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) versions.put(key, 'old', revision(i + 1));
    const pin = versions.pin(revision(4));
    const next = versions.walkAt(pin);
    expect(next('', null)?.key).toBe('a');
    versions.delete('b', revision(5));
    versions.put('bb', 'new', revision(6));
    versions.put('c', 'new', revision(7));
    expect(next('a\0', null)).toMatchObject({ key: 'b', value: 'old' });
    versions.delete('c', revision(8));
    versions.delete('d', revision(9));
    expect(next('b\0', null)).toMatchObject({ key: 'c', value: 'old' });
    expect(next('c\0', 'd')).toBeNull();
    expect(next('c\0', null)).toMatchObject({ key: 'd', value: 'old' });
    expect(next('d\0', null)).toBeNull();
  });

  it('keep nothing that no pin sees', () => {
    const versions = new Versions();
    versions.put('a', '1', revision(1));
    versions.put('a', '2', revision(2));
    expect(versions.pastVersions).toBe(0);
    const pin = versions.pin(revision(2));
    for (let n = 3; n < 100; n += 1) versions.put('a', String(n), revision(n));
    expect(versions.pastVersions).toBe(1);
    expect(versions.getAt('a', pin)?.value).toBe('2');
    versions.unpin(pin);
    versions.unpin(pin);
    expect([versions.pastVersions, versions.pins]).toEqual([0, 0]);
  });

  it('keep for the walk of a snapshot only what it has yet to come to', () => {
    const versions = new Versions();
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) versions.put(key, 'old', revision(i + 1));
    const view = versions.pin(revision(2));
    const pin = versions.pin(revision(4), true);
    const next = versions.packedWalkAt(pin);
    const valueFrom = (from: string): string | null => {
      const found = next(from, null);
      return found !== null && 'bytes' in found
        ? found.bytes.toString('utf8', found.valueAt, found.valueAt + found.valueBytes)
        : null;
    };
    expect(valueFrom('')).toBe('old');
    expect(valueFrom('a\0')).toBe('old');
    versions.put('c', 'new', revision(5));
    expect(versions.pastVersions).toBe(1);
    // Gone by, but seen by the view.
    versions.put('a', 'new', revision(6));
    expect([versions.pastVersions, versions.getAt('a', view)?.value]).toEqual([2, 'old']);
    versions.unpin(view);
    expect(valueFrom('b\0')).toBe('old');
    versions.delete('b', revision(7));
    expect(versions.pastVersions).toBe(2);
    expect(valueFrom('c\0')).toBe('old');
    expect(next('d\0', null)).toBeNull();
  });

  it('sweep out what an ended pin saw, a little with each write, and keep what others see', () => {
    const versions = new Versions();
    let now = 0;
    const writeAll = (): void => {
      for (let i = 0; i < 100; i += 1) {
        now += 1;
        versions.put(`k${i}`, String(now), revision(now));
      }
    };
    writeAll();
    const first = versions.pin(revision(now));
    writeAll();
    const second = versions.pin(revision(now));
    writeAll();
    expect(versions.pastVersions).toBe(200);
    versions.unpin(first);
    for (let i = 0; i < 20; i += 1) {
      now += 1;
      versions.put('other', '', revision(now));
    }
    expect(versions.pastVersions).toBe(100);
    expect(scan(versions, second).map(({ value }) => Number(value))).toEqual(
      Array.from({ length: 100 }, (_, i) => 101 + i).toSorted((a, b) => byBytes(`k${a - 101}`, `k${b - 101}`)),
    );
  });

  it('wait for a sweep to make room before they give up another reader', () => {
    const versions = new Versions(50);
    let now = 0;
    const put = (key: string): void => {
      now += 1;
      versions.put(key, '', revision(now));
    };
    for (let i = 0; i < 60; i += 1) put(`a${i}`);
    for (let i = 0; i < 10; i += 1) put(`z${i}`);
    versions.pin(revision(now));
    for (let i = 0; i < 10; i += 1) put(`z${i}`);
    const young = versions.pin(revision(now));
    for (let i = 0; i < 41; i += 1) put(`a${i}`);
    expect(versions.pins).toBe(1);
    // The sweep comes to what only the old reader saw after all that the young one sees.
    put('a41');
    expect([young.lapsed, versions.pastVersions]).toEqual([false, 52]);
    for (let i = 0; i < 10; i += 1) put('new');
    expect([young.lapsed, versions.pastVersions]).toEqual([false, 42]);
  });

  it('give up the oldest reader when too much is kept for it, and the others only when that was not enough', () => {
    const versions = new Versions(50);
    let now = 0;
    const put = (key: string): void => {
      now += 1;
      versions.put(key, '', revision(now));
    };
    for (let i = 0; i < 60; i += 1) put(`k${i}`);
    const old = versions.pin(revision(now));
    for (let i = 0; i < 50; i += 1) put(`k${i}`);
    const young = versions.pin(revision(now));
    expect([old.lapsed, young.lapsed]).toEqual([false, false]);
    put('k50');
    expect([old.lapsed, young.lapsed]).toEqual([true, false]);
    for (let i = 0; i < 30; i += 1) put('k0');
    expect(young.lapsed).toBe(false);
    expect(versions.pastVersions).toBeLessThan(5);
    for (let i = 0; i < 60; i += 1) put(`k${i}`);
    expect(young.lapsed).toBe(true);
    expect([versions.pins, versions.pastVersions]).toEqual([0, 0]);
  });
});
