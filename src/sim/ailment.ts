/**
 * One part of a cluster that stays broken when everything else is healed: the others must go on all the same, and must
 * not change their leader for it (TigerBeetle's liveness mode; the outage of Cloudflare of November 2020).
 */
import type { LinkFault } from '../fault/plan.ts';
import { bothWays, isolate, link } from '../fault/presets.ts';
import type { SimCluster } from './cluster.ts';
import type { SimNode } from './node.ts';

export const AILMENTS = ['alone', 'deaf', 'mute', 'one-link', 'one-way-link', 'hung-disk', 'paused'] as const;

export interface Ailment {
  readonly kind: (typeof AILMENTS)[number];
  /** Of whoever leads then, or of another node. */
  readonly ofLeader: boolean;
}

/** Those who were down are up by then, and whoever could be repaired is. */
const RECOVERY_MS = 3_000;

/** Afflicts a node, once all have recovered; returns the cure. Null when too few others would be left for a majority. */
export function afflict(cluster: SimCluster, { kind, ofLeader }: Ailment): (() => void) | null {
  const nodes = [...cluster.nodes.values()];
  // Whoever repairs its log has no vote, and needs a leader that others elect.
  const ableNow = () => nodes.filter(({ replica }) => replica?.coreStatus().repairing === false);
  cluster.until(() => cluster.leader() !== null && ableNow().length === nodes.length, RECOVERY_MS);
  const able = ableNow();
  const leader = cluster.leader();
  const node = ofLeader ? leader : (able.find((each) => each !== leader) ?? null);
  if (node === null || able.length - 1 < (nodes.length >> 1) + 1) return null;
  const rules = rulesOf(kind, node, leader ?? node, cluster);
  if (rules !== null) {
    cluster.setLinks(rules);
    return () => cluster.setLinks([]);
  }
  if (kind === 'hung-disk') node.disk.hang(true);
  else node.pause();
  return () => {
    node.disk.hang(false);
    node.resume();
  };
}

/** Null for an ailment that is not one of links. */
function rulesOf(kind: Ailment['kind'], { id }: SimNode, leader: SimNode, { nodes }: SimCluster): readonly LinkFault[] | null {
  const all = [...nodes.keys()];
  const other = leader.id === id ? (all.find((each) => each !== id) ?? id) : leader.id;
  switch (kind) {
    case 'alone':
      return isolate(id, all);
    case 'deaf':
      return [link('*', id, { drop: 1 })];
    case 'mute':
      return [link(id, '*', { drop: 1 })];
    case 'one-link':
      return bothWays(link(id, other, { drop: 1 }));
    case 'one-way-link':
      return [link(other, id, { drop: 1 })];
    default:
      return null;
  }
}
