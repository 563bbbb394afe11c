import { type Linked, LinkedList } from '../../base/linked-list.ts';
import { Alarm } from '../../net/alarms.ts';

/** The time one call may take, retries included, and the caller's wish to end it earlier. */
export class Deadline {
  readonly #at: number;
  readonly #signal: AbortSignal | null;

  constructor(milliseconds: number, signal: AbortSignal | null = null) {
    this.#at = performance.now() + milliseconds;
    this.#signal = signal;
  }

  get cancelled(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /** Milliseconds left; 0 once it has passed or the call was cancelled. */
  get remainingMs(): number {
    return this.cancelled ? 0 : Math.max(0, this.#at - performance.now());
  }

  /**
   * Settles as `promise` does, or resolves to `LATE` after `atMostMs`, at the deadline, or when cancelled, whichever
   * comes first. The promise itself is left to run; a later rejection of it is taken care of.
   */
  within<T>(promise: Promise<T>, atMostMs = Number.POSITIVE_INFINITY): Promise<T | typeof LATE> {
    return new Promise((resolve, reject) => {
      const race = new Race(resolve, Math.min(atMostMs, this.remainingMs), this.#signal);
      promise.then(
        (value) => {
          race.end();
          resolve(value);
        },
        (error: unknown) => {
          race.end();
          reject(error);
        },
      );
    });
  }

  /** Waits, but not beyond the deadline. */
  async sleep(milliseconds: number): Promise<void> {
    // A pause may be all that keeps the process alive, which an alarm does not.
    const pause = Promise.withResolvers<void>();
    const timer = setTimeout(pause.resolve, Math.ceil(Math.min(milliseconds, this.remainingMs)));
    await this.within(pause.promise);
    clearTimeout(timer);
  }
}

/** What `within` resolves to when time was up first. */
export const LATE = Symbol('late');

/** A promise against the time, and against the signal if there is one. */
class Race implements Linked<Race> {
  before: Race | null = null;
  behind: Race | null = null;
  readonly #late: (late: typeof LATE) => void;
  readonly #alarm: Alarm;
  readonly #others: LinkedList<Race> | null;
  #isOver = false;

  constructor(late: (late: typeof LATE) => void, milliseconds: number, signal: AbortSignal | null) {
    this.#late = late;
    this.#alarm = new Alarm(milliseconds, () => this.lose());
    this.#others = signal === null ? null : racesOf(signal);
    this.#others?.add(this);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#alarm.cancel();
    this.#others?.remove(this);
  }

  lose(): void {
    this.end();
    this.#late(LATE);
  }
}

const races = new WeakMap<AbortSignal, LinkedList<Race>>();

/**
 * What is over when a signal aborts, with one listener for all. A signal searches through its listeners whenever one more is
 * added, and many calls in flight may share it.
 */
function racesOf(signal: AbortSignal): LinkedList<Race> {
  const known = races.get(signal);
  if (known !== undefined) return known;
  const all = new LinkedList<Race>();
  races.set(signal, all);
  const tell = (): void => {
    for (const race of [...all]) race.lose();
  };
  signal.addEventListener('abort', tell, { once: true });
  return all;
}
