/**
 * One coarse timer for the patience with all calls in flight. Nearly every alarm is cancelled long before it is due, so
 * setting and cancelling cost next to nothing, and ringing may be a step late. Alarms keep no process alive: whoever
 * sets one waits for a socket, which does.
 */
import { performance } from 'node:perf_hooks';

/** How late an alarm may ring, in milliseconds. */
const STEP_MS = 10;

export class Alarm {
  readonly #ring: () => void;
  readonly #step: number;
  #over = false;

  /** Rings once, `afterMs` from now or up to a step later, unless it is cancelled. */
  constructor(afterMs: number, ring: () => void) {
    this.#ring = ring;
    this.#step = Math.ceil((performance.now() + afterMs) / STEP_MS);
    let alarms = steps.get(this.#step);
    if (alarms === undefined) {
      alarms = new Set();
      steps.set(this.#step, alarms);
    }
    alarms.add(this);
    if (this.#step < armedFor) arm(this.#step);
  }

  cancel(): void {
    this.#over = true;
    steps.get(this.#step)?.delete(this);
  }

  /** For the timer. */
  ring(): void {
    if (!this.#over) this.#ring();
  }
}

/** Alarms by the step in which they ring. */
const steps = new Map<number, Set<Alarm>>();
let timer: NodeJS.Timeout | undefined;
let armedFor = Number.POSITIVE_INFINITY;

function arm(step: number): void {
  clearTimeout(timer);
  armedFor = step;
  timer = setTimeout(ringDue, Math.max(0, step * STEP_MS - performance.now()));
  timer.unref();
}

function ringDue(): void {
  const now = performance.now() / STEP_MS;
  armedFor = Number.POSITIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  const due: Alarm[] = [];
  for (const [step, alarms] of steps) {
    if (step <= now || alarms.size === 0) {
      steps.delete(step);
      due.push(...alarms);
    } else if (step < next) {
      next = step;
    }
  }
  if (next < Number.POSITIVE_INFINITY) arm(next);
  for (const alarm of due) alarm.ring();
}
