/** Why an entry is committed, or what it still waits for. Pure. */
import type { ClusterPicture, NodeView } from '../../cluster/driver.ts';
import { majorityOf } from '../connectivity.ts';
import { type Cell, cellAt, holdersOf, leaderOf, newestIndex } from '../log-cells.ts';
import { listText } from '../wording.ts';
import type { Story } from './story.ts';
import { behindBecause } from './why-silent.ts';

export function whyEntry(story: Story, index: number): readonly string[] {
  const { picture } = story;
  const newest = Math.max(newestIndex(picture), ...picture.nodes.map(({ status }) => status?.lastIndex ?? 0));
  if (index > newest) return [`There is no entry ${index} yet: the newest in any log is ${newest}.`];
  const leader = leaderOf(picture);
  const judge = leader ?? mostTelling(picture, index);
  const at = (node: NodeView): Cell => cellAt(node, index, { picture, loaded: new Map() });
  const own = judge === null ? null : at(judge);
  if (judge === null || own === null || own.state === 'absent')
    return [
      `Entry ${index} is not in the log of ${judge?.id ?? 'any node that is known'}.`,
      ...otherEntries(picture, at, leader),
    ];
  if (own.state === 'compacted') return [`Entry ${index} is committed, and so old that ${judge.id} keeps it in its snapshot.`];
  if (own.term === 0) return agedLines(picture, index);
  const { disks, writing } = holdersOf(picture, index, (node) => at(node).term === own.term && at(node).state !== 'doomed');
  const needed = majorityOf(picture.nodes.length);
  const where = `on ${listText(disks) || 'no disk that is known'}`;
  const enough = disks.length >= needed;
  const committed = picture.nodes.some((node) => at(node).state === 'committed' && at(node).term === own.term);
  const verdict = committed
    ? `Entry ${index} of term ${own.term} is committed: it is ${where}, ${needed} of ${picture.nodes.length} are enough.`
    : `Entry ${index} of term ${own.term} is not committed: it is ${where}, ${enough ? `and ${needed} of ${picture.nodes.length} are enough` : `${disks.length} of the ${needed} that are needed`}.`;
  const waits = committed ? [] : [waitsFor(picture, leader, index, own.term, enough)];
  const unwritten =
    writing.length === 0 ? [] : [`${listText(writing)} ${writing.length === 1 ? 'is' : 'are'} still writing it to disk.`];
  return [verdict, ...unwritten, ...waits, ...lacking(story, leader, index, at), ...otherEntries(picture, at, leader)];
}

/** Too old for the ends of logs that statuses carry; what is committed never changes, so that is known all the same. */
function agedLines({ nodes }: ClusterPicture, index: number): readonly string[] {
  const holders = nodes.filter(({ status }) => (status?.commitIndex ?? 0) >= index).map(({ id }) => id);
  return holders.length === 0
    ? [`Entry ${index} is in some log, but no node tells of it now.`]
    : [`Entry ${index} is committed: ${listText(holders)} ${holders.length === 1 ? 'knows' : 'know'} that it is.`];
}

function mostTelling({ nodes }: ClusterPicture, index: number): NodeView | null {
  return nodes.find(({ status }) => (status?.lastIndex ?? 0) >= index) ?? null;
}

/** A leader commits entries of earlier terms only through one of its own (Raft §5.4.2). */
export function waitsFor(picture: ClusterPicture, leader: NodeView | null, index: number, term: number, enough: boolean): string {
  if (leader?.status == null) return 'No node leads, so nothing is committed now.';
  if (term < leader.status.term) return `It is of T${term}: it commits together with the first entry of T${leader.status.term}.`;
  if (enough) return 'The commit is on its way.';
  const missing = leader.status.peers.filter(({ matchIndex }) => matchIndex < index).map(({ id }) => String(id));
  const down = picture.nodes
    .filter(({ id, state }) => missing.includes(id) && state !== 'up')
    .map(({ id, state }) => `${id} (${state})`);
  const awaited = missing.filter((id) => !down.some((name) => name.startsWith(`${id} `)));
  return `Waiting for ${listText([...awaited, ...down], 'or')}.`;
}

/** Each node that has not got it, and why. */
function lacking(story: Story, leader: NodeView | null, index: number, at: (node: NodeView) => Cell): readonly string[] {
  if (leader === null) return [];
  return story.picture.nodes
    .filter((node) => node.id !== leader.id && at(node).state === 'absent' && (node.status?.lastIndex ?? 0) < index)
    .map((node) => `${node.id} lacks it: ${behindBecause(story, leader, node)}.`);
}

function otherEntries(picture: ClusterPicture, at: (node: NodeView) => Cell, leader: NodeView | null): readonly string[] {
  return picture.nodes
    .filter((node) => at(node).state === 'doomed')
    .map(
      (node) =>
        `${node.id} has another entry here, of term ${at(node).term}: it will be truncated once ${node.id} hears ${leader?.id ?? 'a leader'}.`,
    );
}
