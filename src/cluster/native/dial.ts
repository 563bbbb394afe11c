/** Opens the connections of a client over WebSocket. */
import { type Connection, DialError, type DialRequest } from './connection.ts';

export function dialNode(request: DialRequest): Promise<Connection> {
  return Promise.reject(new DialError(`no dialler for ${request.url} yet`));
}
