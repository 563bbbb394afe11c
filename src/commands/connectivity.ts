/** Who can work with whom, as far as processes and faults tell. Pure; the ground of every preview. */
import type { NodeId } from '../base/brand.ts';
import type { ActiveFault, ClusterAction, ClusterPicture, FaultKind } from '../cluster/driver.ts';
import type { DiskEffect } from '../fault/plan.ts';

/** Nodes that run, and directed links that lose everything, as `from>to`. */
export interface Connectivity {
  readonly all: readonly NodeId[];
  readonly running: ReadonlySet<NodeId>;
  readonly cuts: ReadonlySet<string>;
}

export const majorityOf = (count: number): number => Math.floor(count / 2) + 1;

/** By the faults: what a screen asks for several times each frame changes with them and with the states of the nodes alone. */
const KNOWN = new WeakMap<readonly ActiveFault[], { readonly nodes: string; readonly connectivity: Connectivity }>();

export function connectivityOf(picture: ClusterPicture): Connectivity {
  const nodes = picture.nodes.map(({ id, state }) => `${id} ${state}`).join();
  const known = KNOWN.get(picture.faults);
  if (known?.nodes === nodes) return known.connectivity;
  const connectivity = freshConnectivity(picture);
  KNOWN.set(picture.faults, { nodes, connectivity });
  return connectivity;
}

function freshConnectivity(picture: ClusterPicture): Connectivity {
  const all = picture.nodes.map((node) => node.id);
  const crippled = crippledBy(picture.faults);
  const running = new Set(picture.nodes.filter(({ id, state }) => state === 'up' && !crippled.includes(id)).map(({ id }) => id));
  return { all, running, cuts: cutsOf(picture.faults, all) };
}

/** The state after the action, if nothing else happens meanwhile. */
export function afterAction(before: Connectivity, picture: ClusterPicture, action: ClusterAction): Connectivity {
  const { all } = before;
  switch (action.type) {
    case 'kill':
    case 'pause':
    case 'power-loss':
      return { ...before, running: without(before.running, action.nodes) };
    case 'restart':
    case 'resume':
      return { ...before, running: new Set([...before.running, ...action.nodes]) };
    case 'isolate':
      return { ...before, cuts: union(before.cuts, isolationCuts(action.nodes, all)) };
    case 'partition':
      return { ...before, cuts: union(before.cuts, partitionCuts(action.groups)) };
    case 'link':
      return { ...before, cuts: union(before.cuts, linkCuts(action.from, action.to, action.bothWays, action.drop)) };
    case 'heal':
      return afterHeal(
        before,
        picture,
        action.fault === null ? picture.faults : picture.faults.filter((f) => f.id === action.fault),
      );
    case 'undo':
      return afterHeal(before, picture, newestFault(picture), true);
    case 'stop':
      return { ...before, running: new Set() };
    case 'disk':
      return isCrippling(action.effect) ? { ...before, running: without(before.running, action.nodes) } : before;
    case 'rot':
    case 'clock':
    case 'stall':
    case 'transfer':
    case 'campaign':
      return before;
  }
}

/** The state after a fault that is set in addition, if nothing else happens meanwhile. */
export function afterFault(before: Connectivity, fault: ActiveFault): Connectivity {
  const gone = STOPPING.includes(fault.kind) ? fault.nodes : crippledBy([fault]);
  return { ...before, running: without(before.running, gone), cuts: union(before.cuts, faultCuts(fault, before.all)) };
}

/** A node of such a fault does not run. */
const STOPPING: readonly FaultKind[] = ['kill', 'pause', 'power-loss'];

export function newestFault({ faults }: ClusterPicture): readonly ActiveFault[] {
  const newest = faults.reduce<ActiveFault | null>((best, each) => (best === null || each.id > best.id ? each : best), null);
  return newest === null ? [] : [newest];
}

/** Such a node cannot write: it counts for nobody's majority. A slow disk only delays. */
export function isCrippling({ hang, full, fail }: DiskEffect): boolean {
  return hang || full || fail !== null;
}

/** Nodes whose disk does not work now, as far as the faults tell. */
function crippledBy(faults: readonly ActiveFault[]): readonly NodeId[] {
  return faults
    .filter(({ kind, command }) => kind === 'disk' && /--(?:hang|full|fail)\b/.test(command))
    .flatMap(({ nodes }) => nodes);
}

function without(running: ReadonlySet<NodeId>, nodes: readonly NodeId[]): ReadonlySet<NodeId> {
  return new Set([...running].filter((id) => !nodes.includes(id)));
}

