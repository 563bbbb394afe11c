/**
 * How much of one connection's work a node holds at once. Above the bound nothing more is read from the socket, so that
 * the sender's own TCP window fills; a sender that gets twice as far has frames for no honest purpose in flight.
 */
export interface AdmissionBounds {
  readonly calls: number;
  readonly bytes: number;
}

export type Admission = 'go-on' | 'pause' | 'close';

export class AdmissionGate {
  readonly #bounds: AdmissionBounds;
  #calls = 0;
  #bytes = 0;

  constructor(bounds: AdmissionBounds) {
    this.#bounds = bounds;
  }

  get calls(): number {
    return this.#calls;
  }

  get hasRoom(): boolean {
    return this.#calls < this.#bounds.calls && this.#bytes < this.#bounds.bytes;
  }

  enter(calls: number, bytes: number): Admission {
    this.#calls += calls;
    this.#bytes += bytes;
    const { calls: most, bytes: mostBytes } = this.#bounds;
    if (this.#calls > 2 * most || this.#bytes > 2 * mostBytes) return 'close';
    return this.#calls > most || this.#bytes > mostBytes ? 'pause' : 'go-on';
  }

  /** True when so much is done that reading may go on. */
  leave(calls: number, bytes: number): boolean {
    this.#calls -= calls;
    this.#bytes -= bytes;
    return this.#calls <= this.#bounds.calls / 2 && this.#bytes <= this.#bounds.bytes / 2;
  }
}
