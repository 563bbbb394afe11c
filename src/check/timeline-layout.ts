/** Which operations a picture shows, in which rows, and where they begin and end. The same for the terminal and the page. */
import type { CheckReport } from './check.ts';
import { endOf, type Operation } from './history.ts';
import { isInRange } from './key-span.ts';

export interface Bar {
  readonly operation: Operation;
  readonly lane: number;
  /** Columns; `to` is null for an operation without an end. */
  readonly from: number;
  readonly to: number | null;
  /** Its place in the longest order, from 1; null: it has none there. */
  readonly place: number | null;
  /** Part of the contradiction. */
  readonly guilty: boolean;
}

export interface TimelineLayout {
  /** One process each; a process that had operations open together has several. */
  readonly lanes: readonly string[];
  /** Those with a place in the order first, by place; then the others, the guilty ones first. */
  readonly bars: readonly Bar[];
  readonly columns: number;
  /** Operations of the same keys that are not shown. */
  readonly hidden: number;
  /** Those keys with their values after the longest order. */
  readonly state: readonly (readonly [string, string | null])[];
}

/**
 * Takes operations while the picture stays within `mostColumns` and `mostBars`: first what contradicts, then what is left over,
 * then the end of the order that works; of many keys that a range ties together, only those that the contradiction is about. One column is one moment: all calls up to the next return share it, and all returns up
 * to the next call, since who came first among those binds nobody.
 */
export function layoutOf(report: CheckReport, mostColumns: number, mostBars: number): TimelineLayout {
  const guilty = guiltyOf(report);
  const places = placesOf(report);
  const keys = keysOf(guilty);
  const concerned = (operation: Operation): boolean => keys === null || concerns(operation, keys);
  const others = [...leftOver(report, guilty), ...[...places.keys()].reverse()].filter(concerned);
  const wanted = [...new Set([...guilty, ...others])];
  const shown: Operation[] = [];
  for (const operation of wanted) {
    if (shown.length >= mostBars) break;
    shown.push(operation);
    if (shown.length > guilty.length && columnsOf(shown).count > mostColumns) shown.pop();
  }
  const columns = columnsOf(shown);
  const lanes = lanesOf(shown);
  const bars = shown.map((operation) => ({
    operation,
    lane: lanes.of.get(operation) ?? 0,
    from: columns.from.get(operation) ?? 0,
    to: columns.to.get(operation) ?? null,
    place: places.get(operation) ?? null,
    guilty: guilty.includes(operation),
  }));
  return {
    lanes: lanes.names,
    bars: bars.sort(byPlace),
    columns: columns.count,
    hidden: Math.max(0, total(report, concerned) - shown.length),
    state: (report.culprit?.order.state ?? []).filter(([key]) => keys?.has(key) !== false),
  };
}

/** Null: all of the group, since a range is part of the contradiction. */
function keysOf(guilty: readonly Operation[]): ReadonlySet<string> | null {
  const keys = guilty.flatMap((operation) => (operation.op === 'range' ? [] : [operation.key]));
  return keys.length === guilty.length ? new Set(keys) : null;
}

function concerns(operation: Operation, keys: ReadonlySet<string>): boolean {
  if (operation.op !== 'range') return keys.has(operation.key);
  return [...keys].some((key) => isInRange(key, operation.range));
}

/** Where the order comes to its end, and what a rule says of it; a rule that is broken elsewhere has no part in this picture. */
function guiltyOf({ violations, culprit }: CheckReport): readonly Operation[] {
  const blocked = culprit?.order.blocked ?? null;
  const operation = blocked === null ? undefined : culprit?.group.operations[blocked];
  if (operation === undefined) return violations[0]?.operations ?? [];
  const rule = violations.find(({ operations }) => operations.includes(operation));
  return [...new Set([operation, ...(rule?.operations ?? [])])];
}

function placesOf({ culprit }: CheckReport): ReadonlyMap<Operation, number> {
  const placed = culprit?.order.placed ?? [];
  return new Map(
    placed.flatMap((at, place) => {
      const operation = culprit?.group.operations[at];
      return operation === undefined ? [] : [[operation, place + 1] as const];
    }),
  );
}

/** Operations that found no place and overlap the contradiction. */
function leftOver({ culprit }: CheckReport, guilty: readonly Operation[]): readonly Operation[] {
  if (culprit === null) return [];
  const placed = new Set(culprit.order.placed);
  const from = Math.min(...guilty.map(({ call }) => call));
  const to = Math.max(...guilty.map((operation) => operation.return ?? operation.call));
  return culprit.group.operations.filter(
    (operation, at) => !placed.has(at) && operation.call <= to && endOf(operation) >= from && operation.outcome === 'ok',
  );
}

function total({ culprit, violations }: CheckReport, concerned: (operation: Operation) => boolean): number {
  return culprit === null ? (violations[0]?.operations.length ?? 0) : culprit.group.operations.filter(concerned).length;
}

function byPlace(a: Bar, b: Bar): number {
  if (a.place !== null || b.place !== null) return (a.place ?? Number.MAX_VALUE) - (b.place ?? Number.MAX_VALUE);
  return Number(b.guilty) - Number(a.guilty) || a.operation.call - b.operation.call;
}

interface Columns {
  readonly from: ReadonlyMap<Operation, number>;
  readonly to: ReadonlyMap<Operation, number>;
  readonly count: number;
}

function columnsOf(operations: readonly Operation[]): Columns {
  const events = operations.flatMap((operation) => {
    const end = endOf(operation);
    const call = { time: operation.call, isReturn: false, operation };
    return end === Number.POSITIVE_INFINITY ? [call] : [call, { time: end, isReturn: true, operation }];
  });
  events.sort((a, b) => a.time - b.time || Number(a.isReturn) - Number(b.isReturn));
  const from = new Map<Operation, number>();
  const to = new Map<Operation, number>();
  let column = 0;
  for (const [at, { isReturn, operation }] of events.entries()) {
    if (at > 0 && events[at - 1]?.isReturn !== isReturn) column += 1;
    (isReturn ? to : from).set(operation, column);
  }
  return { from, to, count: column + 1 };
}

function lanesOf(operations: readonly Operation[]): {
  readonly names: readonly string[];
  readonly of: ReadonlyMap<Operation, number>;
} {
  const lanes: { name: string; busyUntil: number; operations: Operation[] }[] = [];
  for (const operation of [...operations].sort((a, b) => a.call - b.call)) {
    const free = lanes.find(({ name, busyUntil }) => name === operation.process && busyUntil < operation.call);
    const lane = free ?? { name: operation.process, busyUntil: 0, operations: [] };
    if (free === undefined) lanes.push(lane);
    lane.busyUntil = endOf(operation);
    lane.operations.push(operation);
  }
  lanes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const of = new Map(lanes.flatMap((lane, at) => lane.operations.map((operation) => [operation, at] as const)));
  return { names: lanes.map(({ name }) => name), of };
}

/** A number for what has a place in the order, a letter for what has none. */
export function marksOf(bars: readonly Bar[]): readonly string[] {
  let letters = 0;
  return bars.map(({ place }) => {
    if (place !== null) return String(place);
    letters += 1;
    return letterOf(letters);
  });
}

/** A to Z, AA to AZ and so on. */
function letterOf(number: number): string {
  const last = String.fromCharCode(65 + ((number - 1) % 26));
  return number <= 26 ? last : letterOf(Math.floor((number - 1) / 26)) + last;
}
