/**
 * What a node takes on from all its clients together. A flood must cost those who send it, not the node: what cannot be worked on
 * soon waits, unread; what has waited long is refused with OVERLOADED by its id alone, as far as a share of the time allows; the
 * rest is left in the system's buffers, so that the senders' own TCP windows fill. In one turn of the event loop only so many frames are
 * taken, so that timers and peers come in between; and connections take turns, so that a quiet one is served beside a flood.
 */
import { millis } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Clock } from '../replica/ports.ts';
import { Lane, type LaneHandlers } from './lane.ts';

export interface IntakeBounds {
  /**
   * Calls in flight over all connections: what was answered lately within `targetMs`, but no fewer than the first number and no more
   * than the second. More at once would make nobody quicker (Little's law).
   */
  readonly calls: readonly [least: number, most: number];
  readonly targetMs: number;
  /** So many a connection may have whatever the others have: a console looks into a node that is stuck. */
  readonly reservedCalls: number;
  /** Frames begun in one turn of the event loop, when they are light; fewer when turns take longer than `turnMs`. */
  readonly turnFrames: number;
  readonly turnMs: number;
  /** A frame that has waited longer is refused when its time comes. */
  readonly patienceMs: number;
  /**
   * Part of the time that may be spent on refusals: the first for what has waited for `patienceMs`, more in proportion for what has
   * waited longer, and never more than the second. So what a flood has left behind is soon gone, and nobody waits for it.
   */
  readonly refusalShare: readonly [least: number, most: number];
}

export const INTAKE_BOUNDS: IntakeBounds = {
  calls: [LIMITS.inflightCallsLeast, LIMITS.inflightCallsMost],
  targetMs: LIMITS.intakeTargetMs,
  reservedCalls: LIMITS.reservedCalls,
  turnFrames: LIMITS.turnFrames,
  turnMs: LIMITS.turnMs,
  patienceMs: LIMITS.intakePatienceMs,
  refusalShare: [LIMITS.refusalShareLeast, LIMITS.refusalShareMost],
};

const REFUSE_EVERY_MS = 10;
const RATE_OVER_MS = 100;
const LEAST_TURN_FRAMES = 4;

export class Intake {
  readonly #bounds: IntakeBounds;
  readonly #clock: Pick<Clock, 'now' | 'soon' | 'after'>;
  /** Those with frames that wait, the next to be served first. */
  #waiting: Lane[] = [];
  #calls = 0;
  #mostCalls: number;
  /** Calls that ended since then. */
  #ended = 0;
  #endedSince: number;
  /** What a turn may begin, and what is left of it. */
  #turnFrames: number;
  #framesLeft: number;
  #turnScheduled = false;
  #turnSince = 0;
  #refusing = false;
  #refusedAt = 0;
  /** Spent on refusals in this turn. */
  #refusalMs = 0;

  constructor(bounds: IntakeBounds, clock: Pick<Clock, 'now' | 'soon' | 'after'>) {
    this.#bounds = bounds;
    this.#clock = clock;
    this.#turnFrames = bounds.turnFrames;
    this.#framesLeft = bounds.turnFrames;
    this.#mostCalls = bounds.calls[0];
    this.#endedSince = clock.now();
  }

  /** In flight, over all connections. */
  get calls(): number {
    return this.#calls;
  }

  /** Frames that were read and wait. */
  get waitingFrames(): number {
    return this.#waiting.reduce((sum, lane) => sum + lane.waitingFrames, 0);
  }

