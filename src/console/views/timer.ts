/** Whom a node hears, and how long it still waits when it hears nobody. */

import { LIMITS } from '../../base/limits.ts';
import type { NodeView } from '../../cluster/driver.ts';

/** A follower that was silent for less than this hears its leader. */
const HEARS_MS = LIMITS.heartbeatMs * 4;
/** A status older than this says nothing about a timer. */
const FRESH_MS = 1_500;

export interface Timer {
  /** In [0, 1]: 1 is when it campaigns. */
  readonly part: number;
}

/** Null while there is nothing to watch: the node leads, hears its leader, or does not run. */
export function timerOf({ state, status, seenAt }: NodeView, now: number): Timer | null {
  if (state !== 'up' || status?.election == null || seenAt === null) return null;
  const age = Math.max(0, now - seenAt);
  if (age > FRESH_MS) return null;
  const { elapsedMs, timeoutMs } = status.election;
  const standing = status.role === 'candidate' || status.role === 'pre-candidate';
  if (!standing && status.leader !== null && elapsedMs < HEARS_MS) return null;
  return { part: Math.max(0, Math.min(1, (elapsedMs + age) / Math.max(1, timeoutMs))) };
}

/** `n1`, `votes 2/3`, `nobody`, `-`. */
export function hearsText({ id, state, status }: NodeView): string {
  if (state !== 'up' || status === null) return '-';
  if (status.role === 'leader') return '-';
  const voters = status.configuration.voters.length;
  const quorum = Math.floor(voters / 2) + 1;
  if (status.votes !== null && (status.role === 'candidate' || status.role === 'pre-candidate')) {
    const granted = new Set([...status.votes.granted, id]).size;
    return `${status.role === 'candidate' ? 'votes' : 'pre'} ${granted}/${quorum}`;
  }
  return status.leader ?? 'nobody';
}
