/** What a fault is expected to bring about: who can still win, whether writes go on, by when. Pure; told before, judged after. */
import type { NodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { ActiveFault, ClusterPicture } from '../cluster/driver.ts';
import { afterFault, bestReach, type Connectivity, connectivityOf, majorityOf, partnersOf } from './connectivity.ts';
import { leaderOf } from './log-cells.ts';
import { listText } from './wording.ts';

/** How the others notice that a leader is gone: its connections close, it falls silent, or its disk stands still. */
export type Notice = 'closed' | 'silence' | 'disk';

export interface Forecast {
  /** Who led before. */
  readonly leader: NodeId | null;
  /** Who can exchange nothing with a majority any more, and could before. */
  readonly lost: readonly NodeId[];
  /** Another leader is elected; null where that cannot be said. */
  readonly election: boolean | null;
  /** Who can be elected, if an election follows. */
  readonly winners: readonly NodeId[];
  /** By when the election should be over, in milliseconds. */
  readonly withinMs: number;
  readonly writes: 'go on' | 'pause' | 'stop' | 'stay stopped';
}

/**
 * Silence is noticed after at most two election timeouts; a closed connection at once. A leader whose disk stands still
 * steps down after two, and the others then wait for theirs. The rest is room for the votes.
 */
const WITHIN_MS: Readonly<Record<Notice, number>> = {
  closed: LIMITS.electionMs,
  silence: 3 * LIMITS.electionMs,
  disk: 7 * LIMITS.electionMs,
};

/** A follower further behind than this cannot be sure to have what is committed: the statuses are of different moments. */
const CLOSE_ENTRIES = 1_000;

/** Of a fault that is in the ledger, on the picture of just before it was set. */
export function forecastOf(before: ClusterPicture, fault: ActiveFault): Forecast {
  return forecast(before, afterFault(connectivityOf(before), fault), noticeOf(fault), isUnsure(before, fault));
}

export function forecast(picture: ClusterPicture, after: Connectivity, notice: Notice, unsure = false): Forecast {
  const { leader } = picture;
  const before = connectivityOf(picture);
  const quorum = majorityOf(picture.nodes.length);
  const works = (id: NodeId, links: Connectivity): boolean => partnersOf(id, links).length >= quorum;
  const lost = after.all.filter((id) => works(id, before) && !works(id, after));
  const said = { leader, lost, winners: [], withinMs: WITHIN_MS[notice] };
  if (bestReach(after) < quorum)
    return { ...said, election: false, writes: bestReach(before) < quorum ? 'stay stopped' : 'stop' };
  const leads = leader !== null && works(leader, before);
  if (leads && works(leader, after)) return { ...said, election: unsure ? null : false, writes: 'go on' };
  const winners = after.all.filter((id) => works(id, after) && isCurrent(picture, id));
  return { ...said, winners, election: leads ? true : null, writes: 'pause' };
}

/** It has every committed entry, as far as is known: nobody else can win (Raft §5.4.1). */
function isCurrent(picture: ClusterPicture, id: NodeId): boolean {
  const leader = leaderOf(picture)?.status ?? null;
  const own = picture.nodes.find((node) => node.id === id)?.status ?? null;
  if (own === null) return true;
  if (own.repairing) return false;
  if (leader === null || leader.id === id) return true;
  const match = leader.peers.find((peer) => peer.id === id)?.matchIndex ?? own.lastIndex;
  return Math.max(match, own.lastIndex) >= leader.commitIndex - CLOSE_ENTRIES;
}

function noticeOf({ kind, command }: ActiveFault): Notice {
  if (kind === 'kill' || kind === 'power-loss') return 'closed';
  if (kind === 'disk') return /--fail\b/.test(command) ? 'closed' : 'disk';
  return 'silence';
}

/** A leader with a wrong clock, a slow disk or a bad link may keep the others waiting for too long, or not. */
function isUnsure({ leader }: ClusterPicture, { kind, nodes, command }: ActiveFault): boolean {
  const hits = leader !== null && nodes.includes(leader);
  return hits && (kind === 'clock' || kind === 'disk' || (kind === 'link' && /--delay|--drop 0/.test(command)));
}

/** `2 s`, `0.5 s`. */
const secondsText = (ms: number): string => `${ms / 1_000} s`;

/** `n2 or n3 can win`, `4 can win`. */
export function winnersText({ winners }: Forecast): string {
  if (winners.length === 0) return 'nobody known can win';
  return `${winners.length > 2 ? winners.length : listText(winners, 'or')} can win`;
}

export function electionText(forecast: Forecast): string {
  return `election within ${secondsText(forecast.withinMs)} (${winnersText(forecast)})`;
}

/** The whole prediction in one line. */
export function forecastText(said: Forecast): string {
  const lost = said.lost.length === 0 ? '' : `${listText(said.lost)} ${said.lost.length === 1 ? 'is' : 'are'} lost, `;
  if (said.writes === 'stop' || said.writes === 'stay stopped') return `${lost}no quorum: writes ${said.writes}`;
  if (said.election === true) return `${lost}${electionText(said)}, writes pause meanwhile`;
  if (said.writes === 'pause') return `${lost}writes go on once somebody leads`;
  return said.election === null ? `${lost}writes go on; an election is possible` : `${lost}no election, writes go on`;
}
