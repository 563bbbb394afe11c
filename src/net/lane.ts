/** The frames of one connection that wait for the intake of their node. */
import type { Gatekeeper, HeldFrame } from './held-frame.ts';

/** One connection, as far as the intake is concerned. */
export interface LaneHandlers {
  /** Whether the connection's own bounds leave room for a call. */
  readonly hasRoom: () => boolean;
  readonly serve: (frame: HeldFrame) => void;
  readonly refuse: (frame: HeldFrame) => void;
  readonly pause: () => void;
  /** Called once nothing waits any more. */
  readonly resume: () => void;
}

/** What decides for all connections together. */
interface Intake {
  /** True when a frame may be begun now. */
  readonly admits: (lane: Lane) => boolean;
  /** Its first frame waits. */
  readonly enqueue: (lane: Lane) => void;
  /** It is gone. */
  readonly forget: (lane: Lane) => void;
  /** So many more calls are in flight, or were answered. */
  readonly began: (calls: number) => void;
  readonly ended: (calls: number) => void;
}

/** So soon a sender that was held up by its window has filled it again. */
const REFILL_MS = 10;

/** The frames of one connection, in the order in which they came. */
export class Lane implements Gatekeeper {
  readonly #intake: Intake;
  readonly #handlers: LaneHandlers;
  readonly #now: () => number;
  #frames: { readonly frame: HeldFrame; readonly arrivedAt: number }[] = [];
  #next = 0;
  #calls = 0;
  #closed = false;
  /** What is read now may have lain in the buffers of the system since then; null when they were seen empty. */
  #unreadSince: number | null = null;
  #resumedAt = Number.NEGATIVE_INFINITY;

  constructor(intake: Intake, handlers: LaneHandlers, now: () => number) {
    this.#intake = intake;
    this.#handlers = handlers;
    this.#now = now;
  }

  get calls(): number {
    return this.#calls;
  }

  get waitingFrames(): number {
    return this.#frames.length - this.#next;
  }

  get isWaiting(): boolean {
    return this.#next < this.#frames.length;
  }

  hasRoom(): boolean {
    return this.#handlers.hasRoom();
  }

  /** True: begin with the next frame now. False: it waits. */
  admits(): boolean {
    return !this.#closed && !this.isWaiting && this.#intake.admits(this);
  }

  /** Nothing more is read from the connection meanwhile. */
  hold(frame: HeldFrame): void {
    if (this.#closed) return;
    const wasWaiting = this.isWaiting;
    this.#frames.push({ frame, arrivedAt: this.#unreadSince ?? this.#now() });
    if (wasWaiting) return;
    this.leavesUnread();
    this.#handlers.pause();
    this.#intake.enqueue(this);
  }

  began(calls: number): void {
    this.#calls += calls;
    this.#intake.began(calls);
  }

  ended(calls: number): void {
    this.#calls -= calls;
    this.#intake.ended(calls);
  }

  /** Nothing is read from the connection from now on: what comes begins to wait where nobody sees it. */
  leavesUnread(): void {
    this.#unreadSince ??= this.#now();
  }

  /** The connection is read again. */
  readsOn(): void {
    this.#resumedAt = this.#now();
  }

  /** What is read now is all that had come here; right after a pause more may stand in the sender's own buffers. */
  sawEmpty(): void {
    if (this.#unreadSince !== null && this.#now() - this.#resumedAt > REFILL_MS) this.#unreadSince = null;
  }

  /** Since when its oldest frame has waited. */
  get waitsSince(): number {
    return this.#frames[this.#next]?.arrivedAt ?? Number.POSITIVE_INFINITY;
  }

  serveNext(): void {
    this.#withNext(this.#handlers.serve);
  }

  refuseNext(): void {
    this.#withNext(this.#handlers.refuse);
  }

  close(): void {
    this.#closed = true;
    this.#frames = [];
    this.#next = 0;
    this.#intake.forget(this);
  }

  #withNext(run: (frame: HeldFrame) => void): void {
    const waiting = this.#frames[this.#next];
    if (waiting === undefined) return;
    this.#next += 1;
    if (this.#next === this.#frames.length) {
      this.#frames = [];
      this.#next = 0;
    }
    run(waiting.frame);
    if (!this.isWaiting && !this.#closed) this.#handlers.resume();
  }
}
