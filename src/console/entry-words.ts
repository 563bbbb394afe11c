/** One log entry in words: where it is, whether it is committed, and what it still waits for. Pure. */
import type { NodeView } from '../cluster/driver.ts';
import { majorityOf } from '../commands/connectivity.ts';
import { cellAt, holdersOf, leaderOf, rowAt } from '../commands/log-cells.ts';
import { waitsFor } from '../commands/why/why-entry.ts';
import { listText } from '../commands/wording.ts';
import type { LogRow } from '../replica/status.ts';
import { logsOf } from './log-window.ts';
import type { ConsoleState } from './state.ts';

export function entryWords(state: ConsoleState, index: number): readonly string[] {
  const { picture } = state;
  const leader = leaderOf(picture);
  const at = (node: NodeView) => cellAt(node, index, logsOf(state));
  const judge = leader ?? picture.nodes.find((node) => node.id === state.nodeCursor) ?? null;
  if (judge === null) return [];
  const own = at(judge);
  const diverging = picture.nodes.filter((node) => at(node).state === 'doomed').map((node) => `${node.id} (T${at(node).term})`);
  const doomed =
    diverging.length === 0
      ? []
      : [`${listText(diverging)} ${diverging.length === 1 ? 'has' : 'have'} another entry here, which will be truncated.`];
  if (own.state === 'absent') return [`Entry ${index} is not in the log of ${judge.id}.`, ...doomed];
  if (own.state === 'compacted') return [`Entry ${index} is in the snapshot of ${judge.id}.`, ...doomed];
  const { disks, writing } = holdersOf(picture, index, (node) => at(node).term === own.term && own.term > 0);
  const needed = majorityOf(picture.nodes.length);
  const where = disks.length === picture.nodes.length ? 'on all nodes' : `on ${listText(disks) || 'no disk that is known'}`;
  const unwritten = writing.length === 0 ? '' : `; ${listText(writing)} ${writing.length === 1 ? 'is' : 'are'} writing it`;
  if (own.state === 'committed') return [`Committed: ${where}${unwritten}.`, ...doomed];
  const enough = disks.length >= needed;
  const count = enough ? `${needed} are enough` : `${disks.length} of ${needed} needed`;
  const waits = waitsFor(picture, leader, index, own.term, enough);
  return [`Not committed yet: ${where}, ${count}${unwritten}. ${waits}`, ...doomed];
}

/** What the entry is: the command, a no-op of a new leader, or a change of members. */
export function rowWords(row: LogRow | null): string {
  if (row === null) return '';
  if (row.kind === 'noop') return 'no-op: a leader opens its term with it';
  return row.kind === 'config' ? `members: ${row.text}` : row.text;
}

/** The row of this index, from the leader where it can be, else from any node that told. */
export function knownRow({ picture, log }: ConsoleState, index: number): LogRow | null {
  const leader = leaderOf(picture);
  const first = leader === null ? null : rowAt(log.loaded.get(leader.id), index);
  if (first !== null) return first;
  for (const rows of log.loaded.values()) {
    const found = rowAt(rows, index);
    if (found !== null) return found;
  }
  return null;
}
