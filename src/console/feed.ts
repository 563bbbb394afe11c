/** From the driver to the store: at most ten times a second, and not at all when nothing happens. */
import { LIMITS } from '../base/limits.ts';
import type { ClusterDriver, ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import { clockIntervalOf } from './clock.ts';
import type { Store } from './store.ts';

const FRAME_MS = 100;
/** Data may take one part in so many of a processor; keys are always drawn at once. */
const SHARE = 12;

/** How long data waits for the next frame, in milliseconds, when drawing one costs `frameCostMs`. */
export function dataInterval(frameCostMs: number): number {
  return Math.max(FRAME_MS, Math.min(5 * FRAME_MS, frameCostMs * SHARE));
}

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
export function startFeed(
  driver: ClusterDriver,
  store: Store,
  clockwork: Clockwork,
  intervalMs: () => number = () => FRAME_MS,
  record: (picture: ClusterPicture, events: readonly ClusterEvent[], now: number, wall: number) => void = () => {},
): () => void {
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
    const picture = driver.picture();
    record(picture, events, flushedAt, clockwork.wall());
    store.dispatch({
      type: 'data',
      picture,
      ownsNodes: driver.ownsNodes,
      checks: driver.checks(),
      events,
      dropped: lost,
      now: flushedAt,
      wall: clockwork.wall(),
    });
    windClock();
  };
  const schedule = (): void => {
    cancelFlush ??= clockwork.after(Math.max(0, flushedAt + intervalMs() - clockwork.now()), flush);
  };
  // Only what shows an age or a timer needs a clock; without it an idle console sleeps.
  const windClock = (): void => {
    const interval = clockIntervalOf(store.state);
    if (interval === null || cancelClock !== null) return;
    cancelClock = clockwork.after(Math.max(interval, intervalMs()), () => {
      cancelClock = null;
      store.dispatch({ type: 'clock', now: clockwork.now(), wall: clockwork.wall() });
      windClock();
    });
  };
  const stops = [
    driver.onPicture(schedule),
    driver.onChecks(schedule),
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
