/** A cluster as it was: it can be looked at and asked why, and nothing in it can be changed. */
import type { LogRow } from '../../replica/status.ts';
import type { ActionResult, Capability, ClusterDriver, ClusterEvent, ClusterPicture, KvClient } from '../driver.ts';
import { noReads, type PastReads } from './past-keys.ts';

const NO_KEYS = 'A recording holds no keys and values: they can be read in the present only.';
const NO_WATCH = 'The past does not change any more: watch works in the present, and history KEY tells what became of a key.';
const NO_CHANGE = 'This is the past: nothing in it can be changed.';

const refuse = (message: string) => (): Promise<never> => Promise.reject(new Error(message));

export class PastDriver implements ClusterDriver {
  readonly capabilities: ReadonlySet<Capability> = new Set();
  readonly ownsNodes = false;
  readonly kv: KvClient;
  readonly #picture: ClusterPicture;
  readonly #events: readonly ClusterEvent[];

  /** `reads`: who answers for keys. A recording alone does not. */
  constructor(picture: ClusterPicture, events: readonly ClusterEvent[], reads: PastReads = noReads(NO_KEYS)) {
    this.#picture = picture;
    this.#events = events;
    this.kv = {
      put: refuse(NO_CHANGE),
      delete: refuse(NO_CHANGE),
      cas: refuse(NO_CHANGE),
      retryUnknown: refuse(NO_CHANGE),
      watch: () => {
        throw new Error(NO_WATCH);
      },
      ...reads,
    };
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
