/** Where in the recording one stands. Moves event by event, from election to election, or by time. */
import type { ChecksPicture, ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import type { RecordedEvent, Recording } from '../cluster/recording/recording.ts';
import { toldAs } from '../commands/why/story.ts';
import { withoutDoubles } from './event-list.ts';

export type Move = 'here' | 'event-back' | 'event-on' | 'election-back' | 'election-on' | 'time-back' | 'time-on' | 'end';

/** A moment of the past. Times in the picture are wall-clock milliseconds, as `wall` is. */
export interface Moment {
  readonly wall: number;
  readonly picture: ClusterPicture;
  /** Those until then, in the order of time. */
  readonly events: readonly ClusterEvent[];
  /** Null when that was not recorded. */
  readonly checks: ChecksPicture | null;
  /** Of all events in the recording, how many had happened. */
  readonly place: { readonly count: number; readonly of: number };
}

const SCRUB_MS = 1_000;

export class Traveller {
  readonly #recording: Recording;
  /** Null while one stands in the present. The event is the last that had happened; null stands between events. */
  #at: { readonly time: number; readonly seq: number | null } | null = null;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  return(): void {
    this.#at = null;
  }

  /** When the recording begins, in wall-clock milliseconds; null while it is empty. What came before was only told. */
  get begins(): number | null {
    return this.#recording.span?.from ?? null;
  }

  /** Null when there is nothing in that direction, or nothing is recorded. */
  go(move: Move): Moment | null {
    const recorded = this.#recording.span;
    if (recorded === null) return null;
    const events = this.#recording.events();
    // Nodes tell the time of their own clocks, which may be ahead of this one.
    const span = { from: recorded.from, to: Math.max(recorded.to, events.at(-1)?.event.time ?? 0) };
    const from = this.#at ?? { time: span.to, seq: null };
    const next = this.#next(move, from, events, span);
    if (next === null) return null;
    this.#at = next;
    return this.#moment(next, events);
  }

  #next(
    move: Move,
    from: { readonly time: number; readonly seq: number | null },
    events: readonly RecordedEvent[],
    span: { readonly from: number; readonly to: number },
  ): { readonly time: number; readonly seq: number | null } | null {
    const here = happened(events, from);
    const seen = ({ event }: RecordedEvent): boolean => event.time >= span.from;
    const stop = (found: RecordedEvent | undefined): { time: number; seq: number } | null =>
      found === undefined ? null : { time: found.event.time, seq: found.event.seq };
    switch (move) {
      case 'here':
        return from;
      case 'end':
        return { time: span.to, seq: null };
      case 'event-back':
        return stop(events.slice(0, from.seq === null ? here : here - 1).findLast(seen));
      case 'event-on':
        return stop(events.slice(here).find(seen));
      case 'election-back':
        return stop(events.slice(0, from.seq === null ? here : here - 1).findLast((each) => seen(each) && isElection(each)));
      case 'election-on':
        return stop(events.slice(here).find((each) => seen(each) && isElection(each)));
      default: {
        const time = Math.max(span.from, Math.min(span.to, from.time + (move === 'time-back' ? -SCRUB_MS : SCRUB_MS)));
        return time === from.time ? null : { time, seq: null };
      }
    }
  }

  #moment(at: { readonly time: number; readonly seq: number | null }, events: readonly RecordedEvent[]): Moment {
    const count = happened(events, at);
    const last = events[count - 1];
    // The picture that an event brought came in the same turn, a moment after the event itself.
    const frame = at.seq !== null && last !== undefined ? last.frame : this.#recording.frameAt(at.time);
    return {
      wall: at.time,
      picture: this.#recording.pictureAt(frame),
      checks: this.#recording.checksAt(frame),
      events: withoutDoubles(events.slice(0, count).map(({ event }) => event)),
      place: { count, of: events.length },
    };
  }
}

/** How many events had happened: up to the one stood on, or up to the time. */
function happened(
  events: readonly RecordedEvent[],
  { time, seq }: { readonly time: number; readonly seq: number | null },
): number {
  const on = seq === null ? -1 : events.findIndex(({ event }) => event.seq === seq && event.time === time);
  if (on >= 0) return on + 1;
  const after = events.findIndex(({ event }) => event.time > time);
  return after < 0 ? events.length : after;
}

/** Somebody won. */
function isElection({ event }: RecordedEvent): boolean {
  return toldAs(event, 'role') && event.raft.role === 'leader';
}
