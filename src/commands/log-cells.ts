/** What each node has at a position of its log, as far as statuses and fetched rows tell. Pure. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';
import type { LogRow, MemberStatus } from '../replica/status.ts';

/**
 * The newest index worth showing. Statuses are of different moments, and under load a follower's may be hundreds of
 * entries newer than its leader's: then the leader's counts, and only nodes that do not follow it may reach further.
 */
export function newestIndex(picture: ClusterPicture): number {
  const leader = leaderOf(picture);
  const telling =
    leader?.status == null ? picture.nodes : picture.nodes.filter((node) => node === leader || !follows(node, leader));
  return Math.max(0, ...telling.map((node) => node.status?.lastIndex ?? 0));
}

function follows({ state, status }: NodeView, leader: NodeView): boolean {
  return state === 'up' && status !== null && status.leader === leader.id && status.term === leader.status?.term;
}

/**
 * `committed`: this node knows that it is. `logged`: in its log only. `doomed`: differs from the leader's log and will be
 * truncated (Raft §5.3). `absent`: the log ends before. `unknown`: not loaded.
 */
export type CellState = 'committed' | 'logged' | 'doomed' | 'absent' | 'compacted' | 'unknown';

export interface Cell {
  readonly state: CellState;
  /** 0 when there is none, or none is known. */
  readonly term: number;
}

export function cellAt(node: NodeView, index: number, { picture, loaded }: Logs): Cell {
  const { status } = node;
  if (status === null) return { state: 'unknown', term: 0 };
  const leader = leaderOf(picture);
  if (index > status.lastIndex) return acknowledged(node, index, leader, loaded) ?? { state: 'absent', term: 0 };
  if (index <= status.compactedIndex) return { state: 'compacted', term: 0 };
  const at = termAt(node, index, loaded) ?? agreedTerm(picture, index, status, loaded);
  if (at === null) return { state: 'unknown', term: 0 };
  if (index <= status.commitIndex) return { state: 'committed', term: at };
  return { state: isDoomed(node, index, at, leader, loaded) ? 'doomed' : 'logged', term: at };
}

export interface Logs {
  readonly picture: ClusterPicture;
  /** Rows fetched beyond what the statuses carry. */
  readonly loaded: ReadonlyMap<NodeId, readonly LogRow[]>;
}

/** What the leader knows to be on a follower's disk is there, even where the follower's own status is older. */
function acknowledged(node: NodeView, index: number, leader: NodeView | null, loaded: Logs['loaded']): Cell | null {
  if (leader === null || !follows(node, leader)) return null;
  const match = leader.status?.peers.find(({ id }) => id === node.id)?.matchIndex ?? 0;
  const term = index <= match ? termAt(leader, index, loaded) : null;
  return term === null ? null : { state: 'logged', term };
}

/** Up to where the log of a node is on its disk, as far as it or its leader has told; 0 where nothing is known. */
export function diskIndex(node: NodeView, picture: ClusterPicture): number {
  const { status } = node;
  if (status === null) return 0;
  const leader = leaderOf(picture);
  const match =
    leader !== null && follows(node, leader) ? leader.status?.peers.find(({ id }) => id === node.id)?.matchIndex : undefined;
  return Math.max(Math.min(status.lastIndex, status.durableIndex), match ?? 0);
}

/** Of the nodes that have an entry: on whose disk it is, and who has it in memory only. */
export function holdersOf(
  picture: ClusterPicture,
  index: number,
  has: (node: NodeView) => boolean,
): { readonly disks: readonly NodeId[]; readonly writing: readonly NodeId[] } {
  const holders = picture.nodes.filter(has);
  const isOnDisk = (node: NodeView): boolean => diskIndex(node, picture) >= index;
  return {
    disks: holders.filter(isOnDisk).map(({ id }) => id),
    writing: holders.filter((node) => !isOnDisk(node)).map(({ id }) => id),
  };
}

function termAt({ id, status }: NodeView, index: number, loaded: Logs['loaded']): number | null {
  if (status === null) return null;
  const inTail = status.tail.terms[index - status.tail.first];
  if (inTail !== undefined && index >= status.tail.first) return inTail;
  return rowAt(loaded.get(id), index)?.term ?? null;
}

/** What is committed on two nodes is the same on both (State Machine Safety, Raft §5.4.3), so one may speak for the other. */
function agreedTerm({ nodes }: ClusterPicture, index: number, status: MemberStatus, loaded: Logs['loaded']): number | null {
  if (index > status.commitIndex) return null;
  for (const other of nodes) {
    const term = index <= (other.status?.commitIndex ?? 0) ? termAt(other, index, loaded) : null;
    if (term !== null) return term;
  }
  return null;
}

export function rowAt(rows: readonly LogRow[] | undefined, index: number): LogRow | null {
  const first = rows?.[0];
  const found = first === undefined ? undefined : rows?.[index - first.index];
  return found !== undefined && found.index === index ? found : null;
}

/** An entry of the leader's own term beyond its end is merely newer than its status. */
function isDoomed(node: NodeView, index: number, at: number, leader: NodeView | null, loaded: Logs['loaded']): boolean {
  if (leader?.status == null || leader.id === node.id || leader.state !== 'up') return false;
  if (index > leader.status.lastIndex) return at < leader.status.term;
  const led = termAt(leader, index, loaded);
  return led !== null && led !== at;
}

export function leaderOf(picture: ClusterPicture): NodeView | null {
  return picture.nodes.find((node) => node.id === picture.leader) ?? null;
}

/** The first position where this node's log leaves the leader's, and how many entries go; null when it does not. */
export function divergence(
  node: NodeView,
  picture: ClusterPicture,
): { readonly from: number; readonly count: number; readonly terms: readonly number[] } | null {
  const { status } = node;
  if (status === null) return null;
  const logs: Logs = { picture, loaded: new Map() };
  let from: number | null = null;
  const terms = new Set<number>();
  for (let index: number = status.lastIndex; index > status.commitIndex; index -= 1) {
    const cell = cellAt(node, index, logs);
    if (cell.state !== 'doomed') break;
    from = index;
    terms.add(cell.term);
  }
  return from === null ? null : { from, count: status.lastIndex - from + 1, terms: [...terms].reverse() };
}
