import { afterEach, describe, expect, it } from 'vitest';
import { logIndex, type NodeId, nodeId, term } from '../../src/base/brand.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { dial } from '../../src/net/connect.ts';
import { PEER_HEADERS } from '../../src/net/handshake.ts';
import { PeerTransport } from '../../src/net/peer-transport.ts';
import { RpcSocket } from '../../src/net/rpc-socket.ts';
import type { Message } from '../../src/raft/messages.ts';
import { CLUSTER, FakeNode, TOKENS } from '../support/fake-node.ts';

const [n1, n2] = [nodeId('n1'), nodeId('n2')];

/** Waits for things that are told by callbacks, in whatever order they come. */
class Happenings {
  readonly seen: string[] = [];
  #waiting: { readonly wanted: string; readonly resolve: () => void }[] = [];

  add(what: string): void {
    this.seen.push(what);
    for (const { resolve } of this.#waiting.filter(({ wanted }) => wanted === what)) resolve();
    this.#waiting = this.#waiting.filter(({ wanted }) => wanted !== what);
  }

  /** The next time from now on. */
  next(wanted: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ wanted, resolve }));
  }
}

interface Member {
  readonly node: FakeNode;
  readonly transport: PeerTransport;
  readonly told: Happenings;
  readonly messages: Message[];
}

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** The listening half of a member; what comes back makes the other half, which needs to know where the peers listen. */
async function member(
  id: NodeId,
  peers: () => readonly { id: NodeId; url: string }[],
  urls = new Map<NodeId, string>(),
  random: Random = seededRandom(1),
): Promise<() => Member> {
  const told = new Happenings();
  const messages: Message[] = [];
  let transport: PeerTransport | null = null;
  const node = await FakeNode.start({ id, onPeer: (from, socket) => transport?.accept(from, socket) });
  urls.set(id, node.url);
  stops.push(async () => {
    transport?.close();
    await node.stop();
  });
  return () => {
    transport = new PeerTransport({
      self: id,
      clusterId: CLUSTER,
      token: TOKENS.peer,
      peers: peers(),
      tls: null,
      random,
      log: (_level, message, detail) => {
        if (message === 'peer not reached') told.add(`not reached ${detail?.['peer']}`);
      },
      onMessage: (message) => {
        messages.push(message);
        told.add('message');
      },
      onPeerOpen: (peer) => told.add(`open ${peer}`),
      onReached: (peers) => told.add(`reached ${peers}`),
      onPeerClosed: (peer) => told.add(`closed ${peer}`),
    });
    return { node, transport, told, messages };
  };
}

/** Two members that have found each other; `restart` makes the second anew, as after a crash. */
async function pair(): Promise<{ a: Member; b: Member; restart: () => Member }> {
  const urls = new Map<NodeId, string>();
  const address = (id: NodeId): { id: NodeId; url: string }[] => [{ id, url: urls.get(id) ?? '' }];
  const makeA = await member(n1, () => address(n2), urls);
  const makeB = await member(n2, () => address(n1), urls);
  const [a, b] = [makeA(), makeB()];
  const opened = [a.told.next('open n2'), b.told.next('open n1')];
  a.transport.start();
  b.transport.start();
  await Promise.all(opened);
  return { a, b, restart: makeB };
}

const timeoutNow = (from: NodeId, to: NodeId): Message => ({ type: 'timeout-now', from, to, term: term(3) });

describe('two members', () => {
  it('exchange messages both ways, each over its own connection', async () => {
    const { a, b } = await pair();
    const arrivals = [a.told.next('message'), b.told.next('message')];
    a.transport.send(timeoutNow(n1, n2));
    b.transport.send(timeoutNow(n2, n1));
    await Promise.all(arrivals);
    expect(b.messages).toEqual([timeoutNow(n1, n2)]);
    expect(a.messages).toEqual([timeoutNow(n2, n1)]);
    expect(a.transport.links()).toMatchObject([{ peer: n2, connected: true, queuedBytes: expect.any(Number) }]);
  });

  it('know that they are heard once both connections are open', async () => {
    const urls = new Map<NodeId, string>();
    const address = (id: NodeId): { id: NodeId; url: string }[] => [{ id, url: urls.get(id) ?? '' }];
    const makeA = await member(n1, () => address(n2), urls);
    const makeB = await member(n2, () => address(n1), urls);
    const [a, b] = [makeA(), makeB()];
    const reached = [a.told.next('reached 1'), b.told.next('reached 1')];
    a.transport.start();
    await Promise.all(reached);
    expect(a.told.seen.indexOf('open n2')).toBeLessThan(a.told.seen.indexOf('reached 1'));
  });

  it('keep the order', async () => {
    const { a, b } = await pair();
    const sent = Array.from(
      { length: 50 },
      (_, i): Message => ({
        type: 'append-reply',
        from: n1,
        to: n2,
        term: term(1),
        matched: logIndex(i),
        hint: { index: logIndex(i), term: term(1) },
        readRound: i,
      }),
    );
    for (const message of sent) a.transport.send(message);
    while (b.messages.length < sent.length) await b.told.next('message');
    expect(b.messages).toEqual(sent);
  });

  it('tell a loss once, and find each other again when one comes back', async () => {
    const { a, b, restart } = await pair();
    const lost = a.told.next('closed n2');
    b.transport.close();
    await lost;
    const revived = restart();
    const [found, arrived] = [a.told.next('open n2'), revived.told.next('message')];
    revived.transport.start();
    await found;
    a.transport.send(timeoutNow(n1, n2));
    await arrived;
    expect(a.told.seen.filter((what) => what === 'closed n2')).toHaveLength(1);
  });

  it('replace a connection by a newer one of the same peer, which is no loss', async () => {
    const { a, restart } = await pair();
    const second = restart();
    const opened = second.told.next('open n1');
    second.transport.start();
    await opened;
    const arrived = a.told.next('message');
    second.transport.send(timeoutNow(n2, n1));
    await arrived;
    expect(a.told.seen).not.toContain('closed n2');
    second.transport.close();
  });

  it('dial a peer at once that has dialled them, however long they meant to wait', async () => {
    const urls = new Map<NodeId, string>();
    // Draws that make every wait between attempts longer than any test.
    const patient: Random = { ...seededRandom(1), next: () => 1e6, fork: () => patient };
    const peers = [{ id: n2, url: 'ws://127.0.0.1:9/' }];
    const makeA = await member(n1, () => peers, urls, patient);
    const makeB = await member(n2, () => [{ id: n1, url: urls.get(n1) ?? '' }], urls);
    const a = makeA();
    const failed = a.told.next('not reached n2');
    a.transport.start();
    await failed;
    (peers[0] as { url: string }).url = urls.get(n2) ?? '';
    const opened = a.told.next('open n2');
    makeB().transport.start();
    await opened;
  });

  it('drop what cannot be sent, without a word', async () => {
    const make = await member(n1, () => [{ id: n2, url: 'ws://127.0.0.1:9/' }]);
    const alone = make();
    alone.transport.start();
    alone.transport.send(timeoutNow(n1, n2));
    expect(alone.transport.links()).toEqual([{ peer: n2, connected: false, rttMs: null, queuedBytes: 0 }]);
  });

  it('never send to themselves', async () => {
    const { a } = await pair();
    expect(() => a.transport.send(timeoutNow(n1, n1))).toThrow('stranger');
  });
});

