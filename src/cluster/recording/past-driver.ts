/** A cluster as it was: it can be looked at and asked why, and nothing in it can be changed. */
import type { LogRow } from '../../replica/status.ts';
import type { ActionResult, Capability, ClusterDriver, ClusterEvent, ClusterPicture, KvClient } from '../driver.ts';

const NO_KEYS = 'A recording holds no keys and values: they can be read in the present only.';
const NO_CHANGE = 'This is the past: nothing in it can be changed.';

const refuse = (message: string) => (): Promise<never> => Promise.reject(new Error(message));

export class PastDriver implements ClusterDriver {
  readonly capabilities: ReadonlySet<Capability> = new Set();
  readonly ownsNodes = false;
  readonly kv: KvClient = {
    put: refuse(NO_CHANGE),
    delete: refuse(NO_CHANGE),
    cas: refuse(NO_CHANGE),
    get: refuse(NO_KEYS),
    range: refuse(NO_KEYS),
    history: refuse(NO_KEYS),
    watch: () => {
      throw new Error(NO_KEYS);
    },
  };
  readonly #picture: ClusterPicture;
  readonly #events: readonly ClusterEvent[];

  constructor(picture: ClusterPicture, events: readonly ClusterEvent[]) {
    this.#picture = picture;
    this.#events = events;
  }

  picture(): ClusterPicture {
    return this.#picture;
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    for (const event of this.#events) listener(event);
    return () => {};
  }

  onPicture(): () => void {
    return () => {};
  }

  checks(): null {
    return null;
  }

  onChecks(): () => void {
    return () => {};
  }

  noteAcknowledged(): void {}

  async refresh(): Promise<void> {}

  async logRows(): Promise<readonly LogRow[]> {
    return [];
  }

  async act(): Promise<ActionResult> {
    throw new Error(NO_CHANGE);
  }

  detach(): void {}

  async close(): Promise<void> {}
}
