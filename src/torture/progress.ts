/** What a torture run is doing, as plain data for a line, a view or a report. */
import type { TortureKind } from './kinds.ts';

export type TorturePhase = 'steady' | 'fault' | 'recovering' | 'reading' | 'last look' | 'judging' | 'over';

export interface TortureProgress {
  readonly phase: TorturePhase;
  /** From 1. */
  readonly epoch: number;
  /** The commands of the faults that are active now. */
  readonly faults: readonly string[];
  /** Acknowledged in the last second. */
  readonly opsPerSecond: number;
  readonly acked: number;
  readonly unknown: number;
  readonly leftMs: number;
  readonly leaderChanges: number;
  /** Histories judged, and still to judge. */
  readonly judged: number;
  readonly toJudge: number;
  /** Broken promises so far, in words. */
  readonly violations: readonly string[];
}

export type TortureVerdict = 'kept' | 'failed' | 'broken' | 'interrupted';

/** How a run ended. */
export interface TortureEnd {
  readonly verdict: TortureVerdict;
  /** The verdict in words. */
  readonly text: string;
  /** What is wrong, first things first: broken promises, then demands that were not met. */
  readonly problems: readonly string[];
  /** Where report, history and events lie; null when they could not be written. */
  readonly folder: string | null;
}

/** A run for somebody who looks on. */
export interface TortureTold {
  /** Null until it has begun. */
  readonly progress: TortureProgress | null;
  /** Null while it goes on. */
  readonly end: TortureEnd | null;
}

/** One fault as it was carried out. */
export interface InjectedFault {
  readonly kind: TortureKind;
  /** What was done, in words; or why it was not. */
  readonly text: string;
  readonly hit: boolean;
}

/** One epoch as it went. Times in milliseconds, rates in acknowledged operations a second. */
export interface EpochReport {
  readonly epoch: number;
  /** Since the run began. */
  readonly atMs: number;
  readonly faults: readonly InjectedFault[];
  readonly holdMs: number;
  readonly rateBefore: number;
  readonly rateDuring: number;
  /** From the healing until the rate was back; null: it was not, in time. */
  readonly recoveryMs: number | null;
  /** From the healing until all nodes were up, whole and level; null as above. */
  readonly convergenceMs: number | null;
  readonly operations: number;
  readonly unknown: number;
  readonly verdict: 'linearizable' | 'not-linearizable' | 'gave-up';
}
