/** What a fault on a node's disk, clock or event loop will do, in words. */
import type { NodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { ClusterAction, ClusterPicture } from '../cluster/driver.ts';
import type { DiskEffect } from '../fault/plan.ts';
import { formatDuration } from './duration.ts';

type Action<T extends ClusterAction['type']> = Extract<ClusterAction, { readonly type: T }>;

/** What happens to the nodes themselves; what follows for the cluster is told by whoever asks. */
export function diskWords({ slowMs: [least, most], hang, full, fail }: DiskEffect, nodes: readonly NodeId[]): string {
  const who = nodes.join(', ');
  const parts = [
    most > 0 ? `each write on ${who} takes ${least} to ${most} ms longer` : '',
    hang ? `no write on ${who} comes back` : '',
    full ? `${who} ${nodes.length === 1 ? 'has' : 'have'} no room left` : '',
    fail === null ? '' : `the next ${fail} on ${who} fails: the node stops`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export function clockWords({ leader }: ClusterPicture, { nodes, rate, offsetMs }: Action<'clock'>): string {
  const who = nodes.join(', ');
  const early = leader === null || nodes.some((node) => node !== leader);
  const parts = [
    rate === 1 ? '' : `${who} count${nodes.length === 1 ? 's' : ''} ${rate} s for each second`,
    rate > 1 && early ? 'patience with the leader ends sooner' : '',
    rate < 1 && leader !== null && nodes.includes(leader) ? `${leader} leads: its heartbeats come later` : '',
    offsetMs === 0
      ? ''
      : `the wall clock of ${who} is ${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead' : 'behind'}: no safety rests on it`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export function stallWords({ leader }: ClusterPicture, { nodes, stallMs }: Action<'stall'>): string {
  const stands = `${nodes.join(', ')} ${nodes.length === 1 ? 'does' : 'do'} nothing for ${formatDuration(stallMs)}`;
  const election = leader !== null && nodes.includes(leader) && stallMs >= LIMITS.electionMs;
  return election ? `${leader} leads: an election follows; ${stands}` : stands;
}
