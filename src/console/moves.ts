/** Whether something has happened between two pictures, other than that numbers of a machine at rest have wavered. Pure. */
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';
import type { MemberStatus } from '../replica/status.ts';

export function moves(before: ClusterPicture | null, after: ClusterPicture): boolean {
  if (before === null || before.leader !== after.leader || before.term !== after.term || before.faults !== after.faults)
    return true;
  if (before.nodes.length !== after.nodes.length) return true;
  return after.nodes.some((node, i) => node !== before.nodes[i] && nodeMoves(before.nodes[i], node));
}

function nodeMoves(before: NodeView | undefined, after: NodeView): boolean {
  if (before === undefined || before.id !== after.id || before.state !== after.state || before.pid !== after.pid) return true;
  if (before.status === null || after.status === null) return before.status !== after.status;
  return statusMoves(before.status, after.status);
}

const TELLING = [
  'role',
  'term',
  'leader',
  'lastIndex',
  'commitIndex',
  'appliedIndex',
  'durableIndex',
  'snapshotIndex',
  'compactedIndex',
  'revision',
  'keys',
  'sessions',
  'repairing',
  'transferTo',
] as const satisfies readonly (keyof MemberStatus)[];

function statusMoves(before: MemberStatus, after: MemberStatus): boolean {
  if (TELLING.some((field) => before[field] !== after[field])) return true;
  if (before.links.length !== after.links.length) return true;
  return after.links.some(({ peer, connected }, i) => peer !== before.links[i]?.peer || connected !== before.links[i]?.connected);
}
