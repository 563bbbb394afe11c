import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { revision } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import type { Operation } from '../../src/check/history.ts';
import { judgeWindows } from '../../src/check/windows.ts';
import type { KvClient, Written } from '../../src/cluster/driver.ts';
import { RecordedKv } from '../../src/cluster/native/watch/recorded-kv.ts';
import { Traffic } from '../../src/cluster/native/watch/traffic.ts';
import { TrafficJudge } from '../../src/cluster/native/watch/traffic-judge.ts';
import { FakeKv } from '../support/fake-driver.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function watched(kv: KvClient = new FakeKv()) {
  const judged: (readonly Operation[])[] = [];
  const acknowledged: Written[] = [];
  const hold: { release: (() => void) | null } = { release: null };
  let isHeld = false;
  const traffic = new Traffic({
    judge: async (operations) => {
      judged.push(operations);
      if (isHeld) await new Promise<void>((resolve) => (hold.release = resolve));
      return judgeWindows(operations, 10_000);
    },
    onVerdict: () => {},
  });
  const store = new RecordedKv(kv, { traffic, acknowledged: (written) => acknowledged.push(written) });
  const pause = (): Promise<unknown> => vi.advanceTimersByTimeAsync(300);
  return { traffic, store, judged, acknowledged, pause, hold: () => (isHeld = true), release: () => hold.release?.() };
}

describe('the traffic of this program', () => {
  it('has no verdict while there is none', async () => {
    const { traffic, pause } = watched();
    await pause();
    expect(traffic.picture()).toMatchObject({ verdict: 'none', checked: 0, lastAt: null });
  });

  it('is judged in the next pause, and writes are told by their place in the log', async () => {
    const { traffic, store, pause, acknowledged } = watched();
    await store.put('k', '1');
    await store.get('k');
    await store.cas('k', '1', '2');
    await store.delete('k');
    await store.range({ prefix: 'k' });
    expect(traffic.picture()).toMatchObject({ verdict: 'none', waiting: 5 });
    await pause();
    expect(traffic.picture()).toMatchObject({ verdict: 'linearizable', waiting: 0, leftOut: 0, culprit: null });
    expect(traffic.picture().checked).toBe(5);
    expect(acknowledged).toHaveLength(1);
  });

  it('asks a write of unknown outcome again, and finds nothing wrong with what comes of it', async () => {
    const kv = new FakeKv();
    const { traffic, store, pause } = watched(kv);
    kv.fail = new RpcError('UNKNOWN_OUTCOME');
    await expect(store.put('k', '1')).rejects.toThrow();
    kv.fail = null;
    kv.set('k', '1');
    kv.retried = { method: 'kv.put', key: 'k', revision: 1, changed: true };
    expect(await store.retryUnknown()).toEqual(kv.retried);
    await store.get('k');
    await pause();
    expect(traffic.picture()).toMatchObject({ verdict: 'linearizable', unknown: 1 });
  });

  it('is not linearizable when a read misses a write, and stays so', async () => {
    const kv = new FakeKv();
    const { traffic, store, pause } = watched(kv);
    await store.put('k', 'new');
    kv.get = async () => ({ kv: null, revision: 1 });
    await store.get('k');
    await pause();
    expect(traffic.picture()).toMatchObject({ verdict: 'not-linearizable', detail: expect.stringContaining('get "k"') });
    expect(traffic.picture().culprit?.violations.length).toBeGreaterThan(0);
    await store.put('k', 'again');
    await pause();
    expect(traffic.picture().verdict).toBe('not-linearizable');
  });

  it('is not linearizable when an answer is older than one that came before its call, at once', async () => {
    const kv = new FakeKv();
    const { traffic, store } = watched(kv);
    await store.put('a', '1');
    await store.put('a', '2');
    kv.get = async () => ({ kv: null, revision: 1 });
    await store.get('other');
    expect(traffic.picture()).toMatchObject({
      verdict: 'not-linearizable',
      detail: expect.stringContaining('had told revision 2'),
    });
  });

  it('may be overtaken by an answer to a later call', async () => {
    const kv = new FakeKv();
    const { traffic, store, pause } = watched(kv);
    await store.put('a', '1');
    let answer = (): void => {};
    const slow = kv.get.bind(kv);
    kv.get = async (key) => {
      const found = await slow(key);
      await new Promise<void>((resolve) => (answer = resolve));
      return found;
    };
    const read = store.get('a');
    await Promise.resolve();
    await store.put('a', '2');
    answer();
    expect((await read).kv?.value).toBe('1');
    await pause();
    expect(traffic.picture()).toMatchObject({ verdict: 'linearizable' });
  });

  it('passes errors on; what may have happened is not held against the store', async () => {
    const kv = new FakeKv();
    const { traffic, store, pause } = watched(kv);
    kv.fail = new RpcError('UNKNOWN_OUTCOME', {});
    await expect(store.put('k', '1')).rejects.toThrow(RpcError);
    kv.fail = new RpcError('NO_QUORUM', {});
    await expect(store.put('k', '2')).rejects.toThrow(RpcError);
    kv.fail = null;
    kv.set('k', '1');
    await store.get('k');
    await pause();
    expect(traffic.picture()).toMatchObject({ verdict: 'linearizable', unknown: 1 });
  });

  it('leaves reads alone that may be old', async () => {
    const { store, judged, pause } = watched();
    await store.get('k', { consistency: 'stale' });
    await pause();
    expect(judged).toEqual([]);
  });

  it('keeps little of a load that is quicker than the checks, and says what it left out', async () => {
    const { traffic, store, hold, release, pause } = watched();
    hold();
    for (let i = 0; i < 7_000; i += 1) await store.put('k', `${i} ${'long '.repeat(100)}`);
    expect(traffic.picture().waiting).toBeLessThanOrEqual(4_096);
    release();
    await pause();
    release();
    await pause();
    const { checked, leftOut, waiting } = traffic.picture();
    expect(leftOut).toBeGreaterThan(1_000);
    expect(checked + leftOut + waiting).toBe(7_000);
  });

  it('is judged on a thread of its own', async () => {
    vi.useRealTimers();
    const judge = new TrafficJudge();
    const base = { process: 'c1', outcome: 'ok', stale: false, op: 'get', key: 'k' } as const;
    const at = revision(3);
    const one: Operation = { ...base, call: 0, return: 1, revision: at, result: { value: 'a' } };
    const other: Operation = { ...base, call: 2, return: 3, revision: at, result: { value: 'b' } };
    expect(await judge.judge([one])).toMatchObject({ linearizable: 1, culprit: null });
    expect((await judge.judge([one, other]))?.culprit?.verdict).toBe('not-linearizable');
    judge.stop();
  });
});
