/** What `simulate` says: for people line by line, for machines as one object. */
import { formatElapsed } from '../commands/duration.ts';
import { columns } from '../commands/status-report.ts';
import { FAULT_KINDS, type FaultKind, faultWords } from '../sim/faults.ts';
import { optionsTable, type SimOptions } from '../sim/options.ts';
import type { Failure, SimResult } from '../sim/run.ts';
import type { Shrunk } from '../sim/shrink.ts';
import { formatCount } from './progress.ts';

/** Over all seeds that ran. Milliseconds are virtual, except `elapsedMs`. */
export interface Totals {
  readonly seeds: number;
  /** How many ran at the same time. */
  readonly jobs: number;
  readonly elapsedMs: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  readonly committed: number;
  readonly elections: number;
  readonly restarts: number;
  readonly repairsBegun: number;
  readonly repairsDone: number;
  readonly snapshotsTaken: number;
  readonly snapshotsInstalled: number;
  /** Histories whose search was given up, which is no pass; all others are linearizable. */
  readonly historiesGivenUp: number;
  /** The first seeds of those. */
  readonly givenUpSeeds: readonly number[];
  readonly slowest: { readonly seed: number; readonly recoveryMs: number } | null;
}

const LAST_SHOWN = 20;
const GIVEN_UP_NAMED = 10;

export function totalsOf(
  results: readonly SimResult[],
  { elapsedMs, jobs }: { readonly elapsedMs: number; readonly jobs: number },
): Totals {
  const sum = (part: (result: SimResult) => number): number => results.reduce((total, result) => total + part(result), 0);
  const faults: Partial<Record<FaultKind, number>> = {};
  for (const kind of FAULT_KINDS) {
    const count = sum(({ figures }) => figures.faults[kind] ?? 0);
    if (count > 0) faults[kind] = count;
  }
  let slowest: Totals['slowest'] = null;
  for (const { options, figures } of results) {
    const recoveryMs = Math.round((figures.progressMs ?? 0) + (figures.convergenceMs ?? 0));
    if (recoveryMs > (slowest?.recoveryMs ?? -1)) slowest = { seed: options.seed, recoveryMs };
  }
  const givenUp = results.filter(({ figures }) => figures.historyChecked !== true);
  return {
    seeds: results.length,
    jobs,
    elapsedMs: Math.round(elapsedMs),
    virtualMs: Math.round(sum(({ figures }) => figures.virtualMs)),
    faults,
    ok: sum(({ figures }) => figures.operations.ok),
    failed: sum(({ figures }) => figures.operations.failed),
    unknown: sum(({ figures }) => figures.operations.unknown),
    committed: sum(({ figures }) => figures.committed),
    elections: sum(({ figures }) => figures.elections),
    restarts: sum(({ figures }) => figures.restarts),
    repairsBegun: sum(({ figures }) => figures.repairs.begun),
    repairsDone: sum(({ figures }) => figures.repairs.done),
    snapshotsTaken: sum(({ figures }) => figures.snapshots.taken),
    snapshotsInstalled: sum(({ figures }) => figures.snapshots.installed),
    historiesGivenUp: givenUp.length,
    givenUpSeeds: givenUp.slice(0, GIVEN_UP_NAMED).map(({ options }) => options.seed),
    slowest,
  };
}

export const optionsLines = (options: SimOptions): readonly string[] => columns([...optionsTable(options)]);

