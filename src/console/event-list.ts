/** The events that were seen: bounded, filtered, with a cursor that stays on its event. */
import { LIMITS } from '../base/limits.ts';
import type { ClusterEvent } from '../cluster/driver.ts';
import { collapseRuns } from './event-runs.ts';
import type { EventList } from './state.ts';

const CLOSE_MS = 2_000;
const MOST_MOVED = 200;

export function withEvents(list: EventList, fresh: readonly ClusterEvent[], dropped: number): EventList {
  const untold = fresh.filter(
    (event) => event.kind !== 'fault' || !list.items.some((each) => each.kind === 'command' && isSetting(event, each.fault)),
  );
  if (untold.length === 0 && dropped === 0) return list;
  const items = merged(list.items, untold).slice(-LIMITS.eventRing);
  const next = { ...list, items, dropped: list.dropped + dropped };
  const held = list.cursor === null ? null : currentEvent(list);
  if (held === null) return next;
  const visible = visibleEvents(next);
  const at = visible.findIndex(({ seq }) => seq === held.seq);
  return { ...next, cursor: at < 0 ? visible.length - 1 : visible.length - 1 - at };
}

/** Nodes report on their own, so an election reaches us out of order: what is close together is put in order of time. */
function merged(old: readonly ClusterEvent[], fresh: readonly ClusterEvent[]): readonly ClusterEvent[] {
  const since = Math.min(...fresh.map(({ time }) => time)) - CLOSE_MS;
  let from = old.length;
  while (from > 0 && old.length - from < MOST_MOVED && (old[from - 1]?.time ?? 0) > since) from -= 1;
  return [...old.slice(0, from), ...[...old.slice(from), ...fresh].sort((a, b) => a.time - b.time)];
}

/** All the words of the filter appear in the node, the kind, the severity or the text; `!word` must not. */
function matchesFilter(event: ClusterEvent, filter: string): boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return true;
  const text = `${event.node ?? ''} ${event.kind} ${event.severity} ${event.text}`.toLowerCase();
  return words.every((word) => (word.startsWith('!') && word.length > 1 ? !text.includes(word.slice(1)) : text.includes(word)));
}

/** Oldest first, repeated pre-votes told as one. */
export function visibleEvents(list: EventList): readonly ClusterEvent[] {
  const all = collapseRuns(list.items);
  return list.filter === '' ? all : all.filter((event) => matchesFilter(event, list.filter));
}

/**
 * A command from this console as an event, so that what was done stands among what came of it. The ledger tells of a
 * fault as well, by its number: then only the command stays.
 */
export function withCommand(list: EventList, event: ClusterEvent): EventList {
  const items = event.fault === null ? list.items : list.items.filter((each) => !isSetting(each, event.fault));
  return withEvents({ ...list, items }, [event], 0);
}

/** Without the ledger's word on faults whose command is here. */
export function withoutDoubles(events: readonly ClusterEvent[]): readonly ClusterEvent[] {
  const set = new Set(events.filter(({ kind }) => kind === 'command').map(({ fault }) => fault));
  set.delete(null);
  return set.size === 0 ? events : events.filter((event) => !set.has(event.fault) || !isSetting(event, event.fault));
}

function isSetting({ kind, severity, fault }: ClusterEvent, id: number | null): boolean {
  return kind === 'fault' && severity === 'warn' && fault === id;
}

/** The event under the cursor; the newest while following. */
export function currentEvent(list: EventList): ClusterEvent | null {
  return visibleEvents(list).at(-1 - (list.cursor ?? 0)) ?? null;
}
