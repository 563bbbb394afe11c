/** Which entries of the logs are on screen. */
import type { ClusterPicture } from '../cluster/driver.ts';
import { cellAt, type Logs, leaderOf, newestIndex } from '../commands/log-cells.ts';
import type { ConsoleState } from './state.ts';

export interface LogWindow {
  readonly first: number;
  readonly count: number;
}

/** `count` positions that end with the newest, or have `index` (when given) in sight, three from the edge where possible. */
export function windowAround(picture: ClusterPicture, index: number | null, count: number): LogWindow {
  const last = newestIndex(picture);
  const newest = Math.max(1, last - count + 1);
  if (index === null) return { first: newest, count };
  const first = Math.min(newest, Math.max(1, index - count + 4));
  return { first: index < first ? Math.max(1, index - 3) : first, count };
}

export const logsOf = ({ picture, log }: ConsoleState): Logs => ({ picture, loaded: log.loaded });

/** Positions in the window where some node's term differs from the one before: where `{` and `}` stop. */
export function termChange(state: ConsoleState, from: number, step: 1 | -1): number | null {
  const { picture } = state;
  const judge = leaderOf(picture) ?? picture.nodes[0] ?? null;
  if (judge?.status == null) return null;
  const termOf = (index: number): number => cellAt(judge, index, logsOf(state)).term;
  for (let index = from + step; index > 1 && index <= judge.status.lastIndex; index += step) {
    const at = termOf(index);
    if (at === 0) return null;
    if (at !== termOf(index - 1)) return index;
  }
  return null;
}
