import type { Topic } from '../replica/status.ts';
import type { RpcSocket } from './rpc-socket.ts';
import type { KvService } from './service.ts';

/** A watcher that reads more slowly than this much behind misses events; their numbers show the gap. */
const LAGGING_BYTES = 1_048_576;

/** Who watches this node: at most one subscription per connection, ended with it. */
export class Subscriptions {
  readonly #service: Pick<KvService, 'subscribe'>;
  readonly #cancels = new Map<RpcSocket, () => void>();

  constructor(service: Pick<KvService, 'subscribe'>) {
    this.#service = service;
  }

  replace(connection: RpcSocket, topics: readonly Topic[]): void {
    const known = this.#cancels.get(connection);
    known?.();
    this.#cancels.delete(connection);
    if (topics.length > 0) {
      const cancel = this.#service.subscribe(topics, (event) => {
        if (connection.bufferedBytes <= LAGGING_BYTES) connection.notify('node.event', event);
      });
      this.#cancels.set(connection, cancel);
    }
    if (known === undefined) connection.whenClosed(() => this.#end(connection));
  }

  #end(connection: RpcSocket): void {
    this.#cancels.get(connection)?.();
    this.#cancels.delete(connection);
  }
}
