import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RpcError } from '../../src/base/errors.ts';
import { type LoadOptions, type LoadTarget, runLoad } from '../../src/cli/bench-load.ts';
import { openLoop } from '../../src/cli/bench-pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function options(changes: Partial<LoadOptions> = {}): LoadOptions {
  const signal = new AbortController().signal;
  return { clients: 1, seconds: 4, warmUpSeconds: 0, mix: 'put', rate: 100, valueBytes: 4, keys: 8, signal, ...changes };
}

/** A store whose every call takes `serviceMs`, and which counts them. */
function store(serviceMs: (call: number) => number): LoadTarget & { calls: number } {
  const target = {
    calls: 0,
    call: (): Promise<void> => {
      target.calls += 1;
      const ms = serviceMs(target.calls);
      return new Promise((resolve) => setTimeout(resolve, ms));
    },
    put: () => target.call(),
    get: () => target.call(),
    range: () => target.call(),
  };
  return target;
}

async function measured(target: LoadTarget, given: LoadOptions) {
  const running = runLoad([target], given);
  await vi.runAllTimersAsync();
  return running;
}

describe('an open loop', () => {
  it('counts a stall for all that were due in it, not for the one call that met it', async () => {
    const stalling = store((call) => (call === 100 ? 1_000 : 1));
    const { latency, neverSent, operations, perSecond } = await measured(stalling, options());
    expect([operations, neverSent, stalling.calls]).toEqual([400, 0, 400]);
    expect(perSecond).toBeCloseTo(100, 0);
    // A hundred were due during the stall; one answer after the other, they waited from 1,000 ms downwards.
    expect(latency.percentile(0.7)).toBeLessThan(50);
    expect(latency.percentile(0.9)).toBeGreaterThan(500);
    expect(latency.max).toBeGreaterThanOrEqual(1_000);
  });

  it('sends at the given rate, however slow the answers are, as long as a client is free', async () => {
    const slow = store(() => 500);
    const { latency, lateness, operations } = await measured(slow, options({ clients: 60 }));
    expect(operations).toBe(400);
    expect(latency.max).toBeLessThan(505);
    expect(lateness.max).toBeLessThanOrEqual(1);
  });

  it('ends soon under ten times what the store can take, and hides nobody who was never served', async () => {
    const { latency, neverSent, operations, perSecond } = await measured(
      store(() => 100),
      options(),
    );
    expect(perSecond).toBeCloseTo(10, 0);
    expect(operations + neverSent).toBe(400);
    expect(neverSent).toBeGreaterThan(340);
    expect(latency.count).toBe(400);
    expect(latency.percentile(0.5)).toBeGreaterThan(1_500);
    expect(performance.now()).toBeLessThan(5_500);
  });

  it('groups what is left over, however much it is', () => {
    const groups = [...openLoop(1_000_000, 0, 10_000).leftOver()];
    expect(groups.length).toBeLessThanOrEqual(1_000);
    expect(groups.reduce((sum, { times }) => sum + times, 0)).toBe(10_000_000);
    expect(groups[0]?.due).toBe(0);
  });
});

describe('a closed loop', () => {
  it('measures neither the warm-up nor more than its time', async () => {
    const looks: number[] = [];
    const given = options({ clients: 2, rate: null, seconds: 1, warmUpSeconds: 1 });
    const running = runLoad([store(() => 10)], given, { measured: async (_, completed) => void looks.push(completed) });
    await vi.runAllTimersAsync();
    const { errors, operations, perSecond, slices } = await running;
    expect(operations).toBeGreaterThanOrEqual(198);
    expect(operations).toBeLessThanOrEqual(202);
    expect(perSecond).toBeCloseTo(200, -1);
    expect(slices.reduce((sum, slice) => sum + slice.perSecond, 0) / slices.length).toBeCloseTo(perSecond, 0);
    expect(errors.size).toBe(0);
    const [begin = 0, end = 0] = looks;
    expect(end - begin).toBeGreaterThanOrEqual(198);
    expect(begin).toBeGreaterThan(190);
  });

  it('counts errors by kind and keeps them out of the latencies', async () => {
    let calls = 0;
    const put = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      calls += 1;
      if (calls % 2 === 0) throw new RpcError('OVERLOADED');
      if (calls % 5 === 0) throw new Error('not ours');
    };
    const broken: LoadTarget = { ...store(() => 1), put };
    const { errors, latency, operations } = await measured(broken, options({ rate: null, seconds: 1 }));
    expect(errors.get('OVERLOADED')).toBe(50);
    expect(errors.get('OTHER')).toBe(10);
    expect(latency.count).toBe(operations);
    expect(operations).toBe(40);
  });
});
