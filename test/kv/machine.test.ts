import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logIndex, revision } from '../../src/base/brand.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import type { Command, KeyValue, RangeQuery, RangeResult, Reply, RequestId } from '../../src/kv/commands.ts';
import { Machine } from '../../src/kv/machine.ts';
import { anyText, byBytes, fewKeys } from './text-arbitraries.ts';

/** A machine with its own log. */
function machine() {
  const store = new Machine();
  let index = 0;
  const run = (command: Command): Reply => {
    index += 1;
    return store.apply(logIndex(index), encodeCommand(command)).reply;
  };
  return {
    store,
    run,
    raw: (text: string) => {
      index += 1;
      return store.apply(logIndex(index), text);
    },
    put: (key: string, value = '', request: RequestId | null = null) => run({ type: 'put', key, value, request }),
    del: (key: string, request: RequestId | null = null) => run({ type: 'delete', key, request }),
    cas: (key: string, expected: string | null, value: string, request: RequestId | null = null) =>
      run({ type: 'cas', key, expect: expected, value, request }),
    open: () => {
      const reply = run({ type: 'open-session' });
      return reply.type === 'session' ? reply.session : -1;
    },
  };
}

const ALL: RangeQuery = { start: '', end: null, prefix: null, limit: 0, reverse: false, keysOnly: false, countOnly: false };
const keysOf = ({ kvs }: RangeResult): string[] => kvs.map(({ key }) => key);

const values = fc.constantFrom('', 'x', 'y');
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key: fewKeys, value: values, request: fc.constant(null) }),
  fc.record({ type: fc.constant('delete' as const), key: fewKeys, request: fc.constant(null) }),
  fc.record({
    type: fc.constant('cas' as const),
    key: fewKeys,
    expect: fc.option(values),
    value: values,
    request: fc.constant(null),
  }),
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

/** What the machine should be: a plain Map and arrays. */
class Model {
  readonly kvs = new Map<string, KeyValue>();
  at = 0;

  apply(command: Command): Reply {
    if (command.type === 'open-session') throw new Error('not in this model');
    const current = this.kvs.get(command.key)?.value ?? null;
    switch (command.type) {
      case 'put':
        return { type: 'put', revision: revision(this.put(command.key, command.value)) };
      case 'delete':
        if (this.kvs.delete(command.key)) this.at += 1;
        return { type: 'delete', deleted: current !== null, revision: revision(this.at) };
      case 'cas': {
        const swapped = current === command.expect;
        if (swapped) this.put(command.key, command.value);
        return { type: 'cas', swapped, current: swapped ? command.value : current, revision: revision(this.at) };
      }
    }
  }

  put(key: string, value: string): number {
    this.at += 1;
    const old = this.kvs.get(key);
    this.kvs.set(key, {
      key,
      value,
      createRevision: old?.createRevision ?? revision(this.at),
      modRevision: revision(this.at),
      version: (old?.version ?? 0) + 1,
    });
    return this.at;
  }

  range({ start, end, prefix, limit, reverse, keysOnly, countOnly }: RangeQuery): RangeResult {
    const inside = [...this.kvs.values()]
      .filter(({ key }) => byBytes(key, start) >= 0 && (end === null || byBytes(key, end) < 0) && key.startsWith(prefix ?? ''))
      .toSorted((a, b) => byBytes(a.key, b.key) * (reverse ? -1 : 1));
    const kvs = countOnly ? [] : inside.slice(0, limit === 0 ? inside.length : limit);
    return {
      kvs: kvs.map((kv) => (keysOnly ? { ...kv, value: '' } : kv)),
      count: inside.length,
      more: !countOnly && kvs.length < inside.length,
      revision: revision(this.at),
    };
  }
}

