/** Names for nodes: `n2`, `2`, `n1,n3`, `leader`, `followers`, `random`, `marked`, `all`, `minority`, `!leader`. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterPicture } from '../cluster/driver.ts';
import { bridgeGroups, ringGroups } from '../fault/presets.ts';
import { UsageError } from './command.ts';
import { didYouMean } from './suggest.ts';

export interface NodeScope {
  readonly picture: ClusterPicture;
  readonly marked: readonly NodeId[];
  readonly cursor: NodeId | null;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The words that stand for nodes, with what they mean, for help and completion. */
export const NODE_WORDS: ReadonlyMap<string, string> = new Map([
  ['leader', 'the node that leads now'],
  ['followers', 'every node that does not lead'],
  ['random', 'one of the nodes that are up'],
  ['minority', 'as many nodes as may fail, none of them the leader'],
  ['majority', 'all but the minority'],
  ['marked', 'the nodes marked in the console, else the one under the cursor'],
  ['all', 'every node'],
]);

/** In the order of the cluster, without repeats, never empty. Throws UsageError. */
export function parseNodeSet(text: string, scope: NodeScope): readonly NodeId[] {
  const chosen = new Set<NodeId>();
  for (const part of text.split(',')) {
    const name = part.trim();
    if (name === '') throw new UsageError(`"${text}" has an empty name`, { next: 'write n1,n3 without a comma at the ends' });
    for (const id of evaluate(name, scope)) chosen.add(id);
  }
  const ordered = idsOf(scope).filter((id) => chosen.has(id));
  if (ordered.length === 0)
    throw new UsageError(`"${text}" names no node here`, { next: `the nodes are ${idsOf(scope).join(', ')}` });
  return ordered;
}

/** Exactly one node. Throws UsageError. */
export function parseNode(text: string, scope: NodeScope): NodeId {
  const [first, ...others] = parseNodeSet(text, scope);
  if (first === undefined || others.length > 0) throw new UsageError(`"${text}" names several nodes`, { next: 'name one node' });
  return first;
}

/** Whole partitions by name, with what they are, for help and completion. */
export const GROUP_WORDS: ReadonlyMap<string, string> = new Map([
  ['ring', 'each node reaches only the two beside it'],
  ['bridge', 'two halves that see each other only through one node: bridge n3'],
]);

/**
 * `n1,n2 / n3,n4,n5` (or `|` between the groups). One group alone stands against all the others; nodes in no group
 * form one more; a node in two groups reaches both. `ring`, or `bridge n3`, by name. Throws UsageError.
 */
export function parseGroups(text: string, scope: NodeScope): readonly (readonly NodeId[])[] {
  const [name = '', bridge, ...others] = text.trim().split(/\s+/);
  if (GROUP_WORDS.has(name) && others.length === 0) return name === 'ring' ? ring(bridge, scope) : bridged(bridge, scope);
  return listedGroups(text, scope);
}

function ring(after: string | undefined, scope: NodeScope): readonly (readonly NodeId[])[] {
  const ids = idsOf(scope);
  if (after !== undefined) throw new UsageError('a ring takes all nodes', { next: 'write partition ring' });
  if (ids.length < 4)
    throw new UsageError('in a ring of three everybody is beside everybody', { next: 'cut a link: cut n1 n2 --both' });
  return ringGroups(ids);
}

function bridged(name: string | undefined, scope: NodeScope): readonly (readonly NodeId[])[] {
  const ids = idsOf(scope);
  if (ids.length < 3) throw new UsageError('a bridge needs two others', { next: 'cut a link: cut n1 n2 --both' });
  const middle = name === undefined ? ids[Math.floor(ids.length / 2)] : parseNode(name, scope);
  return middle === undefined ? [] : bridgeGroups(ids, middle);
}

function listedGroups(text: string, scope: NodeScope): readonly (readonly NodeId[])[] {
  const groups = text.split(/[/|]/).map((group) =>
    parseNodeSet(
      group
        .trim()
        .split(/\s*,\s*|\s+/)
        .join(','),
      scope,
    ),
  );
  const placed = new Set(groups.flat());
  for (const [i, group] of groups.entries()) {
    const holder = groups.find((other, k) => k !== i && group.every((id) => other.includes(id)));
    if (holder !== undefined)
      throw new UsageError(`${group.join(',')} stands in ${holder.join(',')} as well`, {
        next: 'name each node once, n1,n2 / n3,n4,n5, or let one be a bridge: n1,n2,n3 / n3,n4,n5',
      });
  }
  const left = idsOf(scope).filter((id) => !placed.has(id));
  const all = left.length > 0 ? [...groups, left] : groups;
  if (all.length < 2) throw new UsageError('a partition needs two sides', { next: 'write partition n1,n2 / n3,n4,n5' });
  return all;
}

function idsOf(scope: NodeScope): readonly NodeId[] {
  return scope.picture.nodes.map((node) => node.id);
}

function evaluate(name: string, scope: NodeScope): readonly NodeId[] {
  const ids = idsOf(scope);
  if (name.startsWith('!')) {
    const excluded = new Set(evaluate(name.slice(1), scope));
    return ids.filter((id) => !excluded.has(id));
  }
  const byName = ids.find((id) => id === name) ?? ids.find((id) => id === `n${name}`);
  if (byName !== undefined) return [byName];
  return evaluateWord(name, scope, ids);
}

function evaluateWord(name: string, scope: NodeScope, ids: readonly NodeId[]): readonly NodeId[] {
  switch (name) {
    case 'all':
      return ids;
    case 'leader':
      return [leaderOf(scope)];
    case 'followers': {
      const { leader } = scope.picture;
      return ids.filter((id) => id !== leader);
    }
    case 'minority':
      return minority(scope);
    case 'majority': {
      const few = new Set(minority(scope));
      return ids.filter((id) => !few.has(id));
    }
    case 'random':
      return [randomNode(scope)];
    case 'marked':
      return marked(scope);
    default:
      throw new UsageError(`there is no node "${name}"`, {
        next: didYouMean(name, [...ids, ...NODE_WORDS.keys()]) ?? `the nodes are ${ids.join(', ')}`,
      });
  }
}

function leaderOf({ picture }: NodeScope): NodeId {
  if (picture.leader === null) throw new UsageError('no node leads now', { next: 'name a node, or wait for an election' });
  return picture.leader;
}

function minority({ picture }: NodeScope): readonly NodeId[] {
  const count = Math.floor((picture.nodes.length - 1) / 2);
  if (count === 0) throw new UsageError('a cluster this small has no minority', { next: 'name a node' });
  const others = picture.nodes.map((node) => node.id).filter((id) => id !== picture.leader);
  return others.slice(-count);
}

function randomNode({ picture, random }: NodeScope): NodeId {
  const up = picture.nodes.filter((node) => node.state === 'up');
  const pool = up.length > 0 ? up : picture.nodes;
  const node = pool[Math.min(pool.length - 1, Math.floor(random() * pool.length))];
  if (node === undefined) throw new UsageError('the cluster has no nodes', { next: 'start one: raftkv-tui start 5' });
  return node.id;
}

function marked({ marked: chosen, cursor }: NodeScope): readonly NodeId[] {
  if (chosen.length > 0) return chosen;
  if (cursor === null) throw new UsageError('no node is marked', { next: 'mark nodes with Space in the console, or name them' });
  return [cursor];
}
