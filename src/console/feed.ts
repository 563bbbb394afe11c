/** From the driver to the store: at most ten times a second, less often while only numbers run, and not at all when nothing happens. */
import { LIMITS } from '../base/limits.ts';
import type { ChecksPicture, ClusterDriver, ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import { clockIntervalOf, runsWithTime } from './clock.ts';
import { motionBetween } from './moves.ts';
import type { Store } from './store.ts';

const FRAME_MS = 100;
/** Numbers that run on and on, as under load, are drawn so often while nothing else happens. */
const RUNNING_MS = 250;
/** For so long after something has happened every frame counts. */
const LIVELY_MS = 5_000;
/** Statuses of nodes that stand still differ in round trips and memory only: those are not worth ten frames a second. */
const QUIET_MS = 1_000;
/** And of those one in so long is drawn, in views that do not run with the time. */
const DRAW_QUIET_MS = 5_000;
/** Frames of data may take one part in so many of a processor, and half of that while only numbers run; keys are always drawn at once. */
const SHARE = 20;

/** How long data waits for the next frame, in milliseconds, when drawing one costs `frameCostMs`. */
export function dataInterval(frameCostMs: number): number {
  return Math.max(FRAME_MS, Math.min(5 * FRAME_MS, frameCostMs * SHARE));
}

/** The same while only numbers run; `liveMs` is what it would be otherwise. */
const runningInterval = (liveMs: number): number => Math.max(RUNNING_MS, Math.min(5 * FRAME_MS, 2 * liveMs));

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
    let turn: NodeJS.Immediate | null = null;
    // A key that has come meanwhile goes first: it is read between the timers and the end of the turn.
    const timer = setTimeout(() => {
      turn = setImmediate(run);
    }, delayMs);
    return () => {
      clearTimeout(timer);
      if (turn !== null) clearImmediate(turn);
    };
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

/** Where each frame of data leaves a trace. */
type Record = (
  picture: ClusterPicture,
  events: readonly ClusterEvent[],
  now: number,
  wall: number,
  checks: ChecksPicture | null,
) => void;

/** Returns what ends it. */
export function startFeed(
  driver: ClusterDriver,
  store: Store,
  clockwork: Clockwork,
  intervalMs: () => number = () => FRAME_MS,
  record: Record = () => {},
): () => void {
  const waiting = new WaitingEvents();
  const clock = startClock(store, clockwork, intervalMs);
  let flushedAt = Number.NEGATIVE_INFINITY;
  let flushed: ClusterPicture | null = null;
  let happenedAt = clockwork.now();
  let drawnAt = Number.NEGATIVE_INFINITY;

  const flush = (): void => {
    const now = clockwork.now();
    const { events, dropped } = waiting.take();
    const [picture, checks, wall] = [driver.picture(), driver.checks(), clockwork.wall()];
    const isQuiet = events.length === 0 && happenedAt < flushedAt && motionBetween(flushed, picture) === 'still';
    const isDrawn = !isQuiet || now - drawnAt >= DRAW_QUIET_MS || runsWithTime(store.state);
    flushedAt = now;
    flushed = picture;
    record(picture, events, now, wall, checks);
    const message = { type: 'data', picture, ownsNodes: driver.ownsNodes, checks, events, dropped, now, wall } as const;
    if (isDrawn) {
      drawnAt = now;
      store.dispatch(message);
    } else store.take(message);
    // Data brings the time along.
    clock.rewind();
  };
  const next = alarm(clockwork, flush);
  const soon = (): void => {
    happenedAt = clockwork.now();
    next.by(flushedAt + intervalMs());
  };
  const atLeisure = (): void => {
    const isLively = clockwork.now() - happenedAt < LIVELY_MS;
    next.by(flushedAt + (isLively ? intervalMs() : runningInterval(intervalMs())));
  };
  const look = (): void => {
    const motion = motionBetween(flushed, driver.picture());
    if (motion === 'turns') soon();
    else if (motion === 'runs') atLeisure();
    else next.by(flushedAt + QUIET_MS);
  };
  const take = (event: ClusterEvent): void => {
    waiting.add(event);
    soon();
  };
  const stops = [driver.onPicture(look), driver.onChecks(soon), driver.onEvent(take), clock.stop];
  flush();
  return () => {
    for (const stop of stops) stop();
    next.cancel();
  };
}

/** Events for the next frame: at most a ring of them, the oldest going first. */
class WaitingEvents {
  #events: ClusterEvent[] = [];
  #dropped = 0;

  add(event: ClusterEvent): void {
    if (this.#events.length >= LIMITS.eventRing) {
      this.#events.shift();
      this.#dropped += 1;
    }
    this.#events.push(event);
  }

  take(): { readonly events: readonly ClusterEvent[]; readonly dropped: number } {
    const taken = { events: this.#events, dropped: this.#dropped };
    this.#events = [];
    this.#dropped = 0;
    return taken;
  }
}

/** Only what shows an age or a timer needs a clock; without it an idle console sleeps. */
function startClock(store: Store, clockwork: Clockwork, intervalMs: () => number): { rewind(): void; stop(): void } {
  let cancel: (() => void) | null = null;
  const wind = (): void => {
    const interval = clockIntervalOf(store.state);
    if (interval === null || cancel !== null) return;
    cancel = clockwork.after(Math.max(interval, intervalMs()), () => {
      cancel = null;
      store.dispatch({ type: 'clock', now: clockwork.now(), wall: clockwork.wall() });
      wind();
    });
  };
  const end = (): void => {
    cancel?.();
    cancel = null;
  };
  const unsubscribe = store.subscribe(wind);
  return {
    rewind: () => {
      end();
      wind();
    },
    stop: () => {
      unsubscribe();
      end();
    },
  };
}
