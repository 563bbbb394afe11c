/** What a fault has brought about, as recorded, and whether that was foretold. Pure. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterEvent } from '../cluster/driver.ts';
import { forecastText } from '../commands/forecast.ts';
import { spanText, toldAs } from '../commands/why/story.ts';
import { type CommitSample, type Trial, WATCHED_MS } from './trials.ts';

/** What was under way when the fault was set may still be committed, and is seen a little later. */
const GRACE_MS = 1_000;
/** So long nothing is committed before that counts as stopped, or an absence as an absence. */
const SETTLED_MS = 2_500;
/** Pictures come five times a second while nothing but the log moves: a shorter gap is none. */
const STEADY_GAP_MS = 400;

export interface Outcome {
  /** `open`: too early to say. `cut short`: something else was done before it could be said. */
  readonly verdict: 'kept' | 'broken' | 'open' | 'cut short';
  readonly predicted: string;
  readonly observed: string;
  /** Against the prediction; empty unless it is broken. */
  readonly wrong: readonly string[];
}

/** Everything that was seen of a trial until `end`. */
interface Seen {
  readonly trial: Trial;
  readonly end: number;
  readonly elected: readonly { readonly node: NodeId; readonly at: number; readonly term: number }[];
  /** When the commit index grew, also in the second before. */
  readonly grown: readonly number[];
  /** Something waits for its commit at the end. */
  readonly waits: boolean;
  /** Commits came so closely before that a gap means something. */
  readonly steady: boolean;
}

/** `events`: in the order of time, at least those since the fault was set. `wall`: the moment that is meant. */
export function outcomeOf(trial: Trial, events: readonly ClusterEvent[], wall: number): Outcome {
  const seen = seenOf(trial, events, wall);
  const wrong = contradictions(seen);
  const predicted = forecastText(trial.forecast);
  return { verdict: verdictOf(seen, wrong, wall), predicted, observed: observedText(seen), wrong };
}

function seenOf(trial: Trial, events: readonly ClusterEvent[], wall: number): Seen {
  const { since } = trial.fault;
  const after = events.slice(events.findLastIndex(({ time }) => time < since) + 1);
  const meddled = after.find((event) => event.time > since && meddles(event, trial))?.time ?? Number.POSITIVE_INFINITY;
  const end = Math.min(wall, since + WATCHED_MS, trial.over?.at ?? Number.POSITIVE_INFINITY, meddled);
  const elected = after.flatMap((event) =>
    toldAs(event, 'role') && event.raft.role === 'leader' && event.time >= since && event.time <= end
      ? [{ node: event.node, at: event.time, term: event.raft.term }]
      : [],
  );
  const samples = trial.samples.filter(({ at }) => at <= end);
  const grown = growths(samples);
  const steady = grown.filter((at) => at <= since && at > since - GRACE_MS).length >= 3;
  return { trial, end, elected, grown, waits: samples.at(-1)?.waits ?? false, steady };
}

function growths(samples: readonly CommitSample[]): readonly number[] {
  return samples.flatMap(({ at, commit }, i) => (i > 0 && commit > (samples[i - 1]?.commit ?? 0) ? [at] : []));
}

/** What somebody else does to the leader or to another node is no effect of this fault. */
function meddles(event: ClusterEvent, { fault }: Trial): boolean {
  if (toldAs(event, 'transfer')) return true;
  if (event.kind === 'process') return event.node !== null && !fault.nodes.includes(event.node);
  return (
    event.kind === 'command' && event.fault === null && /^(?:transfer|elect|restart|resume|stop|stall|rot)\b/.test(event.text)
  );
}

function contradictions(seen: Seen): readonly string[] {
  const { trial, elected, end } = seen;
  const { forecast, fault } = trial;
  const [first] = elected;
  const lasted = end - fault.since;
  const told: string[] = [];
  if (forecast.election === false && first !== undefined) told.push(`${first.node} was elected`);
  if (forecast.election === true) {
    if (first === undefined && lasted > forecast.withinMs + GRACE_MS) told.push('nobody was elected');
    if (first !== undefined && first.at - fault.since > forecast.withinMs) told.push('the election took longer');
  }
  if (forecast.writes === 'pause' && first !== undefined && !forecast.winners.includes(first.node))
    told.push(`${first.node} was not expected to win`);
  const stops = forecast.writes === 'stop' || forecast.writes === 'stay stopped';
  if (stops && seen.grown.some((at) => at > fault.since + GRACE_MS)) told.push('writes went on');
  if (!stops && stoppedSince(seen) !== null) told.push('writes stopped');
  return told;
}

/** Since when entries wait and none is committed, if for long; null when they are. */
function stoppedSince({ trial, grown, waits, end }: Seen): number | null {
  const last = grown.at(-1) ?? trial.fault.since;
  const from = Math.max(last, trial.fault.since);
  return waits && end - from > Math.max(SETTLED_MS, trial.forecast.withinMs + GRACE_MS) ? from : null;
}

function verdictOf(seen: Seen, wrong: readonly string[], wall: number): Outcome['verdict'] {
  if (wrong.length > 0) return 'broken';
  const { trial, end, elected, grown, waits } = seen;
  const { fault, forecast } = trial;
  const [first] = elected;
  const goesOn = first !== undefined && (!waits || grown.some((at) => at > first.at));
  const settled = forecast.election === true ? goesOn : end - fault.since >= SETTLED_MS;
  if (settled) return 'kept';
  return end < wall ? 'cut short' : 'open';
}

function observedText(seen: Seen): string {
  return [electedText(seen), commitsText(seen)].filter((part) => part !== '').join(', ');
}

function electedText({ trial, elected, end }: Seen): string {
  const { since } = trial.fault;
  const [first, ...others] = elected;
  if (first === undefined) return end - since < SETTLED_MS && trial.forecast.election !== false ? '' : 'no election';
  const more = others.length === 0 ? '' : `, then ${others.length} more`;
  return `${first.node} leads term ${first.term} after ${spanText(since, first.at)}${more}`;
}

function commitsText(seen: Seen): string {
  const { trial, grown, end, steady } = seen;
  const { since } = trial.fault;
  const after = grown.filter((at) => at > since + GRACE_MS);
  const stopped = stoppedSince(seen);
  if (stopped !== null) return `no commit for ${spanText(stopped, end)}, entries wait`;
  if (trial.forecast.writes === 'stop' || trial.forecast.writes === 'stay stopped') {
    if (after.length > 0) return `commits went on`;
    return `no commit for ${spanText(Math.max(since, grown.at(-1) ?? since), end)}`;
  }
  if (!grown.some((at) => at > since))
    return end - since < SETTLED_MS ? '' : steady ? 'no more commits' : 'nobody wrote meanwhile';
  if (!steady) return 'writes went on';
  const gap = longestGap(grown, since);
  return gap < STEADY_GAP_MS ? 'no gap in commits' : `longest gap in commits ${spanText(0, gap)}`;
}

function longestGap(grown: readonly number[], since: number): number {
  return grown.reduce((most, at, i) => (at <= since ? most : Math.max(most, at - (grown[i - 1] ?? since))), 0);
}

/** The outcome as the events tell it. */
export function outcomeText({ fault }: Trial, { verdict, predicted, observed, wrong }: Outcome): string {
  if (verdict === 'kept') return `${fault.command} came out as predicted: ${observed}`;
  return `${fault.command} came out otherwise: ${wrong.join(', ')}; predicted: ${predicted}; observed: ${observed}`;
}
