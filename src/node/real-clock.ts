import { performance } from 'node:perf_hooks';
import { clusterTime, millis } from '../base/brand.ts';
import { gatherFrames } from '../net/carrier.ts';
import type { Clock } from '../replica/ports.ts';

/** What is to run after the sockets were read; one callback of the loop for all of it. */
let due: (() => void)[] = [];

function runDue(): void {
  const now = due;
  due = [];
  for (const run of now) run();
}

function turn(): void {
  gatherFrames(runDue);
}

/** The machine's own time: monotonic for decisions, wall clock for people. */
export const realClock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => clusterTime(Date.now()),
  after: (delay, run) => {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
  // The check phase follows the poll phase: everything the sockets held has been read by then.
  soon: (run) => {
    if (due.push(run) === 1) setImmediate(turn);
  },
};
