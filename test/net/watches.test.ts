import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clusterTime, logIndex, nodeId } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import type { Command } from '../../src/kv/commands.ts';
import type { Change, ReadonlyHistory } from '../../src/kv/history.ts';
import { Machine } from '../../src/kv/machine.ts';
import { Watches } from '../../src/net/watches.ts';
import type { ParamsOf } from '../../src/wire/methods.ts';
import { byBytes, fewKeys } from '../kv/text-arbitraries.ts';

type Notice = ParamsOf<'kv.event'>;

/** A store that applies at once, and whoever listens to it. */
class World {
  readonly machine = new Machine();
  readonly made: Change[] = [];
  readonly listeners = new Set<() => void>();
  leads: { readonly id: ReturnType<typeof nodeId>; readonly url: string } | null = { id: nodeId('n1'), url: '' };
  #index = 0;

  constructor(changes = 1_000) {
    this.machine.limitHistory({ changes, units: 1e9 });
  }

  changes(): ReadonlyHistory {
    return this.machine.history;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  leader() {
    return this.leads;
  }

  apply(command: Command): void {
    this.#index += 1;
    const { change } = this.machine.apply(logIndex(this.#index), encodeCommand(command), clusterTime(0));
    if (change !== null) this.made.push(change);
  }

  put(key: string, value = ''): void {
    this.apply({ type: 'put', key, value, request: null });
  }

  turn(): void {
    for (const listener of this.listeners) listener();
  }
}

class Connection {
  readonly notices: Notice[] = [];
  bufferedBytes = 0;
  takes = true;
  #onClose: (() => void)[] = [];

  notify(_method: string, params: object): boolean {
    if (this.takes) this.notices.push(structuredClone(params) as Notice);
    return this.takes;
  }

  whenClosed(listener: () => void): void {
    this.#onClose.push(listener);
  }

  close(): void {
    for (const listener of this.#onClose) listener();
  }

  events(watch: number): Notice['events'] {
    return this.notices.filter((notice) => notice.watch === watch).flatMap(({ events }) => events);
  }
}

const request = null;
const write: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant('put' as const),
    key: fewKeys,
    value: fc.constantFrom('', 'x', '\0'),
    request: fc.constant(request),
  }),
  fc.record({ type: fc.constant('delete' as const), key: fewKeys, request: fc.constant(request) }),
);
type Step =
  | { readonly type: 'write'; readonly command: Command }
  | { readonly type: 'turn' | 'tick' | 'resume' }
  | { readonly type: 'buffer'; readonly full: boolean; readonly takes: boolean };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: write.map((command): Step => ({ type: 'write', command })) },
  { weight: 4, arbitrary: fc.constantFrom<Step>({ type: 'turn' }, { type: 'tick' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ type: 'resume' }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('buffer' as const), full: fc.boolean(), takes: fc.boolean() }) },
);
const wanted = fc.oneof(
  fewKeys.map((key) => ({ key })),
  fc.record({ prefix: fc.constantFrom('', 'a', '😀') }),
  fc.record({ start: fewKeys, end: fewKeys }),
);

function isWanted(
  what: { readonly key?: string; readonly prefix?: string; readonly start?: string; readonly end?: string },
  key: string,
): boolean {
  if (what.key !== undefined) return key === what.key;
  return (
    key.startsWith(what.prefix ?? '') &&
    byBytes(key, what.start ?? '') >= 0 &&
    (what.end === undefined || byBytes(key, what.end) < 0)
  );
}

const keyOf = (change: Change): string => (change.type === 'put' ? change.kv.key : change.key);

afterEach(() => {
  vi.useRealTimers();
});