describe('the machine', () => {
  it('answers every command and every range as the model does', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), fc.array(query, { maxLength: 10 }), (commands, queries) => {
        const { store, run } = machine();
        const model = new Model();
        for (const each of commands) {
          expect(run(each)).toEqual(model.apply(each));
          if (each.type !== 'open-session') expect(store.get(each.key)).toEqual(model.kvs.get(each.key) ?? null);
        }
        expect([store.size, store.revision]).toEqual([model.kvs.size, model.at]);
        for (const each of queries) expect(store.range(each)).toEqual(model.range(each));
      }),
      { numRuns: 500 },
    );
  });

  it('is the same on every replica: same commands, same hash, at each step', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(command, fc.constant<Command>({ type: 'open-session' })), { maxLength: 40 }), (commands) => {
        const [a, b] = [machine(), machine()];
        for (const each of commands) {
          expect(a.run(each)).toEqual(b.run(each));
          expect(a.store.hash()).toBe(b.store.hash());
        }
      }),
      { numRuns: 100 },
    );
  });

  it('keeps the hash that a walk over everything gives, with sessions, retries and forgotten replies', () => {
    const request = fc.option(
      fc.record({
        session: fc.integer({ min: 1, max: 4 }),
        sequence: fc.integer({ min: 1, max: 6 }),
        acknowledged: fc.nat({ max: 5 }),
      }),
    );
    const named = fc.tuple(command, request).map(([each, name]): Command => {
      return each.type === 'open-session' || name === null ? each : { ...each, request: name };
    });
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 6, arbitrary: named }, fc.constant<Command>({ type: 'open-session' })), { maxLength: 60 }),
        (commands) => {
          const { store, run } = machine();
          for (const each of commands) {
            run(each);
            expect(store.hash()).toBe(store.recomputedHash());
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has another hash after every change of keys, values, versions or sessions', () => {
    const { store, put, del, open, run } = machine();
    const seen = [store.hash()];
    const look = (): void => {
      seen.push(store.hash());
      expect(new Set(seen).size).toBe(seen.length);
    };
    put('a', 'bc');
    look();
    put('a', 'bc');
    look();
    put('ab', 'c');
    look();
    del('ab');
    look();
    const session = open();
    look();
    run({ type: 'delete', key: 'none', request: { session, sequence: 1, acknowledged: 0 } });
    look();
  });

  it('counts revisions and versions as etcd does', () => {
    const { store, put, del } = machine();
    put('k', '1');
    put('k', '1');
    expect(store.get('k')).toEqual({ key: 'k', value: '1', createRevision: 1, modRevision: 2, version: 2 });
    del('other');
    expect(store.revision).toBe(2);
    del('k');
    put('k', '2');
    expect(store.get('k')).toEqual({ key: 'k', value: '2', createRevision: 4, modRevision: 4, version: 1 });
  });

  it('tells what changed, and nothing when nothing did', () => {
    const { raw } = machine();
    const text = (each: Command): string => encodeCommand(each);
    const first = raw(text({ type: 'put', key: 'k', value: '1', request: null })).change;
    expect(first).toMatchObject({ type: 'put', revision: 1, kv: { value: '1' }, previous: null });
    const second = raw(text({ type: 'cas', key: 'k', expect: '1', value: '2', request: null })).change;
    expect(second).toMatchObject({ type: 'put', revision: 2, kv: { value: '2' }, previous: { value: '1' } });
    expect(raw(text({ type: 'cas', key: 'k', expect: '1', value: '3', request: null })).change).toBeNull();
    expect(raw(text({ type: 'delete', key: 'k', request: null })).change).toMatchObject({
      type: 'delete',
      revision: 3,
      key: 'k',
    });
    expect(raw(text({ type: 'delete', key: 'k', request: null })).change).toBeNull();
  });

  it('applies a retried request once, and a retry changes nothing', () => {
    const { store, put, cas, open, raw } = machine();
    const session = open();
    const request = { session, sequence: 1, acknowledged: 0 };
    expect(put('k', '1', request)).toEqual({ type: 'put', revision: 1 });
    put('k', 'mine');
    const retry = raw(encodeCommand({ type: 'put', key: 'k', value: '1', request }));
    expect(retry).toEqual({ reply: { type: 'put', revision: 1 }, change: null });
    expect(store.get('k')?.value).toBe('mine');
    const failed = { session, sequence: 2, acknowledged: 1 };
    const answer = cas('k', '1', '2', failed);
    put('k', '1');
    expect(cas('k', '1', '2', failed)).toEqual(answer);
    expect(store.get('k')?.value).toBe('1');
    expect(put('k', '1', { session: 999, sequence: 1, acknowledged: 0 })).toEqual({ type: 'session-expired' });
    expect(store.sessionCount).toBe(1);
  });

  it('lets an unreadable entry pass without a trace', () => {
    const { store, put, raw } = machine();
    put('k', '1');
    const before = store.hash();
    for (const text of ['', 'x', 'p 0 0 0 9 k', '{"type":"put"}', 'p 0 0 0 1 \ud800']) {
      expect(raw(text)).toEqual({ reply: { type: 'session-expired' }, change: null });
    }
    expect(store.hash()).toBe(before);
  });

  it('keeps keys that are names of an object', () => {
    const { store, put } = machine();
    for (const key of ['__proto__', 'constructor', 'toString']) put(key, key);
    expect(keysOf(store.range(ALL))).toEqual(['__proto__', 'constructor', 'toString']);
    expect(store.get('hasOwnProperty')).toBeNull();
  });

  it('orders keys by bytes in ranges, where UTF-16 would not', () => {
    const { store, put } = machine();
    for (const key of ['\u{10000}', '\uffff', 'z']) put(key);
    expect(keysOf(store.range(ALL))).toEqual(['z', '\uffff', '\u{10000}']);
    expect(keysOf(store.range({ ...ALL, start: '\uffff\0' }))).toEqual(['\u{10000}']);
  });
});

