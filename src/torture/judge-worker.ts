/** The thread in which histories are judged, one after the other. */
import { parentPort } from 'node:worker_threads';
import { HistoryCheck } from '../check/check.ts';
import type { Operation } from '../check/history.ts';
import { timelineLines } from '../check/timeline.ts';
import { timelinePage } from '../check/timeline-html.ts';
import type { JudgeAnswer, Judgement, JudgeRequest } from './judge.ts';

const PICTURE_WIDTH = 100;

function judgementOf(title: string, operations: readonly Operation[]): Judgement {
  const check = new HistoryCheck(operations);
  while (check.advance());
  const report = check.report();
  const violations = report.violations.map(({ rule, text }) => `${rule}: ${text}`);
  const broken = report.verdict === 'not-linearizable';
  return {
    verdict: report.verdict,
    violations,
    states: report.states,
    picture: broken ? timelineLines(report, { width: PICTURE_WIDTH, ascii: false }) : [],
    page: broken ? timelinePage(report, { title, lines: violations }) : null,
  };
}

parentPort?.on('message', ({ id, title, operations }: JudgeRequest) => {
  const answer: JudgeAnswer = { id, judgement: judgementOf(title, operations) };
  parentPort?.postMessage(answer);
});
