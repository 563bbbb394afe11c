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
      const timer = setTimeout(late, Math.ceil(Math.min(atMostMs, this.remainingMs)));
      const signal = this.#signal;
      signal?.addEventListener('abort', late, { once: true });
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', late);
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
    await this.within(new Promise<never>(() => undefined), milliseconds);
  }
}

/** What `within` resolves to when time was up first. */
export const LATE = Symbol('late');
