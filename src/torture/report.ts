/** The report of a run on one page: what was demanded, what was measured, and the verdict. */
import type { PromiseCheck } from '../cluster/driver.ts';
import { DEPOSING, type TortureKind } from './kinds.ts';
import type { EpochReport, TortureVerdict } from './progress.ts';
import type { TortureResult } from './result.ts';

export interface TortureReport {
  readonly verdict: TortureVerdict;
  /** As the program ends with it. */
  readonly exit: 0 | 1 | 5 | 130;
  /** Promises of the store that did not hold. */
  readonly broken: readonly string[];
  /** Demands on the run that were not met. */
  readonly failed: readonly string[];
  readonly seed: number;
  readonly nodes: number;
  readonly seconds: number;
  readonly acked: number;
  readonly ackedPerSecond: number;
  readonly unknown: number;
  readonly refused: number;
  /** Injected faults by kind. */
  readonly faults: Readonly<Partial<Record<TortureKind, number>>>;
  /** Planned and not possible when their time had come. */
  readonly missed: number;
  readonly leaderChanges: number;
  /** The least that was acknowledged in the second before a fault. */
  readonly leastRateBefore: number | null;
  readonly slowestRecovery: { readonly epoch: number; readonly ms: number } | null;
  readonly slowestConvergence: { readonly epoch: number; readonly ms: number } | null;
  /** Of any event loop that was not stalled on purpose. */
  readonly longestStallMs: number;
  /** Of all nodes: of their own state, and of a leader's. */
  readonly snapshots: { readonly taken: number; readonly installed: number };
  /** Comparisons for each promise of Raft while the run went on. */
  readonly promises: Readonly<Partial<Record<PromiseCheck['id'], number>>>;
  readonly histories: number;
  readonly equalState: boolean;
  readonly epochs: readonly EpochReport[];
}

const EXIT = { kept: 0, failed: 1, broken: 5, interrupted: 130 } as const;

export function reportOf(result: TortureResult): TortureReport {
  const { epochs, options, elapsedMs } = result;
  const hit = epochs.flatMap(({ faults }) => faults.filter((fault) => fault.hit));
  const failed = [
    ...result.failed,
    ...(result.interrupted
      ? []
      : emptiness(
          result,
          hit.map(({ kind }) => kind),
        )),
  ];
  const verdict =
    result.broken.length > 0 ? 'broken' : result.interrupted ? 'interrupted' : failed.length > 0 ? 'failed' : 'kept';
  const faults: Partial<Record<TortureKind, number>> = {};
  for (const { kind } of hit) faults[kind] = (faults[kind] ?? 0) + 1;
  return {
    verdict,
    exit: EXIT[verdict],
    broken: result.broken,
    failed,
    seed: options.seed,
    nodes: result.nodes,
    seconds: Math.round(elapsedMs / 100) / 10,
    acked: result.acked,
    ackedPerSecond: Math.round((result.acked * 1_000) / Math.max(1, elapsedMs)),
    unknown: result.unknown,
    refused: result.refused,
    faults,
    missed: epochs.flatMap((epoch) => epoch.faults).length - hit.length,
    leaderChanges: result.leaderChanges,
    leastRateBefore: epochs.length === 0 ? null : Math.min(...epochs.map(({ rateBefore }) => rateBefore)),
    slowestRecovery: slowest(epochs, ({ recoveryMs }) => recoveryMs),
    slowestConvergence: slowest(epochs, ({ convergenceMs }) => convergenceMs),
    longestStallMs: Math.round(result.longestStallMs),
    snapshots: result.snapshots,
    promises: Object.fromEntries(result.promises.map(({ id, checked }) => [id, checked])),
    histories: epochs.length,
    equalState: result.equalState,
    epochs,
  };
}

/** Where writes take half a millisecond, every other kill of a leader meets none under way: so many all do in one run of a thousand. */
const TELLING_KILLS = 10;

/** A run in which nothing happened has shown nothing. `hits`: the kind of each fault that was injected. */
function emptiness(result: TortureResult, hits: readonly TortureKind[]): readonly string[] {
  const { options, acked, unknown, leaderChanges, epochs } = result;
  const kinds = new Set(hits);
  const kills = hits.filter((kind) => kind === 'kill-leader').length;
  const least = Math.round(options.leastPerSecond * epochs.length);
  return [
    acked < least ? `only ${acked} operations were acknowledged, fewer than ${least}` : '',
    kinds.size === 0 ? 'no fault was injected' : '',
    result.promises.every(({ checked }) => checked === 0) ? 'no node told anything of itself' : '',
    DEPOSING.some((kind) => kinds.has(kind)) && leaderChanges === 0 ? 'the leader never changed' : '',
    kills >= TELLING_KILLS && unknown === 0 ? `a leader was killed ${kills} times, and no outcome was unknown` : '',
  ].filter((text) => text !== '');
}

function slowest(epochs: readonly EpochReport[], ms: (epoch: EpochReport) => number | null): TortureReport['slowestRecovery'] {
  let found: TortureReport['slowestRecovery'] = null;
  for (const each of epochs) {
    const taken = ms(each);
    if (taken !== null && taken > (found?.ms ?? -1)) found = { epoch: each.epoch, ms: taken };
  }
  return found;
}

export const VERDICT_WORDS: Readonly<Record<TortureVerdict, string>> = {
  kept: 'every promise was kept',
  failed: 'FAILED: no promise was seen broken, but the run does not count',
  broken: 'BROKEN',
  interrupted: 'interrupted: so far every promise was kept',
};

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** As rows of a table: a name and what there is to say. */
export function reportRows(report: TortureReport): readonly (readonly [string, string])[] {
  const { slowestRecovery, slowestConvergence } = report;
  const kinds = Object.entries(report.faults);
  const count = sum(kinds.map(([, times]) => times));
  const counts = Object.values(report.promises);
  const took = (found: TortureReport['slowestRecovery']): string =>
    found === null ? 'none' : `${found.ms} ms, epoch ${found.epoch}`;
  return [
    ['seed', `${report.seed}, ${report.nodes} nodes, ${report.seconds} s, ${report.epochs.length} epochs`],
    [
      'operations',
      `${report.acked} acknowledged (${report.ackedPerSecond}/s), ${report.unknown} unknown, ${report.refused} refused`,
    ],
    [
      'faults',
      `${count}: ${kinds.map(([kind, times]) => `${kind} ${times}`).join(', ')}${report.missed > 0 ? `; ${report.missed} not possible` : ''}`,
    ],
    ['leader changes', String(report.leaderChanges)],
    ['least rate before', report.leastRateBefore === null ? 'none' : `${report.leastRateBefore}/s`],
    ['slowest recovery', took(slowestRecovery)],
    ['slowest levelling', took(slowestConvergence)],
    ['longest stall', `${report.longestStallMs} ms`],
    ['snapshots', `${report.snapshots.taken} taken, ${report.snapshots.installed} installed from a leader`],
    [
      'histories',
      `${report.histories} judged, ${report.epochs.filter(({ verdict }) => verdict === 'linearizable').length} linearizable`,
    ],
    ['live promises', `${counts.filter((times) => times > 0).length} of ${counts.length} compared, ${sum(counts)} times`],
    ['state', report.equalState ? 'equal on all nodes' : 'not compared, or not equal'],
    ['verdict', VERDICT_WORDS[report.verdict]],
  ];
}
