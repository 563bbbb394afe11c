/** The listening side: one port for clients, admins and peers, hard to hold up and closed to web pages. */
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { LIMITS } from '../base/limits.ts';
import { bindTo } from './bind.ts';
import { rememberCarrier, writeWaitingFrames } from './carrier.ts';
import { Handshake, type HandshakeRules, type Identity } from './handshake.ts';
import type { WireLog } from './rpc-socket.ts';
import { wsLimits } from './ws-limits.ts';

// An import statement would read every export of the module, among them a getter that loads a whole HTTP client: 40 ms a start.
const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');

export interface TlsFiles {
  /** PEM text. Peers must show a certificate of this authority. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface ServerLimits {
  readonly handshakeMs: number;
  readonly connections: number;
  readonly unauthenticatedSockets: number;
}

export interface WireServerOptions extends Omit<HandshakeRules, 'peerCertificates'> {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: TlsFiles | null;
  readonly limits?: Partial<ServerLimits>;
  readonly log: WireLog;
  /** Must take over the socket before it returns: frames may follow at once. */
  readonly onConnection: (socket: WebSocket, identity: Identity) => void;
}

/** Asked to listen where others on the network could read along. */
export class InsecureListenError extends Error {
  override readonly name = 'InsecureListenError';
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];
/** Connections that only peers may use, so that a crowd of clients cannot cut a cluster apart. */
const RESERVED_FOR_PEERS = 32;
const LOGGED_REFUSALS = 20;
const GOING_AWAY = 1001;
const CLOSE_MS = 1_000;
const BACKLOG = 511;

/** Resolves once the port listens. Rejects with InsecureListenError, or the system's own error (EADDRINUSE). */
export async function listen(options: WireServerOptions): Promise<WireServer> {
  if (options.tls === null && !LOOPBACK.includes(options.host)) {
    throw new InsecureListenError(`refusing to listen on ${options.host} without TLS: give certFile, keyFile and caFile`);
  }
  const server = new WireServer(options);
  await server.start();
  return server;
}

export class WireServer {
  readonly #options: WireServerOptions;
  readonly #limits: ServerLimits;
  readonly #handshake: Handshake;
  readonly #http: Server;
  readonly #clients = new WebSocketServer({ noServer: true, clientTracking: false, ...wsLimits(LIMITS.frameBytes) });
  readonly #peers = new WebSocketServer({ noServer: true, clientTracking: false, ...wsLimits(LIMITS.peerFrameBytes) });
  readonly #open = new Set<WebSocket>();
  /** In order of arrival, by address: under TLS the socket that arrives is not the one that asks. */
  readonly #strangers = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>();
  #port = 0;
  #clientCount = 0;
  #closing = false;
  #refusals = 0;
  #refusalsSince = 0;

