import type { WebSocket } from 'ws';
import { type NodeId, nodeId } from '../../src/base/brand.ts';
import { clientHandlers } from '../../src/net/client-api.ts';
import { connect } from '../../src/net/connect.ts';
import { type Fate, Forwarder } from '../../src/net/forwarder.ts';
import type { Identity } from '../../src/net/handshake.ts';
import type { Intake } from '../../src/net/intake.ts';
import type { RpcLimits } from '../../src/net/rpc-limits.ts';
import { type Handler, RpcSocket } from '../../src/net/rpc-socket.ts';
import { listen, type ServerLimits, type WireServer } from '../../src/net/server.ts';
import { FakeService } from './fake-service.ts';

export const TOKENS = { client: 'client-secret', admin: 'admin-secret', peer: 'peer-secret' } as const;
export const CLUSTER = '0123456789abcdef0123456789abcdef';
export const MEMBERS: readonly NodeId[] = ['n1', 'n2', 'n3'].map(nodeId);

export interface FakeNodeOptions {
  readonly id?: string;
  readonly serverLimits?: Partial<ServerLimits>;
  readonly rpcLimits?: Partial<RpcLimits>;
  readonly intake?: Intake;
  readonly fate?: (from: NodeId, to: NodeId) => Fate;
  readonly onPeer?: (node: NodeId, socket: WebSocket) => void;
  readonly handlers?: ReadonlyMap<string, Handler>;
}

/** A real server on 127.0.0.1 with the real network edge, in front of a fake store. */
export class FakeNode {
  readonly service: FakeService;
  readonly server: WireServer;
  readonly accepted: RpcSocket[];
  readonly bugs: unknown[];
  readonly #forwarder: Forwarder;
  readonly #clients: RpcSocket[] = [];

  private constructor(service: FakeService, server: WireServer, accepted: RpcSocket[], bugs: unknown[], forwarder: Forwarder) {
    this.service = service;
    this.server = server;
    this.accepted = accepted;
    this.bugs = bugs;
    this.#forwarder = forwarder;
  }

  static async start(options: FakeNodeOptions = {}): Promise<FakeNode> {
    const self = nodeId(options.id ?? 'n1');
    const service = new FakeService(self);
    const log = () => {};
    const fate = options.fate ?? (() => ({ delaysMs: [0] }));
    const forwarder = new Forwarder({ self, token: TOKENS.client, tls: null, fate, log });
    const handlers = options.handlers ?? clientHandlers({ self, service, admin: service, forwarder });
    const accepted: RpcSocket[] = [];
    const bugs: unknown[] = [];
    const onConnection = (socket: WebSocket, identity: Identity): void => {
      if (identity.role === 'peer') {
        if (options.onPeer === undefined) socket.terminate();
        else options.onPeer(identity.node, socket);
        return;
      }
      const { role } = identity;
      const limits = options.rpcLimits ?? {};
      const intake = options.intake === undefined ? {} : { intake: options.intake };
      accepted.push(new RpcSocket(socket, { role, handlers, limits, ...intake, log, onBug: (error) => bugs.push(error) }));
    };
    const server = await listen({
      self,
      clusterId: CLUSTER,
      members: MEMBERS,
      tokens: TOKENS,
      hostNames: [],
      host: '127.0.0.1',
      port: 0,
      tls: null,
      log,
      onConnection,
      limits: options.serverLimits ?? {},
    });
    const node = new FakeNode(service, server, accepted, bugs, forwarder);
    service.known = { id: self, url: node.url };
    return node;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.server.port}/`;
  }

  /** An honest client; closed with the node. */
  async client(role: 'client' | 'admin' = 'client', handlers: ReadonlyMap<string, Handler> = new Map()): Promise<RpcSocket> {
    const socket = await connect({ url: this.url, token: TOKENS[role] }, { handlers, log: () => {} });
    this.#clients.push(socket);
    return socket;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.terminate();
    this.#forwarder.close();
    await this.server.close();
  }
}