export function resultLines(results: readonly SimResult[], totals: Totals): readonly string[] {
  const [only] = results;
  const rows: [string, string][] = [
    ['seeds', seedsWords(totals)],
    ['virtual time', `${formatElapsed(totals.virtualMs)} in ${formatElapsed(totals.elapsedMs)}${jobsWords(totals)}`],
    [
      'operations',
      `${formatCount(totals.ok)} ok, ${formatCount(totals.failed)} refused, ${formatCount(totals.unknown)} unknown; ${formatCount(totals.committed)} entries committed`,
    ],
    [
      'elections',
      `${formatCount(totals.elections)}; ${formatCount(totals.restarts)} processes ended, ${formatCount(totals.repairsBegun)} logs damaged, ${formatCount(totals.repairsDone)} repaired`,
    ],
    [
      'snapshots',
      `${formatCount(totals.snapshotsTaken)} taken, ${formatCount(totals.snapshotsInstalled)} installed from a leader`,
    ],
    ['faults', faultsWords(totals)],
    ['slowest recovery', totals.slowest === null ? 'none' : `${totals.slowest.recoveryMs} ms, seed ${totals.slowest.seed}`],
    ...(results.length === 1 && only !== undefined ? ([['trace hash', only.hash]] satisfies [string, string][]) : []),
    ['histories', historiesWords(totals)],
    [
      'verdict',
      totals.historiesGivenUp === 0 ? 'every promise was kept' : 'no promise was seen broken, but not all could be judged',
    ],
  ];
  return columns(rows);
}

const jobsWords = ({ jobs }: Totals): string => (jobs === 1 ? '' : `, ${jobs} seeds at a time`);

function historiesWords({ seeds, historiesGivenUp, givenUpSeeds }: Totals): string {
  const judged = `${formatCount(seeds - historiesGivenUp)} linearizable`;
  if (historiesGivenUp === 0) return `${judged}, 0 given up`;
  const named = givenUpSeeds.join(', ') + (historiesGivenUp > givenUpSeeds.length ? ', …' : '');
  return `${judged}, ${historiesGivenUp} given up (seed ${named}): that is no pass`;
}

function seedsWords({ seeds, elapsedMs }: Totals): string {
  return elapsedMs > 0 ? `${formatCount(seeds)}, ${formatCount((seeds / elapsedMs) * 60_000)} a minute` : String(seeds);
}

function faultsWords({ faults }: Totals): string {
  const counts = Object.entries(faults);
  const all = counts.reduce((total, [, count]) => total + count, 0);
  return `${formatCount(all)}: ${counts.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(', ')}`;
}

export function resultJson(results: readonly SimResult[], totals: Totals): unknown {
  const [only] = results;
  const single = results.length === 1 && only !== undefined ? { options: only.options, hash: only.hash } : {};
  return { verdict: totals.historiesGivenUp === 0 ? 'kept' : 'gave-up', ...single, ...totals };
}

/** Seed, step, promise, what happened last, which faults it takes, and how to see it again. */
export function failureLines(failed: SimResult, { schedule, result, runs }: Shrunk, replay: string): readonly string[] {
  const failure = result.failure ?? failed.failure;
  return [
    `seed ${failed.options.seed} breaks a promise at step ${failed.failure?.step}, ${seconds(failed.failure)}:`,
    `  ${failed.failure?.message ?? ''}`,
    '',
    `it takes ${schedule.length} of its ${failed.schedule.length} faults (${runs} runs to find out):`,
    ...(schedule.length === 0 ? ['  none at all'] : schedule.map((fault) => `  ${faultWords(fault)}`)),
    '',
    'what happened last, with these faults alone:',
    ...(failure?.last ?? []).slice(-LAST_SHOWN).map(({ atMs, who, what }) => `  ${(atMs / 1_000).toFixed(4)} s  ${who}  ${what}`),
    `  ${failure?.message ?? ''}`,
    '',
    `trace hash ${failed.hash}`,
    `again: ${replay}`,
  ];
}

export function failureJson(failed: SimResult, { schedule, result }: Shrunk, replay: string): unknown {
  const { options, hash, failure, figures } = failed;
  return { verdict: 'broken', options, hash, failure, figures, shrunk: { schedule, failure: result.failure }, replay };
}

const seconds = (failure: Failure | null): string => `${((failure?.atMs ?? 0) / 1_000).toFixed(3)} virtual seconds`;
