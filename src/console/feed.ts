/** From the driver to the store: at most ten times a second, and not at all when nothing happens. */
import { LIMITS } from '../base/limits.ts';
import type { ClusterDriver, ClusterEvent } from '../cluster/driver.ts';
import { clockIntervalOf } from './clock.ts';
import type { Store } from './store.ts';

const FRAME_MS = 100;

/** Time and timers, so that tests need no waiting. */
export interface Clockwork {
  now(): number;
  wall(): number;
  /** Returns what ends the timer. */
  after(delayMs: number, run: () => void): () => void;
}

export const REAL_CLOCKWORK: Clockwork = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Returns what ends it. */
export function startFeed(driver: ClusterDriver, store: Store, clockwork: Clockwork): () => void {
  let pending: ClusterEvent[] = [];
  let dropped = 0;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let cancelFlush: (() => void) | null = null;
  let cancelClock: (() => void) | null = null;

  const flush = (): void => {
    cancelFlush = null;
    flushedAt = clockwork.now();
    const events = pending;
    const lost = dropped;
    pending = [];
    dropped = 0;
    store.dispatch({
      type: 'data',
      picture: driver.picture(),
      ownsNodes: driver.ownsNodes,
      events,
      dropped: lost,
      now: flushedAt,
      wall: clockwork.wall(),
    });
    windClock();
  };
  const schedule = (): void => {
    cancelFlush ??= clockwork.after(Math.max(0, flushedAt + FRAME_MS - clockwork.now()), flush);
  };
  // Only what shows an age or a timer needs a clock; without it an idle console sleeps.
  const windClock = (): void => {
    const interval = clockIntervalOf(store.state);
    if (interval === null || cancelClock !== null) return;
    cancelClock = clockwork.after(interval, () => {
      cancelClock = null;
      store.dispatch({ type: 'clock', now: clockwork.now(), wall: clockwork.wall() });
      windClock();
    });
  };
  const stops = [
    driver.onPicture(schedule),
    driver.onEvent((event) => {
      if (pending.length >= LIMITS.eventRing) {
        pending.shift();
        dropped += 1;
      }
      pending.push(event);
      schedule();
    }),
    store.subscribe(windClock),
  ];
  flush();
  return () => {
    for (const stop of stops) stop();
    cancelFlush?.();
    cancelClock?.();
  };
}
