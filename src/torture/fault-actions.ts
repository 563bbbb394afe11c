/** From a planned fault to what is done to the cluster as it is now. */
import type { NodeId } from '../base/brand.ts';
import { type Random, seededRandom } from '../base/random.ts';
import type { ClusterAction, ClusterPicture } from '../cluster/driver.ts';
import { bridgeGroups, ringGroups } from '../fault/presets.ts';
import { type PlannedFault, shuffled } from './schedule.ts';

/** Who is there, in an order that the fault's seed gives. */
interface Scene {
  readonly leader: NodeId;
  readonly followers: readonly NodeId[];
  readonly all: readonly NodeId[];
  /** The most nodes that leave a majority. */
  readonly minority: number;
  readonly random: Random;
}

/** Null when the cluster is too small for it, or nobody may be damaged any more. `rotten`: who was, in this cluster's life. */
export function actionOf(fault: PlannedFault, picture: ClusterPicture, rotten: ReadonlySet<NodeId>): ClusterAction | null {
  const random = seededRandom(fault.seed);
  const all = shuffled(
    picture.nodes.map(({ id }) => id),
    random,
  );
  const leader = picture.leader ?? all[0];
  if (leader === undefined) return null;
  const followers = all.filter((id) => id !== leader);
  const scene: Scene = { leader, followers, all, minority: Math.floor((all.length - 1) / 2), random };
  return onProcesses(fault, scene) ?? onNetwork(fault, scene) ?? onNodes(fault, scene, rotten);
}

function onProcesses({ kind, seed }: PlannedFault, scene: Scene): ClusterAction | null {
  const { leader, followers, all, minority, random } = scene;
  const some = followers.slice(0, 1);
  switch (kind) {
    case 'kill-leader':
      return { type: 'kill', nodes: [leader], forMs: null };
    case 'kill-follower':
      return of(some, { type: 'kill', nodes: some, forMs: null });
    case 'kill-minority':
      return minority < 1 ? null : { type: 'kill', nodes: all.slice(0, minority), forMs: null };
    case 'kill-all':
      return { type: 'kill', nodes: all, forMs: null };
    case 'pause-leader':
      return { type: 'pause', nodes: [leader], forMs: null };
    case 'pause-follower':
      return of(some, { type: 'pause', nodes: some, forMs: null });
    case 'power-loss':
      return { type: 'power-loss', nodes: [victim(scene)], seed, forMs: null };
    case 'power-loss-all':
      return { type: 'power-loss', nodes: all, seed, forMs: null };
    case 'stall':
      return { type: 'stall', nodes: [victim(scene)], stallMs: random.integer(100, 2_000) };
    case 'transfer':
      return some[0] === undefined ? null : { type: 'transfer', to: some[0] };
    default:
      return null;
  }
}

function onNetwork({ kind }: PlannedFault, scene: Scene): ClusterAction | null {
  const { leader, followers, all, minority, random } = scene;
  const rest = (side: readonly NodeId[]): readonly NodeId[] => all.filter((id) => !side.includes(id));
  const [one, two] = followers;
  switch (kind) {
    case 'isolate-leader':
      return of(followers, { type: 'isolate', nodes: [leader], forMs: null });
    case 'partition-leader': {
      const side = [leader, ...followers.slice(0, minority - 1)];
      return minority < 1 ? null : { type: 'partition', groups: [side, rest(side)], forMs: null };
    }
    case 'partition-follower': {
      const side = followers.slice(0, minority);
      return minority < 1 ? null : { type: 'partition', groups: [side, rest(side)], forMs: null };
    }
    case 'ring':
      // In a smaller ring everybody is everybody's neighbour.
      return all.length < 4 ? null : { type: 'partition', groups: ringGroups(all), forMs: null };
    case 'bridge': {
      const middle = all[Math.floor(all.length / 2)];
      return all.length < 3 || middle === undefined
        ? null
        : { type: 'partition', groups: bridgeGroups(all, middle), forMs: null };
    }
    case 'one-way':
      return one === undefined ? null : link(leader, one, random.next() < 0.5, { drop: 1 });
    case 'loss':
      return one === undefined ? null : link(leader, one, true, { drop: 0.1 + random.next() * 0.4 });
    case 'delay':
      return one === undefined ? null : link(leader, one, true, { delayMs: [random.integer(5, 50), random.integer(50, 250)] });
    case 'duplication':
      return two === undefined ? null : link(leader, two, true, { duplicate: 0.3 + random.next() * 0.7, delayMs: [0, 20] });
    default:
      return null;
  }
}

function onNodes({ kind, seed }: PlannedFault, scene: Scene, rotten: ReadonlySet<NodeId>): ClusterAction | null {
  const { random, followers, minority } = scene;
  const nodes = [victim(scene)];
  const healthy = { slowMs: [0, 0], hang: false, full: false, fail: null } as const;
  const disk = (effect: Partial<Extract<ClusterAction, { type: 'disk' }>['effect']>): ClusterAction => ({
    type: 'disk',
    nodes,
    effect: { ...healthy, ...effect },
    forMs: null,
  });
  switch (kind) {
    case 'slow-disk':
      return disk({ slowMs: [random.integer(10, 40), random.integer(40, 120)] });
    case 'hung-disk':
      return disk({ hang: true });
    case 'full-disk':
      return disk({ full: true });
    case 'failing-disk':
      return disk({ fail: random.next() < 0.5 ? 'write' : 'sync' });
    case 'clock-rate':
      return { type: 'clock', nodes, rate: random.next() < 0.5 ? 0.5 : 2, offsetMs: 0, forMs: null };
    case 'clock-jump':
      return { type: 'clock', nodes, rate: 1, offsetMs: random.integer(-3_600_000, 3_600_000), forMs: null };
    case 'rot': {
      const again = followers.find((id) => rotten.has(id));
      const node = rotten.size < minority ? followers.find((id) => !rotten.has(id)) : again;
      return node === undefined ? null : { type: 'rot', nodes: [node], seed, force: false };
    }
    default:
      return null;
  }
}

/** The leader more often than its share: there a fault shows most. */
function victim({ leader, followers, random }: Scene): NodeId {
  return random.next() < 0.5 ? leader : (followers[0] ?? leader);
}

function of(nodes: readonly NodeId[], action: ClusterAction): ClusterAction | null {
  return nodes.length === 0 ? null : action;
}

function link(
  leader: NodeId,
  other: NodeId,
  fromLeader: boolean,
  effect: Partial<Pick<Extract<ClusterAction, { type: 'link' }>, 'drop' | 'delayMs' | 'duplicate'>>,
): ClusterAction {
  const [from, to] = fromLeader ? [leader, other] : [other, leader];
  const bothWays = effect.drop !== 1;
  return { type: 'link', from, to, bothWays, drop: 0, delayMs: [0, 0], duplicate: 0, forMs: null, ...effect };
}
