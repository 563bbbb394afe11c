/** Why one node cannot be heard by another, or lags behind it. Pure. */
import type { NodeId } from '../../base/brand.ts';
import type { NodeView } from '../../cluster/driver.ts';
import { faultsCutting } from '../connectivity.ts';
import { faultNames, faultsOn, nodeOf, type Story, whenText } from './story.ts';

/** An fsync slower than this explains a node that is behind, in milliseconds. */
const SLOW_SYNC_MS = 100;

/** Why a process is not at work: `it is down since ... (kill n4, fault 1)`; null when it runs. */
export function stoppedBecause(story: Story, node: NodeView): string | null {
  if (node.state === 'up') return null;
  const kind = node.state === 'down' ? 'kill' : 'pause';
  const fault = faultsOn(story.picture, node.id).find((each) => each.kind === kind);
  const end = story.events.findLast((event) => event.kind === 'process' && event.node === node.id);
  const what = node.state === 'down' ? 'it is down' : 'its process is paused';
  if (fault !== undefined) return `${what}: ${faultNames([fault])}`;
  return end === undefined ? what : `${what}: ${end.text} ${whenText(story, end.time)}`;
}

/** Why messages from `from` do not arrive at `to`; null when nothing is known to keep them away. */
export function blockedBecause(story: Story, from: NodeId, to: NodeId): string | null {
  const cutting = faultsCutting(story.picture, from, to);
  if (cutting.length > 0) return `nothing from ${from} reaches ${to}: ${faultNames(cutting)}`;
  const link = nodeOf(story.picture, from)?.status?.links.find(({ peer }) => peer === to);
  if (link !== undefined && !link.connected) return `${from} has no connection to ${to}`;
  return null;
}

/** Why `node` has not yet what `leader` has. A full clause, without its subject's name where `it` will do. */
export function behindBecause(story: Story, leader: NodeView, node: NodeView): string {
  const stopped = stoppedBecause(story, node);
  if (stopped !== null) return stopped;
  const blocked = blockedBecause(story, leader.id, node.id) ?? blockedBecause(story, node.id, leader.id);
  if (blocked !== null) return blocked;
  const slow = story.picture.faults.filter(
    ({ kind, nodes }) => kind === 'link' && nodes.includes(node.id) && nodes.includes(leader.id),
  );
  if (slow.length > 0) return `its link to ${leader.id} is impaired: ${faultNames(slow)}`;
  if ((node.status?.sync.p99Ms ?? 0) > SLOW_SYNC_MS)
    return `its disk is slow: an fsync takes up to ${Math.round(node.status?.sync.p99Ms ?? 0)} ms`;
  const peer = leader.status?.peers.find(({ id }) => id === node.id);
  if (peer?.state === 'probe') return `${leader.id} is still looking for the place where its log agrees`;
  return `${leader.id} has sent it and waits for the answer`;
}