describe('a range', () => {
  it('holds as many rows as one answer may, and says that there are more', () => {
    const { store, put } = machine();
    for (let i = 0; i <= LIMITS.rangeRows; i += 1) put(`k${String(i).padStart(5, '0')}`);
    for (const limit of [0, LIMITS.rangeRows, LIMITS.rangeRows + 1]) {
      const page = store.range({ ...ALL, limit });
      expect([page.kvs.length, page.count, page.more]).toEqual([LIMITS.rangeRows, LIMITS.rangeRows + 1, true]);
    }
    expect(store.range({ ...ALL, start: 'k00001' }).more).toBe(false);
  });

  it('stops before its text is too large for a frame, but always moves on', () => {
    const { store, put } = machine();
    for (const key of ['a', 'b', 'c']) put(key, 'v'.repeat(40));
    const limits = { rows: 10, bytes: 82 };
    expect(keysOf(store.range(ALL, limits))).toEqual(['a', 'b']);
    expect(store.range(ALL, limits)).toMatchObject({ count: 3, more: true });
    expect(keysOf(store.range({ ...ALL, reverse: true }, limits))).toEqual(['c', 'b']);
    expect(keysOf(store.range({ ...ALL, keysOnly: true }, limits))).toEqual(['a', 'b', 'c']);
    expect(keysOf(store.range(ALL, { rows: 10, bytes: 1 }))).toEqual(['a']);
  });

  it('counts plain text exactly, one to four bytes a character', () => {
    const { store, put } = machine();
    for (const key of ['a', 'b']) put(key, 'xé€😀');
    expect(store.range(ALL, { rows: 10, bytes: 22 }).more).toBe(false);
    expect(store.range(ALL, { rows: 10, bytes: 21 }).more).toBe(true);
  });

  it('counts a value by its JSON', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const { store, put } = machine();
        put('a', value);
        put('b', value);
        const exact = 2 * (Buffer.byteLength(JSON.stringify(value)) - 2 + 1);
        expect(store.range(ALL, { rows: 10, bytes: exact + 10 * value.length }).more).toBe(false);
        // Two quotes are not counted; short escapes are counted as long ones, so it never says less than there is.
        expect(store.range(ALL, { rows: 10, bytes: exact - 1 }).more).toBe(true);
      }),
    );
  });
});

describe('a view', () => {
  it('stands still while writers go on', () => {
    const { store, put, del } = machine();
    put('a', '1');
    put('b', '1');
    using view = store.view();
    del('a');
    put('b', '2');
    put('c', '2');
    expect([view.get('a')?.value, view.get('b')?.value, view.get('c')]).toEqual(['1', '1', null]);
    expect([...view.scan('', null)].map(({ key, value }) => key + value)).toEqual(['a1', 'b1']);
    expect([...view.scan('a\0', 'c')].map(({ key }) => key)).toEqual(['b']);
    expect(view.revision).toBe(2);
    expect(keysOf(store.range(ALL))).toEqual(['b', 'c']);
  });

  it('refuses to be read after its end, also in the middle of a scan', () => {
    const { store, put } = machine();
    put('a');
    put('b');
    const view = store.view();
    const scan = view.scan('', null);
    expect(scan.next().value).toMatchObject({ key: 'a' });
    view[Symbol.dispose]();
    view[Symbol.dispose]();
    expect(() => scan.next()).toThrow('has ended');
    expect(() => view.get('a')).toThrow('has ended');
  });
});
