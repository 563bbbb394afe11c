import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { clusterTime, millis } from '../base/brand.ts';
import { gatherFrames } from '../net/carrier.ts';
import type { Clock } from '../replica/ports.ts';
import { BusyPoll } from './busy-poll.ts';
import { waitedForProcessor } from './processor-wait.ts';

/** What is to run after the sockets were read; one callback of the loop for all of it. */
let due: (() => void)[] = [];

const poll = new BusyPoll({ now: () => performance.now(), next: (run) => void setImmediate(run) });
/** On the only processor, whoever looks keeps those from working whom it waits for. */
const mayPoll = availableParallelism() > 1;

function runDue(): void {
  const now = due;
  due = [];
  for (const run of now) run();
}

function turn(): void {
  poll.arrived();
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
  expect: (what) => {
    if (mayPoll) poll.expect(what);
  },
  waited: waitedForProcessor,
};
