/** Opens the connections of a client over WebSocket. */
import { connect } from '../../net/connect.ts';
import type { RpcSocket, WireLog } from '../../net/rpc-socket.ts';
import type { Connection, DialRequest } from './connection.ts';

const NOTIFICATIONS = ['node.event', 'kv.event'] as const;

/** Rejects with the RpcError that kept the connection from coming about; nothing was sent then. */
export async function dialNode(request: DialRequest): Promise<Connection> {
  const { url, token, ca, timeoutMs, onNotification, onClose } = request;
  const handlers = new Map(NOTIFICATIONS.map((method) => [method, (params: unknown) => onNotification(method, params)]));
  const tls = ca === null ? null : { ca };
  return new OpenConnection(await connect({ url, token, tls, timeoutMs }, { handlers, log: SILENT, onClose: () => onClose() }));
}

/** A client has no log of its own, and whatever it prints would land on somebody's screen. */
const SILENT: WireLog = () => {};

class OpenConnection implements Connection {
  readonly #socket: RpcSocket;

  constructor(socket: RpcSocket) {
    this.#socket = socket;
  }

  get open(): boolean {
    return this.#socket.isOpen;
  }

  request(method: string, params: object, timeoutMs: number): Promise<unknown> {
    return this.#socket.request(method, params, timeoutMs);
  }

  close(): void {
    this.#socket.close();
  }
}
