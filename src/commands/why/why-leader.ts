/** Why this node leads, or why none does. Pure. */
import type { NodeView } from '../../cluster/driver.ts';
import { bestReach, connectivityOf, majorityOf, partnersOf } from '../connectivity.ts';
import { leaderOf } from '../log-cells.ts';
import { listText } from '../wording.ts';
import { faultNames, faultsOn, newestTold, type Story, whenText } from './story.ts';
import { answersTo, electionLines, refusalLines } from './why-election.ts';
import { stoppedBecause } from './why-silent.ts';

export function whyLeader(story: Story): readonly string[] {
  const leader = leaderOf(story.picture);
  return leader === null ? whyNone(story) : whyThis(story, leader);
}

function whyThis(story: Story, leader: NodeView): readonly string[] {
  const { picture } = story;
  const election = electionLines(story, leader.id, picture.term);
  const others = picture.nodes.filter(({ id }) => id !== leader.id);
  const hear = others.filter(({ state, status }) => state === 'up' && status?.leader === leader.id).map(({ id }) => id);
  const quorum = majorityOf(picture.nodes.length);
  const stays =
    others.length === 0
      ? 'It is the only node, so it needs nobody.'
      : hear.length + 1 >= quorum
        ? `It stays because ${listText(hear)} ${hear.length === 1 ? 'hears' : 'hear'} it: ${hear.length + 1} of ${picture.nodes.length}, ${quorum} are needed.`
        : `Only ${hear.length + 1} of ${picture.nodes.length} hear it and ${quorum} are needed: it will step down.`;
  const stale = others
    .filter(({ state, status }) => state === 'up' && status?.role === 'leader')
    .map(
      ({ id, status }) =>
        `${id} still believes to lead term ${status?.term ?? 0}; without a majority it can commit nothing there.`,
    );
  return [
    `${leader.id} leads term ${picture.term}.`,
    ...(election.length === 0 ? ['How it was elected is not among the events recorded so far.'] : election),
    stays,
    ...stale,
  ];
}

function whyNone(story: Story): readonly string[] {
  const { picture } = story;
  const quorum = majorityOf(picture.nodes.length);
  const links = connectivityOf(picture);
  const reach = bestReach(links);
  const last = newestTold(story, 'role', (event) => event.raft.role === 'leader');
  const before =
    last === null ? [] : [`${last.node} led term ${last.raft.term}, which it had won ${whenText(story, last.time)}.`];
  if (reach < quorum) {
    return [
      `No node leads: ${reach} of ${picture.nodes.length} can work together, and an election needs ${quorum}.`,
      ...missing(story),
      ...before,
    ];
  }
  return [`No node leads now, although ${reach} of ${picture.nodes.length} could elect one.`, ...attempts(story), ...before];
}

/** Each node that cannot take part, and why. */
function missing(story: Story): readonly string[] {
  const { picture } = story;
  const links = connectivityOf(picture);
  return picture.nodes.flatMap((node) => {
    const stopped = stoppedBecause(story, node);
    if (stopped !== null) return [`${node.id} cannot take part: ${stopped}.`];
    const partners = partnersOf(node.id, links).filter((id) => id !== node.id);
    if (partners.length >= majorityOf(picture.nodes.length) - 1) return [];
    const cutting = faultsOn(picture, node.id).filter(({ kind }) => kind !== 'kill' && kind !== 'pause');
    const why = cutting.length === 0 ? '' : `: ${faultNames(cutting)}`;
    return [`${node.id} reaches ${partners.length === 0 ? 'nobody' : `only ${listText(partners)}`}${why}.`];
  });
}

function attempts(story: Story): readonly string[] {
  const standing = story.picture.nodes.filter(
    ({ state, status }) => state === 'up' && (status?.role === 'candidate' || status?.role === 'pre-candidate'),
  );
  if (standing.length === 0) return ['Nobody stands yet: the first node whose election timer runs out will.'];
  return standing.flatMap(({ id, status }) => [
    `${id} ${status?.role === 'candidate' ? `stands for election in term ${status.term}` : `asks for pre-votes for term ${(status?.term ?? 0) + 1}`}.`,
    ...refusalLines(answersTo(story, id)),
  ]);
}
