/** What has happened between two pictures, other than that numbers of a machine at rest have wavered. Pure. */
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';
import type { MemberStatus } from '../replica/status.ts';

/** `runs`: positions of logs and counts have moved on, as they do under any load. `turns`: what stands still while all is well. */
export type Motion = 'still' | 'runs' | 'turns';

export function motionBetween(before: ClusterPicture | null, after: ClusterPicture): Motion {
  if (before === null || before.leader !== after.leader || before.term !== after.term || before.faults !== after.faults)
    return 'turns';
  if (before.nodes.length !== after.nodes.length) return 'turns';
  let motion: Motion = 'still';
  for (const [i, node] of after.nodes.entries()) {
    const moved = node === before.nodes[i] ? 'still' : nodeMotion(before.nodes[i], node);
    if (moved === 'turns') return moved;
    if (moved === 'runs') motion = moved;
  }
  return motion;
}

function nodeMotion(before: NodeView | undefined, after: NodeView): Motion {
  if (before === undefined || before.id !== after.id || before.state !== after.state || before.pid !== after.pid) return 'turns';
  if (before.status === null || after.status === null) return before.status === after.status ? 'still' : 'turns';
  return statusMotion(before.status, after.status);
}

const STANDING = ['role', 'term', 'leader', 'repairing', 'transferTo'] as const satisfies readonly (keyof MemberStatus)[];
const RUNNING = [
  'lastIndex',
  'commitIndex',
  'appliedIndex',
  'durableIndex',
  'snapshotIndex',
  'compactedIndex',
  'revision',
  'keys',
  'sessions',
] as const satisfies readonly (keyof MemberStatus)[];

function statusMotion(before: MemberStatus, after: MemberStatus): Motion {
  if (STANDING.some((field) => before[field] !== after[field])) return 'turns';
  if (before.links.length !== after.links.length) return 'turns';
  if (after.links.some(({ peer, connected }, i) => peer !== before.links[i]?.peer || connected !== before.links[i]?.connected))
    return 'turns';
  return RUNNING.some((field) => before[field] !== after[field]) ? 'runs' : 'still';
}