  join(handlers: LaneHandlers): Lane {
    return new Lane(this, handlers, () => this.#clock.now());
  }

  /** For lanes: true when a frame may be begun now. */
  admits(lane: Lane): boolean {
    if (this.#framesLeft <= 0 || !this.#hasRoom(lane)) return false;
    this.#framesLeft -= 1;
    this.#scheduleTurn();
    return true;
  }

  /** For lanes: its first frame waits. */
  enqueue(lane: Lane): void {
    this.#waiting.push(lane);
    this.#scheduleTurn();
    this.#armRefusals();
  }

  /** For lanes: it is gone. */
  forget(lane: Lane): void {
    this.#waiting = this.#waiting.filter((each) => each !== lane);
  }

  /** For lanes: so many more calls are in flight. */
  began(calls: number): void {
    this.#calls += calls;
  }

  /** For lanes: so many calls were answered. */
  ended(calls: number): void {
    this.#calls -= calls;
    this.#ended += calls;
    if (this.#waiting.length > 0) this.#scheduleTurn();
  }

  #hasRoom(lane: Lane): boolean {
    return lane.hasRoom() && (this.#calls < this.#mostCalls || lane.calls < this.#bounds.reservedCalls);
  }

  /** A turn is everything from the first frame of it to the next turn, answers included. */
  #scheduleTurn(since?: number): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    this.#turnSince = since ?? this.#clock.now();
    this.#refusalMs = 0;
    this.#clock.soon(this.#turn);
  }

  readonly #turn = (): void => {
    const now = this.#clock.now();
    this.#turnScheduled = false;
    this.#adapt(now - this.#turnSince - this.#refusalMs);
    this.#countEnded(now);
    this.#framesLeft = this.#turnFrames;
    if (this.#waiting.length > 0) this.#serveWaiting(now);
  };

  #countEnded(now: number): void {
    const passedMs = now - this.#endedSince;
    if (passedMs < RATE_OVER_MS) return;
    const [least, most] = this.#bounds.calls;
    const wanted = (this.#ended / passedMs) * this.#bounds.targetMs;
    this.#mostCalls = Math.min(most, Math.max(least, Math.ceil(wanted)));
    this.#ended = 0;
    this.#endedSince = now;
  }

  /** What a frame costs is known only when its turn is over: a page of a range costs a hundred times what a key does. */
  #adapt(tookMs: number): void {
    const { turnFrames, turnMs } = this.#bounds;
    if (tookMs > 2 * turnMs) this.#turnFrames = Math.max(LEAST_TURN_FRAMES, this.#turnFrames >> 1);
    else if (tookMs < 2 * turnMs) this.#turnFrames = Math.min(turnFrames, this.#turnFrames * 2);
  }

  /** One frame of each connection in turn. */
  #serveWaiting(since: number): void {
    for (let passedOver = 0; this.#framesLeft > 0 && passedOver < this.#waiting.length; ) {
      const lane = this.#waiting.shift();
      if (lane === undefined) return;
      if (this.#hasRoom(lane)) {
        passedOver = 0;
        this.#framesLeft -= 1;
        lane.serveNext();
      } else passedOver += 1;
      if (lane.isWaiting) this.#waiting.push(lane);
    }
    if (this.#waiting.length > 0 && this.#framesLeft <= 0) this.#scheduleTurn(since);
  }

  #armRefusals(): void {
    if (this.#refusing) return;
    this.#refusing = true;
    this.#refusedAt = this.#clock.now();
    this.#refuseLater();
  }

  #refuseLater(): void {
    this.#clock.after(millis(REFUSE_EVERY_MS), () => {
      const now = this.#clock.now();
      this.#refuseLate(now, now - this.#refusedAt);
      this.#refusalMs += this.#clock.now() - now;
      this.#refusedAt = now;
      this.#refusing = this.#waiting.length > 0;
      if (this.#refusing) this.#refuseLater();
    });
  }

  /** `passedMs` is the time of which a share may be spent; never longer than a turn may take. */
  #refuseLate(from: number, passedMs: number): void {
    const { patienceMs, refusalShare, turnMs } = this.#bounds;
    const [least, most] = refusalShare;
    const longestMs = from - Math.min(...this.#waiting.map((lane) => lane.waitsSince));
    if (longestMs < patienceMs) return;
    const until = from + Math.min(turnMs, passedMs) * Math.min(most, (least * longestMs) / patienceMs);
    const kept = this.#nextTurn();
    for (let passedOver = 0; passedOver < this.#waiting.length; ) {
      const lane = this.#waiting.shift();
      if (lane === undefined) return;
      const isLate = lane.waitsSince <= from - patienceMs && !kept.has(lane);
      if (isLate) lane.refuseNext();
      passedOver = isLate ? 0 : passedOver + 1;
      if (lane.isWaiting) this.#waiting.push(lane);
      if (isLate && this.#clock.now() >= until) return;
    }
  }

  /** Those whose frames wait for nothing but the next turn; as few as will fill it, for while they wait nothing more is read from them. */
  #nextTurn(): ReadonlySet<Lane> {
    const lanes = new Set<Lane>();
    let room = Math.min(this.#turnFrames, this.#mostCalls - this.#calls);
    for (const lane of this.#waiting) {
      if (room <= 0) break;
      if (!lane.hasRoom()) continue;
      lanes.add(lane);
      room -= lane.waitingFrames;
    }
    return lanes;
  }
}
