/** When the operations of a load are due. Pure: the time is an argument. */

export interface Pace {
  /** When the next operation is due, which may be past; null when there is none any more. */
  next(now: number): number | null;
  /** Those that nobody took, oldest first: `times` operations, the first of them due at `due`. */
  leftOver(): Iterable<{ readonly due: number; readonly times: number }>;
}

/** The next one starts when the last one ends. */
export function closedLoop(endsAt: number): Pace {
  return { next: (now) => (now < endsAt ? now : null), leftOver: () => [] };
}

/** How long after the end those that are due may still be sent, in milliseconds. */
const DRAIN_MS = 1_000;
const MOST_GROUPS = 1_000;

/**
 * `rate` operations a second, whatever becomes of those before: while all clients are busy what is due waits, as a number and
 * not as objects, so that no overload fills the memory of the generator. What is not sent soon after the end never is.
 */
export function openLoop(rate: number, startsAt: number, endsAt: number): Pace {
  const total = Math.ceil(((endsAt - startsAt) * rate) / 1_000);
  const dueAt = (arrival: number): number => startsAt + (arrival * 1_000) / rate;
  let taken = 0;
  return {
    next: (now) => {
      if (taken >= total || now >= endsAt + DRAIN_MS) return null;
      taken += 1;
      return dueAt(taken - 1);
    },
    *leftOver() {
      const step = Math.max(1, Math.ceil((total - taken) / MOST_GROUPS));
      for (let first = taken; first < total; first += step) yield { due: dueAt(first), times: Math.min(step, total - first) };
    },
  };
}