describe('a bad peer', () => {
  async function intruder(): Promise<{ a: Member; socket: RpcSocket; closed: Promise<number> }> {
    const { a } = await pair();
    const closed = Promise.withResolvers<number>();
    const headers = { [PEER_HEADERS.cluster]: CLUSTER, [PEER_HEADERS.node]: 'n2', [PEER_HEADERS.target]: 'n1' };
    const socket = await dial(
      { url: a.node.url, token: TOKENS.peer, headers },
      (open) =>
        new RpcSocket(open, { role: 'peer', handlers: new Map(), log: () => {}, onClose: (code) => closed.resolve(code) }),
    );
    stops.push(async () => socket.terminate());
    return { a, socket, closed: closed.promise };
  }

  const vote = { from: 'n2', to: 'n1', term: 2, lastLogIndex: 1, lastLogTerm: 1, preVote: false, transfer: false };
  const append = {
    from: 'n2',
    to: 'n1',
    term: 2,
    prevLogIndex: 1,
    prevLogTerm: 1,
    entries: [[2, 5, 'x']],
    leaderCommit: 1,
    readRound: 0,
  };

  const piece = {
    from: 'n2',
    to: 'n1',
    term: 2,
    lastIncludedIndex: 9,
    lastIncludedTerm: 2,
    sizeBytes: 100,
    hash: 'ab'.repeat(32),
    offset: 0,
    data: 'QUJD',
  };

  it.each([
    ['a term of 2^53', 'raft.requestVote', { ...vote, term: 2 ** 53 }],
    ['a negative term', 'raft.requestVote', { ...vote, term: -1 }],
    ['a term that is text', 'raft.requestVote', { ...vote, term: '2' }],
    ['a message of another node', 'raft.requestVote', { ...vote, from: 'n3' }],
    ['a message for another node', 'raft.requestVote', { ...vote, to: 'n3' }],
    ['an extra member', 'raft.requestVote', { ...vote, x: 1 }],
    [
      'entries that go back in term',
      'raft.appendEntries',
      {
        ...append,
        entries: [
          [2, 5, 'x'],
          [1, 5, 'y'],
        ],
      },
    ],
    ['an entry ahead of the term', 'raft.appendEntries', { ...append, entries: [[3, 5, 'x']] }],
    ['an entry that is no tuple', 'raft.appendEntries', { ...append, entries: [{ index: 9, term: 2 }] }],
    ['too many entries', 'raft.appendEntries', { ...append, entries: Array.from({ length: 1_025 }, () => [2, 5]) }],
    ['an entry that is no Unicode', 'raft.appendEntries', { ...append, entries: [[2, 5, '\ud800']] }],
    ['an index at the end of numbers', 'raft.appendEntries', { ...append, prevLogIndex: Number.MAX_SAFE_INTEGER }],
    ['a snapshot of a terabyte', 'raft.installSnapshot', { ...piece, sizeBytes: 2 ** 40 }],
    ['a piece beyond its snapshot', 'raft.installSnapshot', { ...piece, offset: 100 }],
    ['a piece over its size', 'raft.installSnapshot', { ...piece, sizeBytes: 1e6, data: 'A'.repeat(90_000) }],
    ['a piece that is no base64', 'raft.installSnapshot', { ...piece, data: 'no base64!' }],
  ])('loses its connection over %s', async (_, method, params) => {
    const { a, socket, closed } = await intruder();
    socket.notify(method, params);
    expect(await closed).toBe(1008);
    expect(a.messages).toEqual([]);
  });

  it('has no other methods', async () => {
    const { a, socket } = await intruder();
    socket.notify('raft.addServer', { from: 'n2', to: 'n1', term: 2 });
    socket.notify('kv.put', { key: 'k', value: 'v' });
    const arrived = a.told.next('message');
    socket.notify('raft.requestVote', vote);
    await arrived;
    expect(a.messages).toHaveLength(1);
    expect(a.node.service.proposed).toEqual([]);
  });
});
