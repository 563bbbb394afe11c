/** Who is a majority. Pure; every decision of the algorithm that needs a quorum asks here, joint or not (Raft §6). */
import { type LogIndex, logIndex, type NodeId } from '../base/brand.ts';
import type { Configuration } from './messages.ts';

export type VoteResult = 'won' | 'lost' | 'pending';

/** The highest index that a quorum has reached (Raft §5.3, figure 2 "Rules for Leaders"). Learners do not count. */
export function committedIndex(configuration: Configuration, match: (id: NodeId) => LogIndex): LogIndex {
  return logIndex(quorumValue(configuration, match));
}

/**
 * The highest value that a quorum has reached, for any number that only rises: log indexes, read rounds, times.
 * A joint configuration is as far as the slower of its two majorities. 0 when nobody votes.
 */
export function quorumValue(configuration: Configuration, value: (id: NodeId) => number): number {
  const incoming = majorityValue(configuration.voters, value);
  return configuration.outgoing.length === 0 ? incoming : Math.min(incoming, majorityValue(configuration.outgoing, value));
}

/** How an election stands. 'lost' as soon as those who have not answered can no longer turn it. */
export function voteResult(configuration: Configuration, granted: ReadonlySet<NodeId>, refused: ReadonlySet<NodeId>): VoteResult {
  const incoming = majorityVote(configuration.voters, granted, refused);
  if (configuration.outgoing.length === 0) return incoming;
  const outgoing = majorityVote(configuration.outgoing, granted, refused);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending';
}

/** Whether `id` takes part in decisions. */
export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || configuration.outgoing.includes(id);
}

/** Everybody that must receive the log, without repetition. */
export function membersOf(configuration: Configuration): readonly NodeId[] {
  return [...new Set([...configuration.voters, ...configuration.outgoing, ...configuration.learners])];
}

/** With n voters, floor(n/2) + 1 of them are at least as far. Asked several times in each turn, of few voters: no sorting. */
function majorityValue(voters: readonly NodeId[], value: (id: NodeId) => number): number {
  if (voters.length === 0) return 0;
  const values: number[] = [];
  for (const voter of voters) values.push(value(voter));
  const needed = (voters.length >> 1) + 1;
  let highest = Number.NEGATIVE_INFINITY;
  for (const candidate of values) {
    if (candidate <= highest) continue;
    let reached = 0;
    for (const each of values) if (each >= candidate) reached += 1;
    if (reached >= needed) highest = candidate;
  }
  return highest;
}

function majorityVote(voters: readonly NodeId[], granted: ReadonlySet<NodeId>, refused: ReadonlySet<NodeId>): VoteResult {
  const majority = (voters.length >> 1) + 1;
  let yes = 0;
  let open = 0;
  for (const id of voters) {
    if (granted.has(id)) yes += 1;
    else if (!refused.has(id)) open += 1;
  }
  if (voters.length > 0 && yes >= majority) return 'won';
  return yes + open < majority ? 'lost' : 'pending';
}
