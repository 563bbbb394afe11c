/** What the store was at a moment of the past: the nodes remember old revisions, the recording tells which were the newest. */
import type { NodeId } from '../base/brand.ts';
import type { NodeState } from '../cluster/driver.ts';
import { noReads, type PastReads, pastReads } from '../cluster/recording/past-keys.ts';
import type { CommandResult, CommandSpec } from '../commands/command.ts';
import { isFailure } from '../commands/failure.ts';
import { changesAnything } from '../commands/run-line.ts';
import { timeText } from '../commands/wording.ts';
import type { ConsoleState } from './state.ts';
import type { Moment } from './traveller.ts';

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
  return moment === null || replay ? null : newestIn(moment);
}

function newestIn(moment: Moment): KeyMoment | null {
  const nodes = moment.picture.nodes.map(({ id, state, status }) => ({ id, state, revision: status?.revision ?? null }));
  const known = nodes.flatMap(({ revision }) => (revision === null ? [] : [revision]));
  return known.length === 0 ? null : { revision: Math.max(...known), nodes };
}

/** A recording alone answers for no key. */
export function hasKeys(state: Pick<ConsoleState, 'moment' | 'replay'>): boolean {
  return state.moment === null || keyMomentOf(state) !== null;
}

/** Who answers a command about keys at this moment: the nodes, from what they remember, or nobody, who says what to do instead. */
export function readsOf(state: Pick<ConsoleState, 'replay'>, moment: Moment, kv: PastReads): PastReads {
  const known = newestIn(moment);
  const time = timeText(moment.wall, false);
  if (known === null) return noReads(`At ${time} no node had told of its keys yet. Go on in time, or return to now.`);
  if (!state.replay) return pastReads(kv, known.revision);
  return noReads(
    `A recording holds no keys and values. At ${time} the newest revision was ${known.revision}: while the cluster runs and remembers, raftkv-tui get KEY --rev ${known.revision} asks it.`,
  );
}

/** The answer to a question about keys, with the moment that it speaks of. */
export function dated(result: CommandResult, spec: CommandSpec | null, moment: Moment | null): CommandResult {
  if (moment === null || spec?.group !== 'keys and values' || changesAnything(spec) || isFailure(result)) return result;
  const known = newestIn(moment);
  if (known === null) return result;
  const at = `at ${timeText(moment.wall, false)}, revision ${known.revision}`;
  return { ...result, trailer: result.trailer === undefined ? at : `${at}  ${result.trailer}` };
}
