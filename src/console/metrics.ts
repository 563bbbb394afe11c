/** Figures over time, one sample a second, from the pictures that come by anyway. Pure. */
import type { ClusterPicture } from '../cluster/driver.ts';
import { leaderOf } from '../commands/log-cells.ts';

/** Ten minutes. */
const MOST_SAMPLES = 600;
const SECOND_MS = 1_000;

export interface Sample {
  /** The second since 1970 that it is of. */
  readonly second: number;
  readonly commitsPerSecond: number;
  /** Entries in the leader's log that were not committed, on average over the looks of that second. */
  readonly waiting: number;
  /**
   * How long an entry waited for its commit, in milliseconds, by Little's law: what waits divided by what leaves. An
   * estimate, null while nothing left.
   */
  readonly commitMs: number | null;
  /** The 99th percentile of recent fsyncs, of the slowest node that runs, in milliseconds. */
  readonly fsyncMs: number;
  /** How late the event loop of the busiest node ran, 99th percentile in milliseconds. */
  readonly loopMs: number;
  readonly memoryBytes: number;
}

export interface Metrics {
  /** Oldest first, at most one for each second, gaps where nothing was heard. */
  readonly samples: readonly Sample[];
  /** What the second that runs has shown. */
  readonly open: { readonly second: number; readonly commit: number; readonly waiting: number; readonly looks: number } | null;
}

export const NO_METRICS: Metrics = { samples: [], open: null };

/** `wall`: when the picture was looked at, in milliseconds since 1970. */
export function withSample(metrics: Metrics, picture: ClusterPicture, wall: number): Metrics {
  const second = Math.floor(wall / SECOND_MS);
  const commit = Math.max(0, ...picture.nodes.map(({ status }) => status?.commitIndex ?? 0));
  const leader = leaderOf(picture)?.status;
  const waiting = leader == null ? 0 : leader.lastIndex - leader.commitIndex;
  const { open } = metrics;
  if (open === null || second < open.second) return { samples: metrics.samples, open: { second, commit, waiting, looks: 1 } };
  if (second === open.second) return { ...metrics, open: { ...open, waiting: open.waiting + waiting, looks: open.looks + 1 } };
  const sample = sampleOf(picture, open, commit, second - open.second);
  return { samples: [...metrics.samples, sample].slice(-MOST_SAMPLES), open: { second, commit, waiting, looks: 1 } };
}

function sampleOf({ nodes }: ClusterPicture, open: NonNullable<Metrics['open']>, commit: number, seconds: number): Sample {
  const up = nodes.flatMap(({ state, status }) => (state === 'up' && status !== null ? [status] : []));
  const commitsPerSecond = Math.max(0, commit - open.commit) / seconds;
  const waiting = open.waiting / open.looks;
  return {
    second: open.second,
    commitsPerSecond,
    waiting,
    commitMs: commitsPerSecond > 0 ? (waiting / commitsPerSecond) * 1_000 : null,
    fsyncMs: Math.max(0, ...up.map(({ sync }) => sync.p99Ms)),
    loopMs: Math.max(0, ...up.map(({ loopDelay }) => loopDelay.p99Ms)),
    memoryBytes: Math.max(0, ...up.map(({ memoryBytes }) => memoryBytes)),
  };
}

/** The newest `count` seconds until `wall`, a value for each; null where there is none. */
export function seriesOf(
  { samples }: Metrics,
  wall: number,
  count: number,
  pick: (sample: Sample) => number | null,
): readonly (number | null)[] {
  const bySecond = new Map(samples.map((sample) => [sample.second, sample]));
  const last = Math.floor(wall / SECOND_MS) - 1;
  return Array.from({ length: count }, (_, i) => {
    const sample = bySecond.get(last - count + 1 + i);
    return sample === undefined ? null : pick(sample);
  });
}
