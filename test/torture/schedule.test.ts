import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { actionOf } from '../../src/torture/fault-actions.ts';
import { ALONE, kindsNamed, TORTURE_KINDS, type TortureKind } from '../../src/torture/kinds.ts';
import { drawEpochs, type PlannedEpoch } from '../../src/torture/schedule.ts';
import { pictureOf } from '../commands/fake-cluster.ts';

function epochs(seed: number, count: number, kinds: readonly TortureKind[] = TORTURE_KINDS): PlannedEpoch[] {
  const drawn = drawEpochs(seed, kinds);
  return Array.from({ length: count }, () => drawn.next().value);
}

describe('the schedule', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(epochs(7, 50)).toEqual(epochs(7, 50));
    expect(epochs(7, 50)).not.toEqual(epochs(8, 50));
  });

  it('has every kind before any comes again', () => {
    const kinds = epochs(3, 200).flatMap(({ faults }) => faults.map(({ kind }) => kind));
    for (let round = 0; round + TORTURE_KINDS.length <= kinds.length; round += TORTURE_KINDS.length) {
      expect(new Set(kinds.slice(round, round + TORTURE_KINDS.length)).size).toBe(TORTURE_KINDS.length);
    }
  });

  it('lets some kinds come together, and those that must be alone never', () => {
    const drawn = epochs(5, 300);
    expect(drawn.filter(({ faults }) => faults.length === 2).length).toBeGreaterThan(30);
    for (const { faults } of drawn) {
      if (faults.length > 1) expect(faults.some(({ kind }) => ALONE.includes(kind))).toBe(false);
    }
  });
});

describe('the kinds', () => {
  it('are named one by one, by group and by beginning', () => {
    expect(kindsNamed('rot, kill-leader')).toEqual({ kinds: ['kill-leader', 'rot'] });
    expect(kindsNamed('clock')).toEqual({ kinds: ['clock-rate', 'clock-jump'] });
    expect(kindsNamed('partition')).toEqual({ kinds: ['partition-leader', 'partition-follower'] });
    expect(kindsNamed('power,nonsense')).toEqual({ unknown: 'nonsense' });
  });
});

describe('a planned fault', () => {
  const actions = (kind: TortureKind, nodes: number, rotten: readonly string[] = []) =>
    Array.from({ length: 40 }, (_, seed) => actionOf({ kind, seed }, pictureOf(nodes), new Set(rotten.map(nodeId))));

  it.each(TORTURE_KINDS)('%s can be carried out on five nodes, each time the same way', (kind) => {
    expect(actions(kind, 5)).not.toContain(null);
    expect(actions(kind, 5)).toEqual(actions(kind, 5));
  });

  it.each(TORTURE_KINDS)('%s names only nodes that there are, in any size of cluster', (kind) => {
    for (let nodes = 1; nodes <= 9; nodes += 1) {
      const known = new Set(pictureOf(nodes).nodes.map(({ id }) => String(id)));
      const named = JSON.stringify(actions(kind, nodes)).match(/n\d\b/g) ?? [];
      expect(named.filter((id) => !known.has(id))).toEqual([]);
    }
  });

  it('damages no more than a minority in the life of a cluster', () => {
    for (const action of actions('rot', 5, ['n2', 'n4'])) {
      expect(action?.type === 'rot' && action.nodes.every((id) => id === 'n2' || id === 'n4') && !action.force).toBe(true);
    }
    expect(new Set(actions('rot', 2))).toEqual(new Set([null]));
  });

  it('hits whom its name says', () => {
    for (const action of actions('kill-leader', 5)) expect(action).toMatchObject({ nodes: ['n1'] });
    for (const action of actions('kill-minority', 5)) expect(action).toMatchObject({ nodes: { length: 2 } });
    for (const action of actions('partition-follower', 5)) {
      expect(action?.type === 'partition' && action.groups[0]?.includes(nodeId('n1'))).toBe(false);
    }
    for (const action of actions('ring', 5)) expect(action?.type === 'partition' && action.groups.length).toBe(5);
    for (const action of actions('bridge', 5)) {
      const [left = [], right = []] = action?.type === 'partition' ? action.groups : [];
      expect(left.filter((id) => right.includes(id))).toHaveLength(1);
    }
  });
});
