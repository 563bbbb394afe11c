/** Why one event happened: what led to it, as far as that was recorded. Pure. */
import type { ClusterEvent } from '../../cluster/driver.ts';
import { leaderOf } from '../log-cells.ts';
import { type Story, spanText, toldAs } from './story.ts';
import { electionLines, REFUSAL_REASONS } from './why-election.ts';
import { blockedBecause } from './why-silent.ts';

/** A fault this long before, in milliseconds, may have been the cause. */
const NEAR_MS = 5_000;

/** Empty when nothing is known beyond the event itself. The story ends with the event, so nothing later is a cause. */
export function whyEvent(whole: Story, event: ClusterEvent): readonly string[] {
  const story = { ...whole, events: whole.events.filter(({ time }) => time <= event.time) };
  if (toldAs(event, 'role') && event.raft.role === 'leader') return electionLines(story, event.node, event.raft.term);
  if (toldAs(event, 'vote-received') && event.raft.refusal !== null)
    return [`${event.raft.from} refuses: ${REFUSAL_REASONS[event.raft.refusal]}.`];
  if (toldAs(event, 'election')) {
    const leader = leaderOf(story.picture);
    const deaf = leader === null || leader.id === event.node ? null : blockedBecause(story, leader.id, event.node);
    return deaf === null ? faultBefore(story, event) : [`It does not hear ${leader?.id}: ${deaf}.`];
  }
  if (toldAs(event, 'truncated'))
    return [
      'They never reached a majority, so nobody was told that they happened; a follower takes the log of its leader (Raft §5.3).',
    ];
  if (event.kind === 'process' || (toldAs(event, 'role') && event.severity === 'warn')) return faultBefore(story, event);
  return [];
}

function faultBefore({ events }: Story, event: ClusterEvent): readonly string[] {
  const cause = events.findLast(
    ({ kind, time, severity, seq }) =>
      kind === 'fault' && severity === 'warn' && seq !== event.seq && event.time - time <= NEAR_MS,
  );
  return cause === undefined ? [] : [`${spanText(cause.time, event.time)} before: ${cause.text}.`];
}
