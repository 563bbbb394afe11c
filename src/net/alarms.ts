/**
 * One coarse timer for the patience with all calls in flight. Nearly every alarm is cancelled long before it is due, so
 * setting and cancelling cost next to nothing, and ringing may be a step late. Alarms keep no process alive: whoever
 * sets one waits for a socket, which does.
 */
import { performance } from 'node:perf_hooks';

/** How late an alarm may ring, in milliseconds. */
const STEP_MS = 10;

/** Alarms that ring together, the newest first. */
interface Step {
  newest: Alarm | null;
}

export class Alarm {
  readonly #ring: () => void;
  readonly #step: Step;
  #newer: Alarm | null = null;
  #older: Alarm | null;
  #over = false;

  /** Rings once, `afterMs` from now or up to a step later, unless it is cancelled. */
  constructor(afterMs: number, ring: () => void) {
    this.#ring = ring;
    const at = Math.ceil((performance.now() + afterMs) / STEP_MS);
    const step = steps.get(at) ?? newStep(at);
    this.#step = step;
    this.#older = step.newest;
    if (this.#older !== null) this.#older.#newer = this;
    step.newest = this;
    if (at < armedFor) arm(at);
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#newer === null) this.#step.newest = this.#older;
    else this.#newer.#older = this.#older;
    if (this.#older !== null) this.#older.#newer = this.#newer;
    // What is old and dead would keep its neighbours alive.
    this.#newer = null;
    this.#older = null;
  }

  /** For the timer: those set before it for the same step, and itself, in the order in which they were set. */
  together(): readonly Alarm[] {
    const all: Alarm[] = [];
    for (let each: Alarm | null = this; each !== null; each = each.#older) all.push(each);
    return all.reverse();
  }

  /** For the timer. */
  ring(): void {
    if (!this.#over) this.#ring();
  }
}

/** Alarms by the step in which they ring. */
const steps = new Map<number, Step>();
let timer: NodeJS.Timeout | undefined;
let armedFor = Number.POSITIVE_INFINITY;

function newStep(at: number): Step {
  const step = { newest: null };
  steps.set(at, step);
  return step;
}

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
  for (const [step, { newest }] of steps) {
    if (step <= now || newest === null) {
      steps.delete(step);
      if (newest !== null) due.push(...newest.together());
    } else if (step < next) {
      next = step;
    }
  }
  if (next < Number.POSITIVE_INFINITY) arm(next);
  for (const alarm of due) alarm.ring();
}
