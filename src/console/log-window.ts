/** Which entries of the logs are on screen, and what each node has at a position. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';
import type { LogRow, MemberStatus } from '../replica/status.ts';
import type { ConsoleState } from './state.ts';

export interface LogWindow {
  readonly first: number;
  readonly count: number;
}

/** The newest index that any node has. */
export function newestIndex(picture: ClusterPicture): number {
  return Math.max(0, ...picture.nodes.map((node) => node.status?.lastIndex ?? 0));
}

/** `count` positions that end with the newest, or have `index` (when given) in sight, three from the edge where possible. */
export function windowAround(picture: ClusterPicture, index: number | null, count: number): LogWindow {
  const last = newestIndex(picture);
  const newest = Math.max(1, last - count + 1);
  if (index === null) return { first: newest, count };
  const first = Math.min(newest, Math.max(1, index - count + 4));
  return { first: index < first ? Math.max(1, index - 3) : first, count };
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

export function cellAt(
  node: NodeView,
  index: number,
  leader: NodeView | null,
  loaded: ReadonlyMap<NodeId, readonly LogRow[]>,
): Cell {
  const { status } = node;
  if (status === null) return { state: 'unknown', term: 0 };
  if (index > status.lastIndex) return { state: 'absent', term: 0 };
  if (index <= status.snapshotIndex) return { state: 'compacted', term: 0 };
  const at = termAt(status, index, loaded.get(node.id));
  if (at === null) return { state: 'unknown', term: 0 };
  if (index <= status.commitIndex) return { state: 'committed', term: at };
  return { state: isDoomed(node, index, at, leader, loaded) ? 'doomed' : 'logged', term: at };
}

function termAt(status: MemberStatus, index: number, rows: readonly LogRow[] | undefined): number | null {
  const inTail = status.tail.terms[index - status.tail.first];
  if (inTail !== undefined) return inTail;
  return rowAt(rows, index)?.term ?? null;
}

export function rowAt(rows: readonly LogRow[] | undefined, index: number): LogRow | null {
  const first = rows?.[0];
  const found = first === undefined ? undefined : rows?.[index - first.index];
  return found !== undefined && found.index === index ? found : null;
}

/** Statuses are of different moments: an entry of the leader's own term beyond its end is merely newer than its status. */
function isDoomed(
  node: NodeView,
  index: number,
  at: number,
  leader: NodeView | null,
  loaded: ReadonlyMap<NodeId, readonly LogRow[]>,
): boolean {
  const status = leader?.status ?? null;
  if (leader === null || status === null || leader.id === node.id || leader.state !== 'up') return false;
  if (index > status.lastIndex) return at < status.term;
  const led = termAt(status, index, loaded.get(leader.id));
  return led !== null && led !== at;
}

export function leaderOf(picture: ClusterPicture): NodeView | null {
  return picture.nodes.find((node) => node.id === picture.leader) ?? null;
}

/** The first position where this node's log leaves the leader's, and how many entries go; null when it does not. */
export function divergence(
  node: NodeView,
  leader: NodeView | null,
): { readonly from: number; readonly count: number; readonly term: number } | null {
  const { status } = node;
  if (status === null) return null;
  let from: number | null = null;
  let at = 0;
  for (let index = status.lastIndex as number; index > status.commitIndex; index -= 1) {
    const cell = cellAt(node, index, leader, new Map());
    if (cell.state !== 'doomed') break;
    from = index;
    at = cell.term;
  }
  return from === null ? null : { from, count: status.lastIndex - from + 1, term: at };
}

/** How many cells of what width the log view has room for. */
export function logColumns(columns: number, newest: number, cell: number, label: number, remark: number): number {
  const room = columns - label - remark;
  return Math.max(4, Math.min(newest, Math.floor(room / cell)));
}

/** Positions in the window where some node's term differs from the one before: where `{` and `}` stop. */
export function termChange(state: ConsoleState, from: number, step: 1 | -1): number | null {
  const { picture, log } = state;
  const judge = leaderOf(picture) ?? picture.nodes[0] ?? null;
  if (judge?.status == null) return null;
  const termOf = (index: number): number => cellAt(judge, index, null, log.loaded).term;
  for (let index = from + step; index > 1 && index <= judge.status.lastIndex; index += step) {
    const at = termOf(index);
    if (at === 0) return null;
    if (at !== termOf(index - 1)) return index;
  }
  return null;
}
