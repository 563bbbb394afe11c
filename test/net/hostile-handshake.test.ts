import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/net/connect.ts';
import { InsecureListenError, listen } from '../../src/net/server.ts';
import { CLUSTER, FakeNode, MEMBERS, TOKENS } from '../support/fake-node.ts';
import { RawClient, upgradeRequest } from '../support/raw-client.ts';

let node: FakeNode;
const raw: RawClient[] = [];

beforeEach(async () => {
  node = await FakeNode.start({ serverLimits: { handshakeMs: 500 } });
});

/** Whatever was tried: the node serves an honest client afterwards, and no handler met a bug. */
afterEach(async () => {
  expect(await (await node.client()).request('kv.put', { key: 'after', value: '' })).toMatchObject({ term: 1 });
  expect(node.bugs).toEqual([]);
  for (const client of raw.splice(0)) client.destroy();
  await node.stop();
});

async function dialRaw(): Promise<RawClient> {
  const client = await RawClient.connect(node.server.port);
  raw.push(client);
  return client;
}

async function say(text: string): Promise<RawClient> {
  const client = await dialRaw();
  client.write(text);
  await client.closed;
  return client;
}

const upgrade = (headers: Readonly<Record<string, string | null>>, path?: string): Promise<RawClient> =>
  say(upgradeRequest(node.server.port, headers, path));

describe('a handshake is refused', () => {
  it.each([
    ['from a web page', { Origin: 'http://evil.example' }, 403],
    ['from a file or sandbox of a browser', { Origin: 'null' }, 403],
    ['with the metadata of a browser', { 'Sec-Fetch-Mode': 'websocket' }, 403],
    ['to a rebound name', { Host: 'evil.test:80' }, 403],
    ['to a name that only begins well', { Host: '127.0.0.1.evil.test' }, 403],
    ['without a token', { Authorization: null }, 401],
    ['with a wrong token', { Authorization: 'Bearer wrong' }, 401],
    ['with an empty token', { Authorization: 'Bearer ' }, 401],
    ['with another scheme', { Authorization: `Basic ${TOKENS.client}` }, 401],
    ['with a body', { 'Content-Length': '5' }, 400],
    ['with a chunked body', { 'Transfer-Encoding': 'chunked' }, 400],
    ['with more headers than anyone needs', Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'y'])), 431],
    ['without a key', { 'Sec-WebSocket-Key': null }, 400],
    ['of another version', { 'Sec-WebSocket-Version': '7' }, 400],
  ])('%s', async (_, headers, status) => {
    const client = await upgrade(headers);
    expect(client.status).toBe(status);
    expect(client.text).not.toContain('jsonrpc');
  });

  it('with the token in the url', async () => {
    const client = await upgrade({ Authorization: null }, `/?token=${TOKENS.client}`);
    expect(client.status).toBe(404);
    expect(client.text).not.toContain(TOKENS.client);
  });

  it('on another path', async () => {
    expect((await upgrade({}, '/admin')).status).toBe(404);
  });

  it('with 2,000 headers', async () => {
    const many = Array.from({ length: 2_000 }, () => 'a:').join('\r\n');
    expect((await say(`GET / HTTP/1.1\r\n${many}\r\n\r\n`)).status).not.toBe(101);
  });

  it('with a header of 9 KiB', async () => {
    const client = await upgrade({ 'X-Long': 'x'.repeat(9 * 1_024) });
    expect(client.status).not.toBe(101);
  });
});

describe('a peer is refused', () => {
  const good = {
    Authorization: `Bearer ${TOKENS.peer}`,
    'X-RaftKV-Cluster': CLUSTER,
    'X-RaftKV-Node': 'n2',
    'X-RaftKV-Target': 'n1',
  };
  it.each([
    ['that withholds its vote where this node does not', { ...good, 'X-RaftKV-Leases': 'on' }],
    ['of another cluster', { ...good, 'X-RaftKV-Cluster': CLUSTER.replace('0', '1') }],
    ['that meant another node', { ...good, 'X-RaftKV-Target': 'n3' }],
    ['that is not a member', { ...good, 'X-RaftKV-Node': 'n9' }],
    ['that takes this node for itself', { ...good, 'X-RaftKV-Node': 'n1' }],
    ['that names nobody', { ...good, 'X-RaftKV-Node': null }],
  ])('%s', async (_, headers) => {
    expect((await upgrade(headers)).status).toBe(403);
  });
});

