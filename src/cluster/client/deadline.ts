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
      const late = (): void => {
        stop();
        resolve(LATE);
      };
      const alarm = new Alarm(Math.min(atMostMs, this.remainingMs), late);
      const listeners = this.#signal === null ? null : listenersOf(this.#signal);
      listeners?.add(late);
      const stop = (): void => {
        alarm.cancel();
        listeners?.delete(late);
      };
      promise.then(
        (value) => {
          stop();
          resolve(value);
        },
        (error: unknown) => {
          stop();
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

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * What is to be called when a signal aborts, with one listener for all. A signal searches through its listeners whenever
 * one more is added, and many calls in flight may share it.
 */
function listenersOf(signal: AbortSignal): Set<() => void> {
  const known = listeners.get(signal);
  if (known !== undefined) return known;
  const all = new Set<() => void>();
  listeners.set(signal, all);
  const tell = (): void => {
    for (const listener of [...all]) listener();
  };
  signal.addEventListener('abort', tell, { once: true });
  return all;
}