/** `goesBack`: what was changed becomes again what it was before, instead of ending. */
function afterHeal(
  before: Connectivity,
  picture: ClusterPicture,
  healed: readonly ActiveFault[],
  goesBack = false,
): Connectivity {
  const former = goesBack ? healed.flatMap((fault) => (fault.former === undefined ? [] : [{ ...fault, ...fault.former }])) : [];
  const left = [...picture.faults.filter((fault) => !healed.includes(fault)), ...former];
  const held = new Set([
    ...crippledBy(left),
    ...left.filter(({ kind }) => STOPPING.includes(kind)).flatMap(({ nodes }) => nodes),
  ]);
  const back = healed
    .filter(({ kind }) => kind === 'disk' || STOPPING.includes(kind))
    .flatMap(({ nodes }) => nodes)
    .filter((id) => !held.has(id));
  return { all: before.all, running: new Set([...before.running, ...back]), cuts: cutsOf(left, before.all) };
}

/** The nodes that `id` can exchange messages with in both directions, itself included; empty when it does not run. */
export function partnersOf(id: NodeId, { all, running, cuts }: Connectivity): readonly NodeId[] {
  if (!running.has(id)) return [];
  return all.filter(
    (other) => other === id || (running.has(other) && !cuts.has(`${id}>${other}`) && !cuts.has(`${other}>${id}`)),
  );
}

const REACHES = new WeakMap<Connectivity, number>();

/** The most nodes that any possible leader can count on. Writes go on exactly when this is a majority. */
export function bestReach(state: Connectivity): number {
  const known = REACHES.get(state);
  if (known !== undefined) return known;
  const reach = Math.max(0, ...state.all.map((id) => partnersOf(id, state).length));
  REACHES.set(state, reach);
  return reach;
}

function union(a: ReadonlySet<string>, b: Iterable<string>): ReadonlySet<string> {
  return new Set([...a, ...b]);
}

/** The active faults that keep every message from `from` to `to` away, each by itself. */
export function faultsCutting({ faults, nodes }: ClusterPicture, from: NodeId, to: NodeId): readonly ActiveFault[] {
  const all = nodes.map((node) => node.id);
  return faults.filter((fault) => cutsOf([fault], all).has(`${from}>${to}`));
}

function cutsOf(faults: readonly ActiveFault[], all: readonly NodeId[]): ReadonlySet<string> {
  return new Set(faults.flatMap((fault) => [...faultCuts(fault, all)]));
}

/** An active fault tells its links only through the command that set it. */
function faultCuts(fault: ActiveFault, all: readonly NodeId[]): Iterable<string> {
  if (fault.kind === 'isolate') return isolationCuts(fault.nodes, all);
  const words = fault.command.split(/\s+/);
  const byName = new Map<string, NodeId>(all.map((id) => [id, id]));
  if (fault.kind === 'partition') {
    const end = words.findIndex((word) => word.startsWith('--'));
    const groups = words
      .slice(1, end < 0 ? undefined : end)
      .join(' ')
      .split(/[/|]/)
      .map((group) => group.split(/[\s,]+/).flatMap((name) => byName.get(name) ?? []));
    const placed = new Set(groups.flat());
    return partitionCuts([...groups, all.filter((id) => !placed.has(id))]);
  }
  const from = byName.get(words[1] ?? '');
  const to = byName.get(words[2] ?? '');
  if (fault.kind !== 'link' || from === undefined || to === undefined) return [];
  const drop = words[0] === 'cut' ? 1 : Number(words[words.indexOf('--drop') + 1]);
  return linkCuts(from, to, words.includes('--both'), words.includes('--drop') || words[0] === 'cut' ? drop : 0);
}

function isolationCuts(nodes: readonly NodeId[], all: readonly NodeId[]): Iterable<string> {
  return nodes.flatMap((id) => all.flatMap((other) => (other === id ? [] : [`${id}>${other}`, `${other}>${id}`])));
}

/** A node in two groups is a bridge: it keeps its links with both. */
function partitionCuts(groups: readonly (readonly NodeId[])[]): Iterable<string> {
  const together = (one: NodeId, other: NodeId): boolean => groups.some((group) => group.includes(one) && group.includes(other));
  const nodes = [...new Set(groups.flat())];
  return nodes.flatMap((from) => nodes.filter((to) => !together(from, to)).map((to) => `${from}>${to}`));
}

function linkCuts(from: NodeId, to: NodeId, bothWays: boolean, drop: number): Iterable<string> {
  if (drop < 1) return [];
  return bothWays ? [`${from}>${to}`, `${to}>${from}`] : [`${from}>${to}`];
}
