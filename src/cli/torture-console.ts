/** A torture run in the console: on the view of the checks, and on the line above the keys of every other. */
import type { ClusterDriver } from '../cluster/driver.ts';
import { driverWith } from '../scenario/driver-with.ts';
import type { TortureEnd, TortureProgress, TortureTold } from '../torture/progress.ts';
import { type TortureReport, VERDICT_WORDS } from '../torture/report.ts';
import type { Invocation } from './io.ts';
import { showConsole } from './open-console.ts';

export interface TortureDone {
  readonly report: TortureReport;
  /** The report for people. */
  readonly lines: readonly string[];
  readonly folder: string;
}

export type RunTorture = (onProgress: (progress: TortureProgress) => void, signal: AbortSignal) => Promise<TortureDone>;

const INTERRUPTED = 130;
const TELL_EVERY_MS = 450;

/** Resolves when the console is left, which ends a run that goes on. Rejects when the run could not be made or recorded. */
export async function tortureInConsole(
  invocation: Invocation,
  driver: ClusterDriver,
  run: RunTorture,
  interrupt: AbortSignal,
): Promise<{ readonly done: TortureDone; readonly exit: number }> {
  const leaving = new AbortController();
  const telling = new Telling();
  const running = run((progress) => telling.progress(progress), AbortSignal.any([interrupt, leaving.signal]));
  let isOver = false;
  running.then(
    (done) => {
      isOver = true;
      telling.end(endOf(done));
    },
    (error: unknown) => telling.end(failureOf(error)),
  );
  let left = 0;
  try {
    // Whatever is done to the cluster is done by the run.
    left = await showConsole(invocation, driverWith(driver, { capabilities: new Set() }), { torture: telling.show });
  } finally {
    if (!isOver) invocation.io.err.write('ending the run: everything is healed, what was seen is judged\n');
    leaving.abort();
    await running.catch(() => null);
  }
  const done = await running;
  // A console that broke down says so with its own code.
  return { done, exit: done.report.exit === INTERRUPTED && left !== 0 ? left : done.report.exit };
}

function endOf({ report, folder }: TortureDone): TortureEnd {
  const { verdict, broken, failed } = report;
  return { verdict, text: VERDICT_WORDS[verdict], problems: [...broken, ...failed], folder };
}

function failureOf(error: unknown): TortureEnd {
  const text = error instanceof Error ? error.message : String(error);
  return { verdict: 'failed', text: 'the run broke off', problems: [text], folder: null };
}

/** Tells the console when something has changed that people wait for, and else a few times a second: drawing costs. */
class Telling {
  #told: TortureTold = { progress: null, end: null };
  #toldAt = Number.NEGATIVE_INFINITY;
  #show: (told: TortureTold) => void = () => {};

  readonly show = (show: (told: TortureTold) => void): (() => void) => {
    this.#show = show;
    show(this.#told);
    return () => {
      this.#show = () => {};
    };
  };

  progress(progress: TortureProgress): void {
    const before = this.#told.progress;
    const isNews = before?.phase !== progress.phase || before.violations.length !== progress.violations.length;
    if (!isNews && performance.now() - this.#toldAt < TELL_EVERY_MS) return;
    this.#tell({ ...this.#told, progress });
  }

  end(end: TortureEnd): void {
    this.#tell({ ...this.#told, end });
  }

  #tell(told: TortureTold): void {
    this.#told = told;
    this.#toldAt = performance.now();
    this.#show(told);
  }
}
