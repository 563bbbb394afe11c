/** The thread that judges recorded operations: a search may take a second, and the console must not stand still for it. */
import { parentPort } from 'node:worker_threads';
import { judgeWindows } from '../../../check/windows.ts';
import type { TrafficAnswer, TrafficTask } from './traffic-judge.ts';

/** Configurations for each window: well under a second. */
const BUDGET = 500_000;

parentPort?.on('message', ({ id, operations }: TrafficTask) => {
  const answer: TrafficAnswer = { id, verdict: judgeWindows(operations, BUDGET) };
  parentPort?.postMessage(answer);
});
