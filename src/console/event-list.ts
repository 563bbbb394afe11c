/** The events that were seen: bounded, filtered, with a cursor that stays on its event. */
import { LIMITS } from '../base/limits.ts';
import type { ClusterEvent } from '../cluster/driver.ts';
import type { EventList } from './state.ts';

const CLOSE_MS = 2_000;
const MOST_MOVED = 200;

export function withEvents(list: EventList, fresh: readonly ClusterEvent[], dropped: number): EventList {
  if (fresh.length === 0 && dropped === 0) return list;
  const items = merged(list.items, fresh).slice(-LIMITS.eventRing);
  const next = { ...list, items, dropped: list.dropped + dropped };
  const held = list.cursor === null ? null : currentEvent(list);
  if (held === null) return next;
  const visible = visibleEvents(next);
  const at = visible.indexOf(held);
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

/** Oldest first. */
export function visibleEvents(list: EventList): readonly ClusterEvent[] {
  return list.filter === '' ? list.items : list.items.filter((event) => matchesFilter(event, list.filter));
}

/** The event under the cursor; the newest while following. */
export function currentEvent(list: EventList): ClusterEvent | null {
  return visibleEvents(list).at(-1 - (list.cursor ?? 0)) ?? null;
}
