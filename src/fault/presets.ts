/** Rules for the faults that people speak of, from names of nodes alone. */
import type { NodeId } from '../base/brand.ts';
import type { LinkFault } from './plan.ts';

/** What a rule does to the messages of its link; what is not given is not done. */
export type LinkEffect = Partial<Omit<LinkFault, 'from' | 'to'>>;

const CUT: LinkEffect = { drop: 1 };

/** One rule for the messages from `from` to `to`. */
export function link(from: NodeId | '*', to: NodeId | '*', effect: LinkEffect): LinkFault {
  return { from, to, drop: 0, delayMs: [0, 0], duplicate: 0, until: null, ...effect };
}

/** The rule and its mirror image. A rule from any node to any node is its own. */
export function bothWays(rule: LinkFault): readonly LinkFault[] {
  return rule.from === rule.to ? [rule] : [rule, { ...rule, from: rule.to, to: rule.from }];
}

/** Cuts `node` off from all others, in both directions. */
export function isolate(node: NodeId, all: readonly NodeId[], until: number | null = null): readonly LinkFault[] {
  return all.filter((other) => other !== node).flatMap((other) => bothWays(link(node, other, { ...CUT, until })));
}

/**
 * Cuts every link between different groups, in both directions. A node in two groups is a bridge: it keeps its links with
 * both (a partial partition). A node in no group is untouched.
 */
export function partition(groups: readonly (readonly NodeId[])[], until: number | null = null): readonly LinkFault[] {
  const nodes = [...new Set(groups.flat())];
  const together = (a: NodeId, b: NodeId): boolean => groups.some((group) => group.includes(a) && group.includes(b));
  return nodes.flatMap((from) => nodes.filter((to) => !together(from, to)).map((to) => link(from, to, { ...CUT, until })));
}

/** The groups in which each node reaches the two beside it. */
export function ringGroups(all: readonly NodeId[]): readonly (readonly NodeId[])[] {
  return all.map((id, place) => [id, all[(place + 1) % all.length] ?? id]);
}

/** Two halves that see each other only through `bridge`, which reaches both. */
export function bridgeGroups(all: readonly NodeId[], bridge: NodeId): readonly (readonly NodeId[])[] {
  const others = all.filter((id) => id !== bridge);
  const half = Math.ceil(others.length / 2);
  const withBridge = (ids: readonly NodeId[]): readonly NodeId[] => all.filter((id) => id === bridge || ids.includes(id));
  return [withBridge(others.slice(0, half)), withBridge(others.slice(half))];
}
