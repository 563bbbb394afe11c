/** The dialling side, for clients, forwards and peers alike. */
import { WebSocket } from 'ws';
import { type ErrorKind, RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { rememberCarrier } from './carrier.ts';
import { RpcSocket, type RpcSocketOptions } from './rpc-socket.ts';
import { wsLimits } from './ws-limits.ts';

export interface DialOptions {
  /** `ws://HOST:PORT/` or `wss://...`. */
  readonly url: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM text, for wss: the authority to trust, and the certificate that a peer shows. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
  /** For the whole handshake, in milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens a connection; the RpcSocket listens before the first frame can arrive. Rejects with RpcError, always definite,
 * since nothing was sent: UNAUTHENTICATED or FORBIDDEN when the node refused, OVERLOADED when it has no room,
 * NO_QUORUM when it cannot be reached.
 */
export function connect(
  options: DialOptions,
  rpc: Omit<RpcSocketOptions, 'role'> & { role?: RpcSocketOptions['role'] },
): Promise<RpcSocket> {
  return dial(options, (socket) => new RpcSocket(socket, { role: 'server', ...rpc }));
}

/** Dials, and hands the open socket to `take` before any of its frames is read. */
export function dial<Taken>(options: DialOptions, take: (socket: WebSocket) => Taken): Promise<Taken> {
  const { url, token, headers, tls, timeoutMs = LIMITS.handshakeMs, signal } = options;
  return new Promise((resolve, reject) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, {
        ...wsLimits(LIMITS.replyFrameBytes),
        ...(tls ?? {}),
        headers: { ...headers, Authorization: `Bearer ${token}` },
        handshakeTimeout: timeoutMs,
        followRedirects: false,
        minVersion: 'TLSv1.3',
      });
    } catch (error) {
      reject(unreachableNode(url, error));
      return;
    }
    const abort = (): void => socket.terminate();
    const settled = (): void => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('upgrade', (response) => rememberCarrier(socket, response.socket, true));
    let status = 0;
    socket.once('unexpected-response', (request, response) => {
      status = response.statusCode ?? 0;
      request.destroy();
      settled();
      reject(refusedBy(url, status));
    });
    socket.on('error', (error) => {
      settled();
      // After the opening this settles nothing any more, and the one who took the socket listens as well.
      reject(status === 0 ? unreachableNode(url, error) : refusedBy(url, status));
    });
    socket.once('open', () => {
      settled();
      resolve(take(socket));
    });
  });
}

function unreachableNode(url: string, error: unknown): RpcError {
  const reason = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  return new RpcError('NO_QUORUM', { detail: `cannot reach ${url}: ${reason}` });
}

const KIND_BY_STATUS: ReadonlyMap<number, ErrorKind> = new Map([
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
  [503, 'OVERLOADED'],
]);

function refusedBy(url: string, status: number): RpcError {
  const kind = KIND_BY_STATUS.get(status) ?? 'NO_QUORUM';
  return new RpcError(kind, { detail: `${url} refused the connection (HTTP ${status})` });
}