describe('a watch', () => {
  it('tells every change that is wanted once, in order, however it is interrupted and resumed', () => {
    vi.useFakeTimers();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), wanted, fc.boolean(), fc.nat({ max: 10 }), (steps, what, prevKv, before) => {
        const world = new World();
        for (let i = 0; i < before; i += 1) world.put('a', String(i));
        const watches = new Watches(world);
        let connection = new Connection();
        const heard: Notice['events'] = [];
        let upTo = Math.floor(before / 2);
        let id = watches.open(connection, { ...what, prevKv, fromRevision: upTo + 1 }).watch;
        const collect = (): void => {
          heard.push(...connection.events(id));
          upTo = connection.notices.at(-1)?.revision ?? upTo;
          connection.close();
        };
        for (const each of steps) {
          if (each.type === 'write') world.apply(each.command);
          if (each.type === 'turn') world.turn();
          if (each.type === 'tick') vi.advanceTimersByTime(60);
          if (each.type === 'buffer') {
            connection.bufferedBytes = each.full ? 2 ** 21 : 0;
            connection.takes = each.takes;
          }
          if (each.type === 'resume') {
            collect();
            connection = new Connection();
            id = watches.open(connection, { ...what, prevKv, fromRevision: upTo + 1 }).watch;
          }
        }
        connection.bufferedBytes = 0;
        connection.takes = true;
        vi.advanceTimersByTime(200);
        collect();
        const expected = world.made.filter((change) => change.revision > Math.floor(before / 2) && isWanted(what, keyOf(change)));
        expect(heard).toEqual(
          expected.map((change) => ({
            ...(change.type === 'put' ? { type: 'put', kv: change.kv } : { type: 'delete', key: change.key }),
            revision: change.revision,
            ...(prevKv ? { prevKv: change.previous } : {}),
          })),
        );
        expect([watches.count, world.listeners.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it('ends with COMPACTED when the history has gone past what its watcher reads', () => {
    vi.useFakeTimers();
    const world = new World(10);
    const watches = new Watches(world);
    const connection = new Connection();
    watches.open(connection, { key: 'a' });
    connection.bufferedBytes = 2 ** 21;
    for (let i = 0; i < 20; i += 1) world.put('a');
    world.turn();
    expect(connection.notices).toMatchObject([
      { watch: 1, events: [], revision: 0, ended: { kind: 'COMPACTED', compactedBelow: 10 } },
    ]);
    expect(watches.count).toBe(0);
  });

  it('is refused from a revision that is forgotten, and waits for one that is yet to come', () => {
    vi.useFakeTimers();
    const world = new World(10);
    for (let i = 0; i < 20; i += 1) world.put('a');
    const watches = new Watches(world);
    const connection = new Connection();
    const open = (fromRevision: number) => () => watches.open(connection, { key: 'a', fromRevision });
    expect(open(10)).toThrow(
      expect.objectContaining({ kind: 'COMPACTED', data: expect.objectContaining({ compactedBelow: 10 }) }),
    );
    expect(open(11)()).toEqual({ watch: 1, revision: 20 });
    expect(open(23)()).toEqual({ watch: 2, revision: 20 });
    vi.advanceTimersByTime(1);
    for (let i = 0; i < 4; i += 1) world.put('a');
    world.turn();
    expect(connection.events(1).map((event) => event.revision)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(connection.events(2).map((event) => event.revision)).toEqual([23, 24]);
  });

  it('sends many changes in notifications of a bounded size, and goes on by itself', () => {
    vi.useFakeTimers();
    const world = new World(10_000);
    for (let i = 0; i < 6_000; i += 1) world.put(`k${i % 3}`, 'v'.repeat(300));
    const connection = new Connection();
    new Watches(world).open(connection, { prefix: '', fromRevision: 1 });
    vi.advanceTimersByTime(200);
    expect(connection.events(1).map((event) => event.revision)).toEqual(Array.from({ length: 6_000 }, (_, i) => i + 1));
    expect(Math.max(...connection.notices.map(({ events }) => events.length))).toBe(LIMITS.watchEvents);
    expect(Math.max(...connection.notices.map((notice) => JSON.stringify(notice).length))).toBeLessThan(1.2 * LIMITS.rangeBytes);
  });

  it('leaves out what was replaced where both do not fit into a frame', () => {
    vi.useFakeTimers();
    const world = new World();
    const huge = '\0'.repeat(LIMITS.valueBytes);
    world.put('a', huge);
    world.put('a', huge);
    const connection = new Connection();
    new Watches(world).open(connection, { key: 'a', fromRevision: 1, prevKv: true });
    vi.advanceTimersByTime(1);
    expect(connection.events(1).map((event) => 'prevKv' in event)).toEqual([true, false]);
    expect(Math.max(...connection.notices.map((notice) => JSON.stringify(notice).length))).toBeLessThan(LIMITS.replyFrameBytes);
  });

  it('hears now and then how far it was told, though nothing concerns it', () => {
    const world = new World(5_000);
    const connection = new Connection();
    new Watches(world).open(connection, { key: 'quiet' });
    for (let i = 0; i < 2_500; i += 1) {
      world.put('noisy');
      world.turn();
    }
    expect(connection.notices.map(({ events, revision }) => [events.length, revision])).toEqual([
      [0, 1_000],
      [0, 2_000],
    ]);
    connection.close();
  });

  it('ends when its node has heard no leader for long', () => {
    vi.useFakeTimers();
    const world = new World();
    const watches = new Watches(world);
    const connection = new Connection();
    watches.open(connection, { key: 'a' });
    world.leads = null;
    vi.advanceTimersByTime(2_900);
    expect(watches.count).toBe(1);
    world.leads = { id: nodeId('n2'), url: '' };
    vi.advanceTimersByTime(1_000);
    world.leads = null;
    vi.advanceTimersByTime(2_900);
    expect(watches.count).toBe(1);
    vi.advanceTimersByTime(200);
    expect([watches.count, connection.notices.at(-1)?.ended?.kind]).toEqual([0, 'NO_QUORUM']);
  });

  it('has a number of its own, and there are only so many', () => {
    const watches = new Watches(new World());
    const connection = new Connection();
    expect(watches.open(connection, { key: 'a', watch: 2 }).watch).toBe(2);
    expect(() => watches.open(connection, { key: 'a', watch: 2 })).toThrow(RpcError);
    for (let i = 1; i < LIMITS.watchesPerConnection; i += 1) expect(watches.open(connection, { key: 'a' }).watch).not.toBe(2);
    expect(() => watches.open(connection, { key: 'a' })).toThrow(expect.objectContaining({ kind: 'OVERLOADED' }));
    expect(watches.close(connection, 2)).toBe(true);
    expect(watches.close(connection, 2)).toBe(false);
    expect(watches.open(connection, { key: 'a' }).watch).toBe(2);
    connection.close();
    expect(watches.count).toBe(0);
  });

  it('that was ended hears nothing more', () => {
    const world = new World();
    const watches = new Watches(world);
    const connection = new Connection();
    const { watch } = watches.open(connection, { key: 'a' });
    watches.close(connection, watch);
    world.put('a');
    world.turn();
    expect([connection.notices, world.listeners.size]).toEqual([[], 0]);
  });
});
