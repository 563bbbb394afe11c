/** `simulate`: seeds one after the other, until all have passed or one has broken a promise. */
import { randomInt } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseInteger } from '../commands/flags.ts';
import { drawOptions, type Overrides } from '../sim/options.ts';
import { type SimResult, type SimSetting, simulate } from '../sim/run.ts';
import { shrink } from '../sim/shrink.ts';
import type { TraceLine } from '../sim/trace.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { Progress } from './progress.ts';
import { failureJson, failureLines, optionsLines, resultJson, resultLines, totalsOf } from './simulate-report.ts';

const BROKEN = 5;
const INTERRUPTED = 130;

interface Wanted {
  readonly seed: number;
  readonly seeds: number;
  readonly overrides: Overrides;
  readonly trace: string | null;
}

export async function runSimulate({ io, globals, options }: Invocation): Promise<number> {
  const wanted = wantedOf(options);
  if (wanted.seeds === 1 && !globals.json)
    await print(io, globals, optionsLines(drawOptions(wanted.seed, wanted.overrides)), null);
  const startedAt = performance.now();
  const { results, interrupted } = await runSeeds(wanted, new Progress(io.err, globals.quiet));
  const failed = results.find(({ failure }) => failure !== null);
  if (failed !== undefined) return reportFailure(failed, wanted, { io, globals });
  const totals = totalsOf(results, performance.now() - startedAt);
  await print(io, globals, resultLines(results, totals), resultJson(results, totals));
  return interrupted ? INTERRUPTED : 0;
}

/** Until one fails, all are done, or somebody has seen enough: then what was done counts. */
async function runSeeds(
  wanted: Wanted,
  progress: Progress,
): Promise<{ readonly results: readonly SimResult[]; readonly interrupted: boolean }> {
  // Alone, a seed has nothing to tell when it is cut short.
  const interrupt = wanted.seeds > 1 ? interruptSignal() : null;
  const results: SimResult[] = [];
  for (let i = 0; i < wanted.seeds && interrupt?.signal.aborted !== true; i += 1) {
    const result = runSeed((wanted.seed + i) % 2 ** 32, wanted);
    // The operations of thousands of runs would fill the memory.
    results.push({ ...result, schedule: result.failure === null ? [] : result.schedule, operations: [] });
    progress.update({ done: i + 1, total: wanted.seeds, count: i + 1, noun: 'seeds' });
    if (result.failure !== null) break;
    await nextTurn();
  }
  progress.end();
  interrupt?.done();
  return { results, interrupted: interrupt?.signal.aborted === true };
}

function wantedOf(options: Invocation['options']): Wanted {
  const number = (name: string, least: number, most: number): number | null => {
    const value = options[name];
    return typeof value === 'string' ? parseInteger(value, `--${name}`, least, most) : null;
  };
  const nodes = number('nodes', 1, 9);
  const seconds = number('seconds', 1, 3_600);
  return {
    seed: number('seed', 0, 2 ** 32 - 1) ?? randomInt(2 ** 32),
    seeds: number('seeds', 1, 10_000_000) ?? 1,
    overrides: { ...(nodes === null ? {} : { nodes }), ...(seconds === null ? {} : { seconds }) },
    trace: typeof options['trace'] === 'string' ? options['trace'] : null,
  };
}

/** With --trace, the file holds the last seed that ran, which is the one that failed if any did. */
function runSeed(seed: number, { overrides, trace }: Wanted): SimResult {
  const options = drawOptions(seed, overrides);
  if (trace === null) return simulate({ options });
  const file = openSync(trace, 'w');
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
    const result = simulate({ options, onTrace });
    flush();
    return result;
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