describe('what is no handshake', () => {
  it.each(['GET', 'POST', 'PUT', 'OPTIONS'])('%s is told what this port speaks', async (method) => {
    const client = await say(`${method} / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}`);
    expect(client.status).toBe(426);
    expect(client.text).toContain('docs/protocol.md');
  });

  it.each(['\x16\x03\x01\x02\x00\x01\x00', '{"jsonrpc":"2.0"}\n', 'GET /\r\n\r\n', '\0'.repeat(100)])(
    '%j is cut off',
    async (bytes) => {
      expect((await say(bytes)).status).not.toBe(101);
    },
  );

  it('is cut off when it comes a byte at a time', async () => {
    const client = await dialRaw();
    const request = upgradeRequest(node.server.port);
    let sent = 0;
    // Each byte is sent when the one before has left, but never the last one.
    const drip = (): void => {
      if (sent < request.length - 1 && !client.socket.destroyed)
        client.socket.write(request.charAt(sent), () => setImmediate(drip));
      sent += 1;
    };
    drip();
    await client.closed;
    expect(client.status).not.toBe(101);
  });

  it('may be 500 idle sockets: the oldest leave, and an honest client gets in', async () => {
    const small = await FakeNode.start({ serverLimits: { connections: 40, unauthenticatedSockets: 8 } });
    const idle: RawClient[] = [];
    for (let i = 0; i < 500; i += 1) idle.push(await RawClient.connect(small.server.port));
    const client = await small.client();
    expect(await client.request('kv.put', { key: 'k', value: 'v' })).toMatchObject({ term: 1 });
    for (const { socket } of idle) socket.destroy();
    await small.stop();
  });

  it('may be idle sockets that stay: their time runs out', async () => {
    const idle = await Promise.all(Array.from({ length: 20 }, dialRaw));
    await Promise.all(idle.map(({ closed }) => closed));
  });
});

describe('room', () => {
  it('runs out for clients, not for those inside', async () => {
    const small = await FakeNode.start({ serverLimits: { connections: 33 } });
    const first = await small.client();
    await expect(small.client()).rejects.toMatchObject({ kind: 'OVERLOADED', outcome: 'definite' });
    expect(await first.request('kv.put', { key: 'k', value: 'v' })).toMatchObject({ term: 1 });
    await small.stop();
  });
});

describe('a client learns why it was refused', () => {
  it.each([
    ['wrong', 'UNAUTHENTICATED'],
    [TOKENS.peer, 'FORBIDDEN'],
  ])('token %s: %s', async (token, kind) => {
    await expect(connect({ url: node.url, token }, { handlers: new Map(), log: () => {} })).rejects.toMatchObject({ kind });
  });

  it('nobody listens: definite, nothing was sent', async () => {
    const gone = await FakeNode.start();
    await gone.stop();
    const dialled = connect({ url: gone.url, token: TOKENS.client }, { handlers: new Map(), log: () => {} });
    await expect(dialled).rejects.toMatchObject({ kind: 'NO_QUORUM', outcome: 'definite' });
  });
});

describe('listening', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.org'])('on %s needs TLS', async (host) => {
    const options = {
      self: MEMBERS[0] ?? node.service.id,
      clusterId: CLUSTER,
      members: MEMBERS,
      tokens: TOKENS,
      hostNames: [],
      host,
      port: 0,
      tls: null,
      log: () => {},
      onConnection: () => {},
    };
    await expect(listen(options)).rejects.toBeInstanceOf(InsecureListenError);
  });
});
