/** Whose turn it is when calls are spread over all nodes. */
import type { Endpoint } from './connection-pool.ts';

/** A node that failed to answer is left out for so long, unless nobody else is left. */
const AVOIDED_MS = 2_000;

export class Turns {
  #next = 0;
  readonly #avoidedUntil = new Map<Endpoint, number>();

  pick(endpoints: readonly Endpoint[]): Endpoint | null {
    this.#next += 1;
    return endpoints[this.#next % endpoints.length] ?? null;
  }

  avoid(endpoint: Endpoint): void {
    this.#avoidedUntil.set(endpoint, performance.now() + AVOIDED_MS);
  }

  avoids(endpoint: Endpoint): boolean {
    const until = this.#avoidedUntil.get(endpoint);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#avoidedUntil.delete(endpoint);
    return false;
  }
}
