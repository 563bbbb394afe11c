/** The link rules behind each kind of fault. */

import { unreachable } from '../../../base/assert.ts';
import type { NodeId } from '../../../base/brand.ts';
import type { LinkFault } from '../../../fault/plan.ts';
import { bothWays, isolate, link, partition } from '../../../fault/presets.ts';
import type { ClusterAction } from '../../driver.ts';

type NodesAction = Extract<ClusterAction, { readonly type: 'kill' | 'pause' | 'isolate' }>;

/** What is done to processes. */
export type ProcessAction = NodesAction & { readonly type: 'kill' | 'pause' };
/** What is done to links. */
export type LinkAction =
  | (NodesAction & { readonly type: 'isolate' })
  | Extract<ClusterAction, { readonly type: 'partition' }>
  | Extract<ClusterAction, { readonly type: 'link' }>;

/** The rules that carry out an action on the links of a cluster with these nodes; `until` ends them by themselves. */
export function rulesOf(action: LinkAction, all: readonly NodeId[], until: number | null): readonly LinkFault[] {
  switch (action.type) {
    case 'isolate':
      return action.nodes.flatMap((node) => isolate(node, all, until));
    case 'partition':
      return partition(action.groups, until);
    case 'link': {
      const { from, to, drop, delayMs, duplicate } = action;
      const rule = link(from, to, { drop, delayMs, duplicate, until });
      return action.bothWays ? bothWays(rule) : [rule];
    }
    default:
      return unreachable(action);
  }
}

/** The nodes whose links an action touches. */
export function nodesOf(action: LinkAction): readonly NodeId[] {
  if (action.type === 'isolate') return action.nodes;
  return action.type === 'partition' ? [...new Set(action.groups.flat())] : [action.from, action.to];
}

/** An action on links as one would type it. */
export function commandOf(action: LinkAction): string {
  if (action.type === 'isolate') return `isolate ${action.nodes.join(',')}`;
  if (action.type === 'partition') return `partition ${action.groups.map((group) => group.join(',')).join(' / ')}`;
  const { from, to, drop, delayMs, duplicate, bothWays } = action;
  const [least, most] = delayMs;
  return [
    `link ${from} ${to}`,
    drop > 0 ? `--drop ${drop}` : '',
    most > 0 ? `--delay ${least === most ? `${most}ms` : `${least}ms..${most}ms`}` : '',
    duplicate > 0 ? `--duplicate ${duplicate}` : '',
    bothWays ? '--both' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}
