/** Each fault as a trial of a prediction: what was expected when it was set, and the commits seen since. Pure. */
import type { ActiveFault, ClusterPicture } from '../cluster/driver.ts';
import { type Forecast, forecastOf } from '../commands/forecast.ts';
import { leaderOf } from '../commands/log-cells.ts';

/** What comes later has other causes. */
export const WATCHED_MS = 30_000;
/** The ledger is read twice a second, so a fault is seen some time after it was set, and its end as well. */
const PICTURES_MS = 3_000;
const SEEN_LATE_MS = 600;
const MOST_TRIALS = 32;

/** The commit index at a moment, kept where it or what waits for it changed. Times are wall-clock milliseconds. */
export interface CommitSample {
  readonly at: number;
  readonly commit: number;
  /** The leader has entries that are not committed. */
  readonly waits: boolean;
}

export interface Trial {
  readonly fault: ActiveFault;
  readonly forecast: Forecast;
  /** When something else was done to the cluster, and what; null while the fault is alone. */
  readonly over: { readonly at: number; readonly by: 'healed' | 'another fault' } | null;
  /** From a second before it was set, for as long as it is watched. */
  readonly samples: readonly CommitSample[];
  /** The verdict that the events tell. */
  readonly told: 'kept' | 'broken' | null;
}

export interface Trials {
  /** Oldest first. */
  readonly list: readonly Trial[];
  readonly samples: readonly CommitSample[];
  /** Of the last seconds, oldest first. */
  readonly pictures: readonly { readonly at: number; readonly picture: ClusterPicture }[];
}

export const NO_TRIALS: Trials = { list: [], samples: [], pictures: [] };

/** A fault that was there before anybody looked is no trial: what was expected of it cannot be known. */
export function withTrials(trials: Trials, picture: ClusterPicture, wall: number): Trials {
  const samples = withCommit(trials.samples, picture, wall);
  const last = trials.pictures.at(-1)?.picture ?? null;
  const kept = trials.pictures.filter(({ at }) => wall - at <= PICTURES_MS);
  const pictures = last === picture ? trials.pictures : [...kept, { at: wall, picture }];
  const open = trials.list.map((trial) => watched(trial, samples, picture, wall));
  const begun = last === null || last.faults === picture.faults ? [] : begin({ ...trials, samples }, last, picture);
  const changed = begun.length > 0 || open.some((trial, i) => trial !== trials.list[i]);
  return { list: changed ? [...open, ...begun].slice(-MOST_TRIALS) : trials.list, samples, pictures };
}

function withCommit(samples: readonly CommitSample[], picture: ClusterPicture, wall: number): readonly CommitSample[] {
  const commit = Math.max(0, ...picture.nodes.map(({ status }) => status?.commitIndex ?? 0));
  const leader = leaderOf(picture)?.status;
  const waits = leader != null && leader.lastIndex > leader.commitIndex;
  const newest = samples.at(-1);
  if (newest !== undefined && newest.commit === commit && newest.waits === waits) return samples;
  return [...samples.filter(({ at }) => wall - at <= WATCHED_MS), { at: wall, commit, waits }];
}

/** A trial that goes on with what was seen, or that has been ended by whatever else was done. */
function watched(trial: Trial, samples: readonly CommitSample[], { faults }: ClusterPicture, wall: number): Trial {
  const { fault, over } = trial;
  if (over !== null || wall > fault.since + WATCHED_MS) return trial;
  const ended = endOf(fault, faults, wall);
  const seen = samples.at(-1) === trial.samples.at(-1) ? trial.samples : samplesSince(samples, fault.since);
  return ended === null && seen === trial.samples ? trial : { ...trial, over: ended, samples: seen };
}

function endOf(fault: ActiveFault, faults: readonly ActiveFault[], wall: number): Trial['over'] {
  if (!faults.some(({ id, command }) => id === fault.id && command === fault.command)) {
    const due = fault.until !== null && fault.until <= wall;
    return { at: Math.max(fault.since, due ? fault.until : wall - SEEN_LATE_MS), by: 'healed' };
  }
  const later = faults.find(({ id }) => id > fault.id);
  return later === undefined ? null : { at: later.since, by: 'another fault' };
}

const samplesSince = (samples: readonly CommitSample[], since: number): readonly CommitSample[] =>
  samples.filter(({ at }, i) => at >= since - 1_000 || (samples[i + 1]?.at ?? Number.POSITIVE_INFINITY) >= since - 1_000);

/** Only a fault that is alone says what it does: of several set at once the others are no trials. */
function begin({ list, samples, pictures }: Trials, last: ClusterPicture, picture: ClusterPicture): readonly Trial[] {
  const fresh = picture.faults.filter(
    ({ id }) => !last.faults.some((each) => each.id === id) && !list.some((trial) => trial.fault.id === id),
  );
  return fresh.flatMap((fault): readonly Trial[] => {
    const before = pictures.findLast(({ at }) => at <= fault.since)?.picture;
    if (before === undefined || before.faults.some(({ id }) => id === fault.id)) return [];
    const others = picture.faults.filter(({ id }) => id < fault.id);
    const forecast = forecastOf({ ...before, faults: others }, fault);
    return [
      {
        fault,
        forecast,
        over: endOf(fault, picture.faults, fault.since),
        samples: samplesSince(samples, fault.since),
        told: null,
      },
    ];
  });
}