  constructor(options: WireServerOptions) {
    this.#options = options;
    const { host, tls } = options;
    this.#limits = {
      handshakeMs: LIMITS.handshakeMs,
      connections: LIMITS.connections,
      unauthenticatedSockets: LIMITS.unauthenticatedSockets,
      ...options.limits,
    };
    this.#handshake = new Handshake({
      ...options,
      hostNames: [...options.hostNames, host.includes(':') ? `[${host}]` : host.toLowerCase()],
      peerCertificates: tls !== null,
    });
    this.#http = this.#createHttp(tls);
  }

  /** The port that was bound; 0 before. */
  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#open.size;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      const listening = (): void => {
        this.#http.off('error', reject);
        this.#port = (this.#http.address() as AddressInfo).port;
        this.#http.on('error', (error) => this.#options.log('error', 'server error', { error: error.message }));
        resolve();
      };
      const { host, port } = this.#options;
      const bound = bindTo(host, port);
      if (bound === null) this.#http.listen({ host, port, backlog: BACKLOG }, listening);
      else this.#http.listen(bound, BACKLOG, listening);
    });
  }

  /** Says goodbye to all, cuts who does not answer, frees the port. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    for (const { socket } of [...this.#strangers.values()]) socket.destroy();
    writeWaitingFrames();
    for (const socket of this.#open) socket.close(GOING_AWAY, 'the node is shutting down');
    const cut = setTimeout(() => {
      for (const socket of this.#open) socket.terminate();
      this.#http.closeAllConnections();
    }, CLOSE_MS);
    await closed;
    clearTimeout(cut);
  }

  #createHttp(tls: TlsFiles | null): Server {
    const { handshakeMs, connections, unauthenticatedSockets } = this.#limits;
    const httpOptions: ServerOptions = {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      connectionsCheckingInterval: Math.min(1_000, handshakeMs),
      keepAlive: true,
      noDelay: true,
    };
    const answer = (request: IncomingMessage) => this.#answerPlain(request);
    const http =
      tls === null
        ? createServer(httpOptions, answer)
        : process
            .getBuiltinModule('node:https')
            .createServer(
              { ...httpOptions, ...tls, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false },
              answer,
            );
    http.maxConnections = connections + unauthenticatedSockets;
    http.on('connection', (socket: Socket) => this.#arrived(socket));
    http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    http.on('clientError', (_error, socket) => socket.destroy());
    return http;
  }

  /** Until it has shown a token a socket is a stranger: few of them, for a short time, the oldest leaves first. */
  #arrived(socket: Socket): void {
    // A reset by the other end is its own affair.
    socket.on('error', () => {});
    if (this.#closing) {
      socket.destroy();
      return;
    }
    const address = addressOf(socket);
    this.#strangers.set(address, { socket, timer: setTimeout(() => socket.destroy(), this.#limits.handshakeMs) });
    socket.once('close', () => this.#known(address));
    if (this.#strangers.size <= this.#limits.unauthenticatedSockets) return;
    const [oldest] = this.#strangers.values();
    oldest?.socket.destroy();
  }

  #known(address: string): void {
    clearTimeout(this.#strangers.get(address)?.timer);
    this.#strangers.delete(address);
  }

  #answerPlain(request: IncomingMessage): void {
    refuseHttp(request.socket, 426, 'this port speaks JSON-RPC 2.0 over WebSocket; see docs/protocol.md', {
      Upgrade: 'websocket',
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the WebSocket takes over, nobody else listens; under TLS this is another socket than the one that arrived.
    socket.on('error', () => {});
    const verdict = this.#handshake.judge(request);
    if (!verdict.ok) {
      this.#noteRefusal(verdict.status, verdict.hint);
      refuseHttp(socket, verdict.status, verdict.hint, verdict.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {});
      return;
    }
    const isPeer = verdict.identity.role === 'peer';
    if (this.#closing || (!isPeer && this.#clientCount >= this.#limits.connections - RESERVED_FOR_PEERS)) {
      refuseHttp(socket, 503, 'no room for more connections', { 'Retry-After': '1' });
      return;
    }
    const server = isPeer ? this.#peers : this.#clients;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#known(addressOf(request.socket));
      rememberCarrier(webSocket, socket, false);
      this.#admit(webSocket, verdict.identity);
    });
  }

  /** A few lines a minute tell that someone knocks; a flood of them would only fill the disk. */
  #noteRefusal(status: number, hint: string): void {
    const now = performance.now();
    if (now - this.#refusalsSince > 60_000) {
      this.#refusalsSince = now;
      this.#refusals = 0;
    }
    this.#refusals += 1;
    if (this.#refusals <= LOGGED_REFUSALS) this.#options.log('info', 'handshake refused', { status, hint });
  }

  #admit(webSocket: WebSocket, identity: Identity): void {
    const counts = identity.role === 'peer' ? 0 : 1;
    this.#open.add(webSocket);
    this.#clientCount += counts;
    webSocket.once('close', () => {
      this.#open.delete(webSocket);
      this.#clientCount -= counts;
    });
    this.#options.onConnection(webSocket, identity);
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** An answer in plain HTTP, the last one on this socket. */
function refuseHttp(socket: Duplex, status: number, hint: string, headers: Readonly<Record<string, string>> = {}): void {
  const body = `${hint}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
