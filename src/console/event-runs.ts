/** Repeated pre-votes as one row: a node that cannot win asks once a second for as long as it lasts. Pure. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterEvent } from '../cluster/driver.ts';
import { spanText } from '../commands/why/story.ts';
import { listText } from '../commands/wording.ts';

/** What one node asked in a row, and who refused. */
interface Run {
  readonly term: number;
  readonly asked: readonly ClusterEvent[];
  readonly refusedBy: ReadonlySet<NodeId>;
  /** Place of the newest event of the run in the list. */
  readonly at: number;
  readonly places: readonly number[];
}

const CACHE = new WeakMap<readonly ClusterEvent[], readonly ClusterEvent[]>();

/**
 * The same events with every run of two or more pre-vote attempts of one node for one term told as one event, where the
 * newest of them stood. Anything but pre-votes ends a run, so causes and effects keep their order.
 */
export function collapseRuns(events: readonly ClusterEvent[]): readonly ClusterEvent[] {
  const known = CACHE.get(events);
  if (known !== undefined) return known;
  const collapsed = collapse(events);
  CACHE.set(events, collapsed);
  return collapsed;
}

function collapse(events: readonly ClusterEvent[]): readonly ClusterEvent[] {
  const hidden = new Set<number>();
  const told = new Map<number, ClusterEvent>();
  const open = new Map<NodeId, Run>();
  const close = (run: Run): void => {
    if (run.asked.length < 2) return;
    for (const place of run.places) hidden.add(place);
    told.set(run.at, summary(run));
  };
  events.forEach((event, place) => {
    const ballot = ballotOf(event);
    if (ballot === null) {
      for (const run of open.values()) close(run);
      open.clear();
      return;
    }
    const run = open.get(ballot.node);
    if (run !== undefined && run.term !== ballot.term) close(run);
    open.set(ballot.node, extended(run?.term === ballot.term ? run : null, ballot, event, place));
  });
  for (const run of open.values()) close(run);
  if (told.size === 0) return events;
  return events.flatMap((event, place) => told.get(place) ?? (hidden.has(place) ? [] : event));
}

interface Ballot {
  readonly node: NodeId;
  readonly term: number;
  readonly asks: boolean;
  readonly refusedBy: NodeId | null;
}

function ballotOf({ node, raft }: ClusterEvent): Ballot | null {
  if (node === null || raft === undefined) return null;
  if (raft.type === 'election' && raft.preVote) return { node, term: raft.term, asks: true, refusedBy: null };
  if (raft.type === 'vote-received' && raft.preVote && !raft.granted)
    return { node, term: raft.term, asks: false, refusedBy: raft.from };
  return null;
}

function extended(run: Run | null, ballot: Ballot, event: ClusterEvent, place: number): Run {
  const asked = run?.asked ?? [];
  const refused = run?.refusedBy ?? new Set();
  return {
    term: ballot.term,
    asked: ballot.asks ? [...asked, event] : asked,
    refusedBy: ballot.refusedBy === null ? refused : new Set([...refused, ballot.refusedBy]),
    at: place,
    places: [...(run?.places ?? []), place],
  };
}

/** It keeps the number of its first event, so a cursor on it stays while it grows; its time is that of the last attempt. */
function summary({ term, asked, refusedBy }: Run): ClusterEvent {
  const first = asked[0];
  const last = asked.at(-1);
  const text = `asked for pre-votes for term ${term} ${asked.length} times in ${spanText(first?.time ?? 0, last?.time ?? 0)}`;
  const refusal =
    refusedBy.size === 0
      ? 'nobody answered'
      : `${listText([...refusedBy].sort())} ${refusedBy.size === 1 ? 'refuses' : 'refuse'}`;
  return {
    seq: first?.seq ?? 0,
    time: last?.time ?? 0,
    node: first?.node ?? null,
    kind: 'election',
    severity: 'info',
    text: `${text}; ${refusal}`,
    fault: null,
    ...(last?.raft === undefined ? {} : { raft: last.raft }),
  };
}
