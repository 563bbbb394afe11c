/**
 * Is what this program's own calls were answered linearizable? Each answer's revision is held against real time at once; the
 * rest is judged a slice at a time, when there is a pause or enough for one. Memory is bounded: a quicker load is left out in
 * part, and the count says so.
 */
import type { Operation } from '../../../check/history.ts';
import { operationWords } from '../../../check/operation-words.ts';
import { type Answer, Recorder, type Request } from '../../../check/recorder.ts';
import type { WindowsVerdict } from '../../../check/windows.ts';
import { StateHash } from '../../../kv/state-hash.ts';
import type { TrafficCheck } from '../../driver.ts';

/** Judged together at most. */
const SLICE = 1_024;
/** Kept at most, while a slice is being judged. */
const MOST_WAITING = 4_096;
const PAUSE_MS = 200;
/** Longer values are told apart by a checksum. */
const SHORT_VALUE = 48;
/** Rows of a range that are kept. */
const MOST_ROWS = 64;

export interface TrafficOptions {
  /** Null: it could not be judged. */
  readonly judge: (operations: readonly Operation[]) => Promise<WindowsVerdict | null>;
  readonly onVerdict: () => void;
}

/** A call that is under way. */
export interface OpenCall {
  readonly id: number;
  readonly slot: number;
  /** The highest revision that any answer had told when it was called. */
  readonly floor: number;
}

export class Traffic {
  readonly #options: TrafficOptions;
  readonly #recorder = new Recorder((operation) => this.#add(operation));
  readonly #freeSlots: number[] = [];
  #slots = 0;
  #waiting: Operation[] = [];
  #judging = false;
  #timer: NodeJS.Timeout | null = null;
  #floor = 0;
  #newest: Operation | null = null;
  #picture: TrafficCheck = {
    verdict: 'none',
    checked: 0,
    waiting: 0,
    leftOut: 0,
    unknown: 0,
    lastAt: null,
    detail: null,
    culprit: null,
  };

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  picture(): TrafficCheck {
    return { ...this.#picture, waiting: this.#waiting.length };
  }

  called(request: Request): OpenCall {
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    const id = this.#recorder.call(`c${slot + 1}`, now(), shortened(request));
    return { id, slot, floor: this.#floor };
  }

  answered(call: OpenCall, answer: Answer, changed: boolean): void {
    this.#recorder.ok(call.id, now(), shortAnswer(answer));
    this.#freeSlots.push(call.slot);
    const { revision } = answer;
    if (revision === undefined) return;
    if (revision < call.floor + (changed ? 1 : 0)) this.#tooOld(call.floor);
    this.#floor = Math.max(this.#floor, revision);
  }

  failed(call: OpenCall): void {
    this.#recorder.failed(call.id, now());
    this.#freeSlots.push(call.slot);
  }

  unknown(call: OpenCall): void {
    this.#recorder.unknown(call.id);
    this.#freeSlots.push(call.slot);
    this.#picture = { ...this.#picture, unknown: this.#picture.unknown + 1 };
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #add(operation: Operation): void {
    this.#newest = operation;
    if (operation.outcome !== 'ok') return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#leaveOut(this.#waiting.length - SLICE);
      this.#waiting = this.#waiting.slice(-SLICE);
    }
    this.#waiting.push(operation);
    if (this.#judging) return;
    if (this.#waiting.length >= SLICE) this.#judge();
    else if (this.#timer === null) this.#wait();
    else this.#timer.refresh();
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#judge(), PAUSE_MS);
    this.#timer.unref();
  }

  #judge(): void {
    this.stop();
    if (this.#waiting.length === 0) return;
    const slice = this.#waiting;
    this.#waiting = [];
    this.#judging = true;
    void this.#options.judge(slice).then((verdict) => {
      this.#judging = false;
      if (verdict === null) this.#leaveOut(slice.length);
      else this.#judged(verdict);
      if (this.#waiting.length > 0 && this.#timer === null) this.#wait();
    });
  }

  #judged({ linearizable, gaveUp, culprit }: WindowsVerdict): void {
    this.#leaveOut(gaveUp);
    const checked = this.#picture.checked + linearizable;
    this.#picture = { ...this.#picture, checked, lastAt: Date.now() };
    if (culprit !== null) this.#breach(culprit.violations[0]?.text ?? 'no order explains the answers', culprit);
    else if (this.#picture.verdict !== 'not-linearizable') {
      this.#picture = { ...this.#picture, verdict: checked > 0 ? 'linearizable' : 'gave-up' };
    }
    this.#options.onVerdict();
  }

  #tooOld(floor: number): void {
    const words = this.#newest === null ? '' : operationWords(this.#newest);
    this.#breach(`${words}: an answer that came before it was called had told revision ${floor}`, null);
    this.#options.onVerdict();
  }

  /** The first one stays. */
  #breach(detail: string, culprit: TrafficCheck['culprit']): void {
    if (this.#picture.verdict === 'not-linearizable') return;
    this.#picture = { ...this.#picture, verdict: 'not-linearizable', lastAt: Date.now(), detail, culprit };
  }

  #leaveOut(operations: number): void {
    this.#picture = { ...this.#picture, leftOut: this.#picture.leftOut + operations };
  }
}

/** Whole microseconds. */
function now(): number {
  return Math.floor(performance.now() * 1_000);
}

function shortened(request: Request): Request {
  switch (request.op) {
    case 'put':
      return { ...request, value: short(request.value) };
    case 'cas':
      return { ...request, value: short(request.value), expect: request.expect === null ? null : short(request.expect) };
    default:
      return request;
  }
}

function shortAnswer({ value, current, range, ...rest }: Answer): Answer {
  const orNull = (text: string | null): string | null => (text === null ? null : short(text));
  return {
    ...rest,
    ...(value === undefined ? {} : { value: orNull(value) }),
    ...(current === undefined ? {} : { current: orNull(current) }),
    ...(range === undefined ? {} : { range: shortRange(range) }),
  };
}

function shortRange({ kvs, count, more }: NonNullable<Answer['range']>): NonNullable<Answer['range']> {
  const kept = kvs.slice(0, MOST_ROWS).map(({ key, value }) => ({ key, value: short(value) }));
  return { kvs: kept, count, more: more === true || kvs.length > MOST_ROWS };
}

/** Equal exactly for equal values, but for one chance in 2^53. */
function short(value: string): string {
  if (value.length <= SHORT_VALUE) return value;
  const hash = new StateHash();
  hash.text(value);
  const begin = value.slice(0, SHORT_VALUE / 2);
  return `${begin.isWellFormed() ? begin : begin.slice(0, -1)}… ${value.length} ${hash.value().toString(36)}`;
}
