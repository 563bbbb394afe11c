/** From the driver to the store: at most ten times a second, and not at all when nothing happens. */
import { LIMITS } from '../base/limits.ts';
import type { ChecksPicture, ClusterDriver, ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import { clockIntervalOf } from './clock.ts';
import { moves } from './moves.ts';
import type { Store } from './store.ts';

const FRAME_MS = 100;
/** Statuses of nodes that stand still differ in round trips and memory only: those are not worth ten frames a second. */
const QUIET_MS = 1_000;
/** Frames of data may take one part in so many of a processor; keys are always drawn at once. */
const SHARE = 20;

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

/** One timer for several wishes: the earliest counts. */
function alarm(clockwork: Clockwork, run: () => void): { readonly by: (due: number) => void; readonly cancel: () => void } {
  let waiting: { readonly due: number; readonly cancel: () => void } | null = null;
  const cancel = (): void => {
    waiting?.cancel();
    waiting = null;
  };
  const by = (due: number): void => {
    if (waiting !== null && waiting.due <= due) return;
    cancel();
    const end = clockwork.after(Math.max(0, due - clockwork.now()), () => {
      waiting = null;
      run();
    });
    waiting = { due, cancel: end };
  };
  return { by, cancel };
}

/** Returns what ends it. */
export function startFeed(
  driver: ClusterDriver,
  store: Store,
  clockwork: Clockwork,
  intervalMs: () => number = () => FRAME_MS,
  record: (
    picture: ClusterPicture,
    events: readonly ClusterEvent[],
    now: number,
    wall: number,
    checks: ChecksPicture | null,
  ) => void = () => {},
): () => void {
  let pending: ClusterEvent[] = [];
  let dropped = 0;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let flushed: ClusterPicture | null = null;
  let cancelClock: (() => void) | null = null;

  const flush = (): void => {
    flushedAt = clockwork.now();
    const events = pending;
    const lost = dropped;
    pending = [];
    dropped = 0;
    const picture = driver.picture();
    flushed = picture;
    const checks = driver.checks();
    record(picture, events, flushedAt, clockwork.wall(), checks);
    store.dispatch({
      type: 'data',
      picture,
      ownsNodes: driver.ownsNodes,
      checks,
      events,
      dropped: lost,
      now: flushedAt,
      wall: clockwork.wall(),
    });
    windClock();
  };
  const next = alarm(clockwork, flush);
  const soon = (): void => next.by(flushedAt + intervalMs());
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
    driver.onPicture(() => (moves(flushed, driver.picture()) ? soon() : next.by(flushedAt + QUIET_MS))),
    driver.onChecks(soon),
    driver.onEvent((event) => {
      if (pending.length >= LIMITS.eventRing) {
        pending.shift();
        dropped += 1;
      }
      pending.push(event);
      soon();
    }),
    store.subscribe(windClock),
  ];
  flush();
  return () => {
    for (const stop of stops) stop();
    next.cancel();
    cancelClock?.();
  };
}
