/** How an election came about and why it went as it did. Pure. */
import type { NodeId } from '../../base/brand.ts';
import type { ClusterEvent } from '../../cluster/driver.ts';
import type { VoteRefusal } from '../../raft/messages.ts';
import { listText, timeText } from '../wording.ts';
import { newestTold, type Story, spanText, type Told, toldAs, whenText } from './story.ts';

/** Why a voter says no, with where Raft says so. */
export const REFUSAL_REASONS: Readonly<Record<VoteRefusal, string>> = {
  'older-term': 'it has seen a newer term, so the request is out of date (Raft §5.1)',
  'leader-is-alive':
    'it hears a leader, and whoever hears one grants no pre-vote: one bad link deposes nobody (dissertation §9.6)',
  'lease-may-hold': 'a leader that it answered may still hold a lease, which rests on this vote (dissertation §6.4.1)',
  'already-voted': 'it has given its one vote of this term to another (Raft §5.2)',
  repairing: 'its log lost entries to damage, so its word proves nothing until it has them again (docs/decisions/0005-repair.md)',
  'log-behind': "the candidate's log is behind its own: such a leader could lose what is committed (Raft §5.4.1)",
  'storage-stalled': 'its disk does not answer, so it could not keep its promise',
};

/** The story of how `leader` won `term`, oldest first; empty when nothing of it is recorded. */
export function electionLines(story: Story, leader: NodeId, term: number): readonly string[] {
  const won = newestTold(
    story,
    'role',
    (event) => event.node === leader && event.raft.role === 'leader' && event.raft.term === term,
  );
  if (won === null) return [];
  const stood = newestTold(
    story,
    'election',
    (event) => event.node === leader && !event.raft.preVote && event.raft.term === term && event.time <= won.time,
  );
  const votes = story.events.filter(
    (event): event is Told<'vote-received'> =>
      toldAs(event, 'vote-received') && event.node === leader && !event.raft.preVote && event.raft.term === term,
  );
  const from = votes.filter(({ raft }) => raft.granted).map(({ raft }) => raft.from);
  const voters = from.length === 0 ? 'its own vote was enough' : `${listText(from)} voted for it`;
  const took = stood === null ? '' : `, ${spanText(stood.time, won.time)} after it stood`;
  const cause = stood === null ? [] : [...endOfReign(story, term, stood), standLine(story, stood)];
  return [...cause, `${leader} won term ${term} ${whenText(story, won.time)}${took}: ${voters}.`, ...refusalLines(votes)];
}

/** Why the candidate stood: the reason of its first pre-vote for that term, which says more than that of the vote. */
function standLine(story: Story, stood: Told<'election'>): string {
  const asked = story.events.find(
    (event) =>
      toldAs(event, 'election') && event.node === stood.node && event.raft.preVote && event.raft.term === stood.raft.term,
  );
  const reason = asked !== undefined && toldAs(asked, 'election') ? asked.raft.reason : stood.raft.reason;
  return `${stood.node} stood for election at ${timeText(stood.time)}${reason === '' ? '' : `: ${reason}`}.`;
}

/** What became of the leader before: the newest thing told of it before the next one stood. */
function endOfReign(story: Story, term: number, stood: Told<'election'>): readonly string[] {
  const before = newestTold(
    story,
    'role',
    (event) => event.raft.role === 'leader' && event.raft.term < term && event.time <= stood.time,
  );
  if (before === null) return [];
  const reign = `${before.node} led term ${before.raft.term} before.`;
  const end = story.events.findLast(
    (event) => event.time >= before.time && event.time <= stood.time && endsReign(event, before.node),
  );
  if (end === undefined) return [reign];
  const told = end.node === null ? end.text : `${end.node} ${end.text}`;
  return [`${reign} Then, ${spanText(end.time, stood.time)} before the election: ${told}.`];
}

function endsReign(event: ClusterEvent, leader: NodeId): boolean {
  if (event.kind === 'fault') return event.severity === 'warn' && event.text.includes(leader);
  if (event.node !== leader) return false;
  if (event.kind === 'process') return event.severity !== 'info';
  if (toldAs(event, 'transfer')) return event.raft.state === 'sent';
  return toldAs(event, 'role') && event.raft.role !== 'leader';
}

/** One line for each reason, with who gave it. */
export function refusalLines(votes: readonly Told<'vote-received'>[]): readonly string[] {
  const byReason = new Map<VoteRefusal, Set<NodeId>>();
  for (const { raft } of votes) {
    if (raft.granted || raft.refusal === null) continue;
    byReason.set(raft.refusal, (byReason.get(raft.refusal) ?? new Set()).add(raft.from));
  }
  return [...byReason].map(
    ([reason, nodes]) => `${listText([...nodes])} ${nodes.size === 1 ? 'refuses' : 'refuse'}: ${REFUSAL_REASONS[reason]}.`,
  );
}

/** The newest answers to this candidate's current attempt. */
export function answersTo({ events }: Story, candidate: NodeId): readonly Told<'vote-received'>[] {
  const start = events.findLastIndex((event) => toldAs(event, 'election') && event.node === candidate);
  return events
    .slice(Math.max(0, start))
    .filter((event): event is Told<'vote-received'> => toldAs(event, 'vote-received') && event.node === candidate);
}
