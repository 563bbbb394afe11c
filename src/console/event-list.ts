/** The events that were seen: bounded, filtered, with a cursor that stays on its event. */
import { LIMITS } from '../base/limits.ts';
import type { ClusterEvent } from '../cluster/driver.ts';
import type { EventList } from './state.ts';

export function withEvents(list: EventList, fresh: readonly ClusterEvent[], dropped: number): EventList {
  if (fresh.length === 0 && dropped === 0) return list;
  const items = [...list.items, ...fresh].slice(-LIMITS.eventRing);
  const added = fresh.filter((event) => matchesFilter(event, list.filter)).length;
  const cursor = list.cursor === null ? null : Math.min(list.cursor + added, items.length - 1);
  return { ...list, items, cursor, dropped: list.dropped + dropped };
}

/** All the words of the filter appear in the node, the kind, the severity or the text; `!word` must not. */
export function matchesFilter(event: ClusterEvent, filter: string): boolean {
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
