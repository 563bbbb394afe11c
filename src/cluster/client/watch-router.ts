/** Brings notifications to the watch they are for: numbers are unique within a client, so none is taken for another's. */
import type { ParamsOf } from '../../wire/methods.ts';
import type { Endpoint } from './connection-pool.ts';

export type WatchNotice = ParamsOf<'kv.event'>;

export interface WatchListener {
  readonly onNotice: (notice: WatchNotice) => void;
  /** The connection with the node is gone. */
  readonly onClose: () => void;
}

export class WatchRouter {
  readonly #open = new Map<number, { readonly endpoint: Endpoint; readonly listener: WatchListener }>();
  #lastId = 0;

  /** A number for a watch on that node. Known here before the node is asked, since the first event may come with the answer. */
  open(endpoint: Endpoint, listener: WatchListener): number {
    this.#lastId += 1;
    this.#open.set(this.#lastId, { endpoint, listener });
    return this.#lastId;
  }

  close(id: number): void {
    this.#open.delete(id);
  }

  notice(endpoint: Endpoint, notice: WatchNotice): void {
    const found = this.#open.get(notice.watch);
    if (found?.endpoint === endpoint) found.listener.onNotice(notice);
  }

  closed(endpoint: Endpoint): void {
    for (const each of [...this.#open.values()]) if (each.endpoint === endpoint) each.listener.onClose();
  }
}
