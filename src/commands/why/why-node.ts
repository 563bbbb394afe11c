/** Why a node is what it is: down, behind, standing for election, or well. Pure. */
import type { NodeId } from '../../base/brand.ts';
import type { NodeView } from '../../cluster/driver.ts';
import type { MemberStatus } from '../../replica/status.ts';
import { majorityOf } from '../connectivity.ts';
import { diskIndex, divergence, leaderOf } from '../log-cells.ts';
import { listText, plural, timeText } from '../wording.ts';
import { faultNames, faultsOn, newestTold, nodeOf, type Story, toldAs } from './story.ts';
import { answersTo, refusalLines } from './why-election.ts';
import { whyLeader } from './why-leader.ts';
import { behindBecause, blockedBecause, stoppedBecause } from './why-silent.ts';

export function whyNode(story: Story, id: NodeId): readonly string[] {
  const node = nodeOf(story.picture, id);
  if (node === null) return [`There is no node ${id} in this cluster.`];
  const stopped = stoppedBecause(story, node);
  if (stopped !== null) return [...whyStopped(story, node, stopped), ...divergenceLines(story, node)];
  if (node.status === null) return [`${id} runs but has not answered yet.`];
  if (story.picture.leader === id) return whyLeader(story);
  const lines = whyRole(story, node, node.status);
  const told = lines.join(' ');
  const rest = faultsOn(story.picture, id).filter(({ command }) => !told.includes(command));
  const others = rest.length === 0 ? [] : [`Also set on it: ${faultNames(rest)}.`];
  return [...repairLines(node, node.status), ...lines, ...divergenceLines(story, node), ...others];
}

function repairLines({ id }: NodeView, { repairing }: MemberStatus): readonly string[] {
  if (!repairing) return [];
  return [
    `${id} is repairing its log, which lost entries to damage: it neither votes nor stands for election until a leader has given them back.`,
  ];
}

function whyStopped({ picture }: Story, node: NodeView, stopped: string): readonly string[] {
  const leader = leaderOf(picture);
  const behind = (leader?.status?.lastIndex ?? 0) - (node.status?.lastIndex ?? 0);
  // A node that has not spoken since this console looks may have most of it on its disk.
  const missed = node.status === null ? 'what it missed' : `the ${plural(behind, 'entry', 'entries')} it missed`;
  const verb = node.state === 'down' ? 'restart' : 'resume';
  const after = behind > 0 && leader !== null ? `, then ${leader.id} sends it ${missed}` : '';
  return [`${node.id}: ${stopped}.`, `${verb} ${node.id} brings it back${after}.`];
}

function whyRole(story: Story, node: NodeView, status: MemberStatus): readonly string[] {
  switch (status.role) {
    case 'leader':
      return [
        `${node.id} believes to lead term ${status.term}, but term ${story.picture.term} has begun elsewhere.`,
        'Without a majority it can commit nothing; it steps down when it hears the newer term.',
      ];
    case 'candidate':
    case 'pre-candidate':
      return whyStanding(story, node, status);
    default:
      return whyFollowing(story, node, status);
  }
}

function whyStanding(story: Story, node: NodeView, status: MemberStatus): readonly string[] {
  const { picture } = story;
  const asked = newestTold(story, 'election', (event) => event.node === node.id);
  const attempts = story.events.filter((event) => toldAs(event, 'election') && event.node === node.id).length;
  const often = attempts > 1 ? `, for the ${ordinal(attempts)} time in what is recorded` : '';
  const leader = leaderOf(picture);
  const deaf = leader === null ? null : blockedBecause(story, leader.id, node.id);
  const quorum = majorityOf(picture.nodes.length);
  const granted = new Set([...(status.votes?.granted ?? []), node.id]).size;
  const pre = status.role === 'pre-candidate';
  return [
    pre
      ? `${node.id} asks for pre-votes for term ${status.term + 1}${often}: ${reasonOf(asked?.raft.reason)}.`
      : `${node.id} stands for election in term ${status.term}${often}: ${reasonOf(asked?.raft.reason)}.`,
    ...(deaf === null ? [] : [`It does not hear ${leader?.id}, which leads term ${picture.term}: ${deaf}.`]),
    `It has ${granted} of the ${quorum} ${pre ? 'pre-votes' : 'votes'} that it needs.`,
    ...refusalLines(answersTo(story, node.id)),
    ...(pre ? ['As long as these are only pre-votes no term grows, and it disturbs nobody.'] : []),
  ];
}

const reasonOf = (reason: string | undefined): string =>
  reason === undefined || reason === '' ? 'its election timer ran out' : reason;

function ordinal(count: number): string {
  const last = count % 10;
  const teen = Math.floor(count / 10) % 10 === 1;
  return `${count}${teen || last === 0 || last > 3 ? 'th' : last === 1 ? 'st' : last === 2 ? 'nd' : 'rd'}`;
}

function whyFollowing(story: Story, node: NodeView, status: MemberStatus): readonly string[] {
  const { picture } = story;
  const leader = leaderOf(picture);
  if (status.leader === null || leader === null) {
    const left = status.election === null ? null : Math.max(0, status.election.timeoutMs - status.election.elapsedMs);
    const soon = left === null ? '' : ` Unless it hears one it asks for pre-votes in ${Math.round(left)} ms.`;
    return [`${node.id} waits in term ${status.term} and knows no leader.${soon}`];
  }
  if (status.leader !== leader.id)
    return [
      `${node.id} follows ${status.leader} in term ${status.term}: it has not heard yet that ${leader.id} leads term ${picture.term}.`,
    ];
  const since = newestTold(story, 'role', (event) => event.node === node.id && event.raft.role === 'follower');
  const from = since === null ? '' : `, since ${timeText(since.time)}`;
  const follows = `${node.id} follows ${leader.id} in term ${status.term}${from}.`;
  const lag = (leader.status?.commitIndex ?? 0) - diskIndex(node, picture);
  if (lag <= 0)
    return [
      follows,
      isHeard(leader, node)
        ? `It has everything that is committed: ${leader.id} hears it answer.`
        : `It has everything that ${leader.id} knows to be committed, and ${leader.id} has not heard it answer yet.`,
    ];
  return [follows, `It lacks ${plural(lag, 'committed entry', 'committed entries')}: ${behindBecause(story, leader, node)}.`];
}

/** A leader that has just been elected knows nothing yet of how far the others are. */
function isHeard(leader: NodeView, node: NodeView): boolean {
  return (leader.status?.peers.find(({ id }) => id === node.id)?.matchIndex ?? 0) > 0;
}

function divergenceLines({ picture }: Story, node: NodeView): readonly string[] {
  const gone = divergence(node, picture);
  if (gone === null) return [];
  const them = gone.count === 1 ? `Entry ${gone.from}` : `Entries ${gone.from} to ${gone.from + gone.count - 1}`;
  return [
    `${them} of its log, of ${gone.terms.length === 1 ? 'term' : 'terms'} ${listText(gone.terms.map(String))}, never reached a majority; ${listText([picture.leader ?? 'the leader'])} has others there, so they will be truncated (Raft §5.3).`,
  ];
}
