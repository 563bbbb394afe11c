import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { nodeId } from '../../src/base/brand.ts';
import { connect, type DialOptions, dial } from '../../src/net/connect.ts';
import { type Identity, PEER_HEADERS } from '../../src/net/handshake.ts';
import { RpcSocket } from '../../src/net/rpc-socket.ts';
import { listen, type WireServer } from '../../src/net/server.ts';
import { CLUSTER, MEMBERS, TOKENS } from '../support/fake-node.ts';
import { RawClient } from '../support/raw-client.ts';

/** Made for these tests alone, by an authority whose key was thrown away. */
const pem = (name: string): string => readFileSync(new URL(`fixtures/${name}.pem`, import.meta.url), 'utf8');
const ca = pem('ca');
const member = (id: string): { ca: string; cert: string; key: string } => ({ ca, cert: pem(id), key: pem(`${id}.key`) });

let server: WireServer;
const identities: Identity[] = [];
const echo = new Map([['echo', (params: unknown) => params]]);

beforeEach(async () => {
  server = await listen({
    self: nodeId('n1'),
    clusterId: CLUSTER,
    members: MEMBERS,
    tokens: TOKENS,
    hostNames: [],
    host: '127.0.0.1',
    port: 0,
    tls: member('n1'),
    log: () => {},
    limits: { handshakeMs: 200 },
    onConnection: (socket: WebSocket, identity) => {
      identities.push(identity);
      new RpcSocket(socket, { role: identity.role, handlers: echo, log: () => {} });
    },
  });
});

afterEach(async () => {
  identities.length = 0;
  await server.close();
});

const url = (): string => `wss://127.0.0.1:${server.port}/`;

/** The first call must come back; the connection is closed then. */
async function call(options: Omit<DialOptions, 'url'>): Promise<unknown> {
  const socket = await connect({ url: url(), ...options }, { handlers: new Map(), log: () => {} });
  const answer = await socket.request('echo', { n: 1 });
  socket.terminate();
  return answer;
}

function callAsPeer(node: string, tls: NonNullable<DialOptions['tls']>): Promise<RpcSocket> {
  const headers = { [PEER_HEADERS.cluster]: CLUSTER, [PEER_HEADERS.node]: node, [PEER_HEADERS.target]: 'n1' };
  const take = (socket: WebSocket): RpcSocket => new RpcSocket(socket, { role: 'peer', handlers: new Map(), log: () => {} });
  return dial({ url: url(), token: TOKENS.peer, headers, tls }, take);
}

describe('under TLS', () => {
  it('a client needs the authority and its token, no certificate', async () => {
    expect(await call({ token: TOKENS.client, tls: { ca } })).toEqual({ n: 1 });
    await expect(call({ token: 'wrong', tls: { ca } })).rejects.toMatchObject({ kind: 'UNAUTHENTICATED' });
  });

  it('a client that does not know the authority does not talk', async () => {
    await expect(call({ token: TOKENS.client })).rejects.toMatchObject({ kind: 'NO_QUORUM', outcome: 'definite' });
    expect(identities).toEqual([]);
  });

  it('an admitted client stays longer than a stranger may', async () => {
    const socket = await connect({ url: url(), token: TOKENS.client, tls: { ca } }, { handlers: new Map(), log: () => {} });
    // Nothing tells when the time of strangers is up but a stranger's end.
    await (await RawClient.connect(server.port)).closed;
    expect(await socket.request('echo', { n: 2 })).toEqual({ n: 2 });
    socket.terminate();
  });

  it('a peer proves its id by certificate', async () => {
    const socket = await callAsPeer('n2', member('n2'));
    expect(identities).toEqual([{ role: 'peer', node: 'n2' }]);
    socket.terminate();
  });

  it.each([
    ['without a certificate', 'n2', { ca }],
    ['with the certificate of another member', 'n3', member('n2')],
  ])('a peer %s is refused', async (_, node, tls) => {
    await expect(callAsPeer(node, tls)).rejects.toMatchObject({ kind: 'FORBIDDEN' });
    expect(identities).toEqual([]);
  });
});
