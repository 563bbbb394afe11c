/** `simulate`: seed after seed, on as many cores as there are, until all have passed or one has broken a promise. */
import { randomInt } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseInteger } from '../commands/flags.ts';
import { drawOptions, type Overrides } from '../sim/options.ts';
import { type SimResult, type SimSetting, simulate } from '../sim/run.ts';
import { shrink } from '../sim/shrink.ts';
import type { TraceLine } from '../sim/trace.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { Progress } from './progress.ts';
import { lanesOf, runSeeds, seedAt } from './seed-lanes.ts';
import { failureJson, failureLines, optionsLines, resultJson, resultLines, totalsOf } from './simulate-report.ts';

const GAVE_UP = 1;
const BROKEN = 5;
const INTERRUPTED = 130;
const MOST_JOBS = 64;

interface Wanted {
  readonly seed: number;
  readonly seeds: number;
  readonly jobs: number;
  /** So many histories may be given up before the run counts as failed. */
  readonly givenUp: number;
  readonly overrides: Overrides;
  readonly trace: string | null;
}

export async function runSimulate({ io, globals, options }: Invocation): Promise<number> {
  const wanted = wantedOf(options);
  if (wanted.seeds === 1 && !globals.json)
    await print(io, globals, optionsLines(drawOptions(wanted.seed, wanted.overrides)), null);
  const startedAt = performance.now();
  const { results, interrupted } = await runAll(wanted, new Progress(io.err, globals.quiet));
  const elapsedMs = performance.now() - startedAt;
  // A run is the same each time, so the last one can be written down afterwards.
  if (wanted.trace !== null && results.length > 0)
    writeTrace(wanted.trace, seedAt(wanted.seed, results.length - 1), wanted.overrides);
  const failed = results.find(({ failure }) => failure !== null);
  if (failed !== undefined) return reportFailure(failed, wanted, { io, globals });
  const totals = totalsOf(results, { elapsedMs, jobs: wanted.jobs });
  await print(io, globals, resultLines(results, totals), resultJson(results, totals));
  if (interrupted) return INTERRUPTED;
  return totals.historiesGivenUp > wanted.givenUp ? GAVE_UP : 0;
}

/** Until one fails, all are done, or somebody has seen enough: then what was done counts. */
async function runAll(
  { seed, seeds, jobs, overrides }: Wanted,
  progress: Progress,
): Promise<{ readonly results: readonly SimResult[]; readonly interrupted: boolean }> {
  // Alone, a seed has nothing to tell when it is cut short.
  const interrupt = seeds > 1 ? interruptSignal() : null;
  const signal = interrupt?.signal ?? new AbortController().signal;
  try {
    const onDone = (done: number): void => progress.update({ done, total: seeds, count: done, noun: 'seeds' });
    const results = await runSeeds({ first: seed, count: seeds, signal, onDone }, lanesOf(jobs, overrides));
    return { results, interrupted: signal.aborted };
  } finally {
    progress.end();
    interrupt?.done();
  }
}

function wantedOf(options: Invocation['options']): Wanted {
  const number = (name: string, least: number, most: number): number | null => {
    const value = options[name];
    return typeof value === 'string' ? parseInteger(value, `--${name}`, least, most) : null;
  };
  const nodes = number('nodes', 1, 9);
  const seconds = number('seconds', 1, 3_600);
  const seeds = number('seeds', 1, 10_000_000) ?? 1;
  return {
    seed: number('seed', 0, 2 ** 32 - 1) ?? randomInt(2 ** 32),
    seeds,
    jobs: Math.min(seeds, number('jobs', 1, MOST_JOBS) ?? availableParallelism()),
    givenUp: number('givenUp', 0, 1_000_000) ?? 0,
    overrides: { ...(nodes === null ? {} : { nodes }), ...(seconds === null ? {} : { seconds }) },
    trace: typeof options['trace'] === 'string' ? options['trace'] : null,
  };
}

/** The last seed that ran, which is the one that failed if any did. */
function writeTrace(path: string, seed: number, overrides: Overrides): void {
  const file = openSync(path, 'w');
  const lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`);
    lines.length = 0;
  };
  try {
    const onTrace = (line: TraceLine): void => {
      lines.push(JSON.stringify(line));
      if (lines.length >= 1_000) flush();
    };
    simulate({ options: drawOptions(seed, overrides), onTrace });
    flush();
  } finally {
    closeSync(file);
  }
}

async function reportFailure(
  failed: SimResult,
  wanted: Wanted,
  { io, globals }: Pick<Invocation, 'io' | 'globals'>,
): Promise<number> {
  if (!globals.quiet) io.err.write('a promise was broken; looking for the faults that matter\n');
  const setting: SimSetting = { options: failed.options };
  const shrunk = shrink(setting, failed);
  const replay = replayOf(failed.options.seed, wanted.overrides);
  await print(io, globals, failureLines(failed, shrunk, replay), failureJson(failed, shrunk, replay));
  return BROKEN;
}

function replayOf(seed: number, { nodes, seconds }: Overrides): string {
  const more = [nodes === undefined ? '' : ` --nodes ${nodes}`, seconds === undefined ? '' : ` --seconds ${seconds}`];
  return `raftkv-tui simulate --seed ${seed}${more.join('')}`;
}
