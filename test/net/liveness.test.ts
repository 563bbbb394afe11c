import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { Liveness } from '../../src/net/liveness.ts';

const EVERY_MS = 10;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection at whose other end nobody answers, and the number of pings it was given. */
function watched(measures: boolean) {
  const socket = Object.assign(new EventEmitter(), { readyState: 1, OPEN: 1, ping: vi.fn() });
  const onDead = vi.fn();
  const options = { everyMs: EVERY_MS, measures, paused: () => false, onDead };
  const liveness = new Liveness(socket as unknown as WebSocket, options);
  const round = (): number => {
    vi.advanceTimersByTime(EVERY_MS);
    return socket.ping.mock.calls.length;
  };
  return { liveness, onDead, round };
}

describe('a sign of life', () => {
  it('is asked for in every round where round trips are measured', () => {
    const { liveness, round } = watched(true);
    for (const pings of [2, 3, 4]) {
      liveness.heard();
      expect(round()).toBe(pings);
    }
    liveness.stop();
  });

  it('is not asked for, elsewhere, of one that was just heard', () => {
    const { liveness, onDead, round } = watched(false);
    for (let rounds = 0; rounds < 3; rounds += 1) {
      liveness.heard();
      expect(round()).toBe(1);
    }
    expect([round(), round()]).toEqual([2, 3]);
    expect(onDead).not.toHaveBeenCalled();
    round();
    expect(onDead).toHaveBeenCalledOnce();
    liveness.stop();
  });
});
