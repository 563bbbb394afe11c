/** What a question is answered from: the picture of a moment and what was recorded until then. Pure. */
import type { NodeId } from '../../base/brand.ts';
import type { ActiveFault, ClusterEvent, ClusterPicture, NodeView } from '../../cluster/driver.ts';
import type { RaftEvent } from '../../raft/messages.ts';
import type { LastFailure } from '../command.ts';
import { ageText, listText, timeText } from '../wording.ts';

export interface Story {
  readonly picture: ClusterPicture;
  /** In the order of time. */
  readonly events: readonly ClusterEvent[];
  /** The moment that is meant, in wall-clock milliseconds since 1970. */
  readonly wall: number;
  readonly failure: LastFailure | null;
}

/** An event of one kind of `RaftEvent`, with what it says unpacked. */
export type Told<Type extends RaftEvent['type']> = ClusterEvent & {
  readonly node: NodeId;
  readonly raft: RaftEvent & { readonly type: Type };
};

export function toldAs<Type extends RaftEvent['type']>(event: ClusterEvent, type: Type): event is Told<Type> {
  return event.node !== null && event.raft?.type === type;
}

/** The newest event of this kind for which `wanted` holds; null when none is recorded. */
export function newestTold<Type extends RaftEvent['type']>(
  { events }: Pick<Story, 'events'>,
  type: Type,
  wanted: (event: Told<Type>) => boolean,
): Told<Type> | null {
  const found = events.findLast((event) => toldAs(event, type) && wanted(event));
  return found !== undefined && toldAs(found, type) ? found : null;
}

export function nodeOf({ nodes }: ClusterPicture, id: NodeId | null): NodeView | null {
  return nodes.find((node) => node.id === id) ?? null;
}

export function faultsOn({ faults }: ClusterPicture, id: NodeId): readonly ActiveFault[] {
  return faults.filter((fault) => fault.nodes.includes(id));
}

/** `kill n4 (fault 1)`, several of them in a list. */
export function faultNames(faults: readonly ActiveFault[]): string {
  return listText(faults.map(({ command, id }) => `${command} (fault ${id})`));
}

/** `at 12:04:31.220, 14s ago`. */
export function whenText({ wall }: Story, time: number): string {
  return `at ${timeText(time)}, ${wall - time < 1_000 ? 'just now' : `${ageText(wall - time)} ago`}`;
}

/** How far `later` is from `earlier`, as one says it: `96 ms`, `2.4 s`, `3m 05s`. */
export function spanText(earlier: number, later: number): string {
  const ms = Math.max(0, Math.round(later - earlier));
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : ageText(ms);
}
