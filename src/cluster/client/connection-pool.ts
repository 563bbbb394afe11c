/** One connection per node, opened when first needed and again after it closed. */
import { RpcError } from '../../base/errors.ts';
import type { Connection, Dial } from './connection.ts';

/** A node as the client knows it: the address it dials and, once something told it, the node's id. */
export interface Endpoint {
  readonly url: string;
  id: string | null;
}

export interface PoolOptions {
  readonly dial: Dial;
  readonly token: string;
  readonly ca: string | null;
  readonly dialTimeoutMs: number;
  readonly onNotification: (endpoint: Endpoint, method: string, params: unknown) => void;
  readonly onClose: (endpoint: Endpoint) => void;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #open = new Map<Endpoint, Connection>();
  readonly #dialling = new Map<Endpoint, Promise<Connection>>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** The open connection to a node, or null; never dials. */
  current(endpoint: Endpoint): Connection | null {
    const connection = this.#open.get(endpoint);
    return connection?.open ? connection : null;
  }

  /** The connection to a node, opened if need be; callers at the same time share one attempt. Rejects with a definite RpcError. */
  connect(endpoint: Endpoint): Promise<Connection> {
    if (this.#closed) return Promise.reject(closedClient());
    const current = this.current(endpoint);
    if (current !== null) return Promise.resolve(current);
    const underway = this.#dialling.get(endpoint);
    if (underway !== undefined) return underway;
    const attempt = this.#dial(endpoint).finally(() => this.#dialling.delete(endpoint));
    this.#dialling.set(endpoint, attempt);
    return attempt;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    for (const connection of [...this.#open.values()]) connection.close();
    this.#open.clear();
  }

  async #dial(endpoint: Endpoint): Promise<Connection> {
    const { dial, token, ca, dialTimeoutMs, onNotification, onClose } = this.#options;
    const connection = await dial({
      url: endpoint.url,
      token,
      ca,
      timeoutMs: dialTimeoutMs,
      onNotification: (method, params) => onNotification(endpoint, method, params),
      onClose: () => {
        this.#open.delete(endpoint);
        onClose(endpoint);
      },
    });
    if (this.#closed) {
      connection.close();
      throw closedClient();
    }
    if (connection.open) this.#open.set(endpoint, connection);
    return connection;
  }
}

function closedClient(): RpcError {
  return new RpcError('NO_QUORUM', { detail: 'the client is closed' });
}
