/** Moving through the logs, and fetching what the statuses do not carry. */

import { cellAt, leaderOf, newestIndex } from '../commands/log-cells.ts';
import { withFlash } from './flash.ts';
import { logWindowOf } from './layout.ts';
import { termChange } from './log-window.ts';
import type { Step } from './messages.ts';
import type { ConsoleState } from './state.ts';

export function moveInLog(state: ConsoleState, to: number): ConsoleState {
  const newest = newestIndex(state.picture);
  const index = Math.max(1, Math.min(newest, to));
  return { ...state, log: { ...state.log, index: to >= newest ? null : index } };
}

/** Where the cursor is: the newest entry while following. */
export function logIndex(state: ConsoleState): number {
  return state.log.index ?? newestIndex(state.picture);
}

export function moveToTermChange(state: ConsoleState, step: 1 | -1): ConsoleState {
  const found = termChange(state, logIndex(state), step);
  if (found !== null) return moveInLog(state, found);
  if (step === 1 && state.log.index !== null) return moveInLog(state, newestIndex(state.picture));
  return withFlash(state, `No ${step === 1 ? 'later' : 'earlier'} change of term is known here.`, 'info');
}

export function toggleFollow(state: ConsoleState): ConsoleState {
  return { ...state, log: { ...state.log, index: state.log.index === null ? newestIndex(state.picture) : null } };
}

/** The text of entries on one node, and the terms on those whose status does not reach back that far. */
export function logEffects(state: ConsoleState): Step<ConsoleState> {
  if (state.moment !== null || state.view !== 'log' || state.log.loading !== null) return { state, effects: [] };
  const window = logWindowOf(state);
  const last = Math.min(newestIndex(state.picture), window.first + window.count - 1);
  const teller = leaderOf(state.picture)?.id ?? state.nodeCursor;
  const name = `${window.first} ${last} ${teller ?? ''} ${state.nodeCursor ?? ''}`;
  if (last === 0 || state.log.loadedFor === name) return { state, effects: [] };
  const none = new Map();
  const nodes = state.picture.nodes
    .filter((node) => node.state === 'up')
    .filter(
      (node) =>
        node.id === teller ||
        node.id === state.nodeCursor ||
        cellAt(node, window.first, { picture: state.picture, loaded: none }).state === 'unknown',
    )
    .map((node) => node.id);
  if (nodes.length === 0) return { state, effects: [] };
  return {
    state: { ...state, log: { ...state.log, loading: name } },
    effects: [{ type: 'load-log', window: name, nodes, first: window.first, count: window.count }],
  };
}
