/** What the store was at a moment of the past: the nodes remember old revisions, the recording tells which were the newest. */
import type { NodeId } from '../base/brand.ts';
import type { NodeState } from '../cluster/driver.ts';
import type { ConsoleState } from './state.ts';

export interface KeyMoment {
  /** The newest that any node had applied. */
  readonly revision: number;
  readonly nodes: readonly {
    readonly id: NodeId;
    readonly state: NodeState;
    /** Null where the node had told nothing yet. */
    readonly revision: number | null;
  }[];
}

/** Null in the present, and where no revision is known. */
export function keyMomentOf({ moment, replay }: Pick<ConsoleState, 'moment' | 'replay'>): KeyMoment | null {
  if (moment === null || replay) return null;
  const nodes = moment.picture.nodes.map(({ id, state, status }) => ({ id, state, revision: status?.revision ?? null }));
  const known = nodes.flatMap(({ revision }) => (revision === null ? [] : [revision]));
  return known.length === 0 ? null : { revision: Math.max(...known), nodes };
}

/** A recording alone answers for no key. */
export function hasKeys(state: Pick<ConsoleState, 'moment' | 'replay'>): boolean {
  return state.moment === null || keyMomentOf(state) !== null;
}
