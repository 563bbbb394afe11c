import { performance } from 'node:perf_hooks';
import { clusterTime, millis } from '../base/brand.ts';
import type { Clock } from '../replica/ports.ts';

/** The machine's own time: monotonic for decisions, wall clock for people. */
export const realClock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => clusterTime(Date.now()),
  after: (delay, run) => {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
  // The check phase follows the poll phase: everything the sockets held has been read by then.
  soon: (run) => void setImmediate(run),
};
