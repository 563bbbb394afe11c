/**
 * How quick is the wire? `npm run bench:wire -- [--calls 20000]`: a server process with the real network edge
 * in front of no store at all, the client in this process, gets and puts over one connection for each client and over fewer.
 * Then the cost of the frame check and of the peer codec alone. Processor time tells more than rates: it is counted once the
 * code is warm, over a number of calls and not a time.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { clusterTime, logIndex, nodeId, revision, term } from '../src/base/brand.ts';
import { RaftKvClient } from '../src/cluster/client/client.ts';
import type { Command, KeyValue } from '../src/kv/commands.ts';
import { clientHandlers } from '../src/net/client-api.ts';
import type { Succeed } from '../src/net/later.ts';
import { RpcSocket } from '../src/net/rpc-socket.ts';
import { listen } from '../src/net/server.ts';
import type { AdminService, Applied, KvService } from '../src/net/service.ts';
import { realClock } from '../src/node/real-clock.ts';
import type { AppendRequest, Entry } from '../src/raft/messages.ts';
import { checkParams } from '../src/wire/check.ts';
import { CLIENT_FRAMES, guardFrame, PEER_FRAMES } from '../src/wire/guard.ts';
import { decodeMessage, encodeMessage } from '../src/wire/raft-codec.ts';
import { argumentsOf } from './arguments.ts';

const { values, positionals } = argumentsOf(import.meta.filename, { calls: { type: 'string', default: '20000' } });
const CALLS = Number(values.calls);
/** Clients, and connections between them. */
const LOADS = [
  [1, 1],
  [64, 64],
  [256, 256],
  [64, 1],
  [256, 16],
] as const;
const TOKEN = 'bench';
const VALUE = 'v'.repeat(256);
const put = { key: 'key-000000000001', value: VALUE, session: 12, sequence: 3, acknowledged: 2 };

async function serve(): Promise<void> {
  const self = nodeId('n1');
  const at = { index: logIndex(1), term: term(1) };
  const kv: KeyValue = { key: put.key, value: VALUE, createRevision: revision(1), modRevision: revision(1), version: 1 };
  const replies = { put: { type: 'put', revision: revision(1) }, session: { type: 'session', session: 1 } } as const;
  const service = {
    // As a replica does it: all that arrived in this turn is answered in a later one.
    propose: ({ type }: Command, _deadlineMs: number, succeed: Succeed<Applied>) =>
      realClock.soon(() => succeed({ reply: type === 'open-session' ? replies.session : replies.put, at })),
    read: (_deadlineMs: number, _path: unknown, succeed: () => void) => realClock.soon(succeed),
    get: () => kv,
    revision: () => 1,
    leader: () => ({ id: self, url: '' }),
  } as unknown as KvService;
  const forwarder = { call: () => Promise.reject(new Error('unused')) };
  const handlers = clientHandlers({ self, service, admin: {} as AdminService, forwarder });
  const server = await listen({
    self,
    clusterId: 'c',
    members: [self],
    tokens: { client: TOKEN, admin: `${TOKEN}-a`, peer: `${TOKEN}-p` },
    hostNames: [],
    host: '127.0.0.1',
    port: 0,
    tls: null,
    log: () => {},
    onConnection: (socket) => void new RpcSocket(socket, { role: 'client', handlers, log: () => {} }),
  });
  process.send?.(server.port);
  process.on('message', () => process.send?.(cpuMicros()));
  process.on('disconnect', () => process.exit());
}

/** CPU time of this process so far: on a machine with other work it tells more than the rate. */
function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function answerOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.once('message', (message) => resolve(Number(message))));
}

async function serverMicros(child: ChildProcess): Promise<number> {
  const answer = answerOf(child);
  child.send('cpu');
  return answer;
}

async function measure(
  child: ChildProcess,
  port: number,
  method: 'get' | 'put',
  clients: number,
  connections: number,
): Promise<void> {
  const endpoints = [`ws://127.0.0.1:${port}/`];
  const kvs = Array.from({ length: connections }, () => new RaftKvClient({ endpoints, token: TOKEN }));
  const run = async (calls: number): Promise<void> => {
    let begun = 0;
    const worker = async (_: unknown, i: number): Promise<void> => {
      const kv = kvs[i % connections];
      while (kv !== undefined && begun < calls) {
        begun += 1;
        await (method === 'get' ? kv.get(put.key) : kv.put(put.key, VALUE));
      }
    };
    await Promise.all(Array.from({ length: clients }, worker));
  };
  // One after the other, so that none waits for its handshake among hundreds.
  for (const kv of kvs) await kv.put(put.key, VALUE);
  await run(CALLS / 2);
  const [client, server, startedAt] = [cpuMicros(), await serverMicros(child), performance.now()];
  await run(CALLS);
  const seconds = (performance.now() - startedAt) / 1_000;
  const micros = [(cpuMicros() - client) / CALLS, ((await serverMicros(child)) - server) / CALLS].map((each) => each.toFixed(1));
  for (const kv of kvs) kv.close();
  const load = `${String(clients).padStart(3)} clients over ${String(connections).padStart(3)} connections`;
  const rate = Math.round(CALLS / seconds).toLocaleString('en');
  console.log(`kv.${method}, ${load}: ${rate}/s, processor time a call ${micros[0]} us client, ${micros[1]} us server`);
}

function time(label: string, run: () => unknown): void {
  for (let i = 0; i < 20_000; i += 1) run();
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < 500) {
    for (let i = 0; i < 100; i += 1) run();
    rounds += 100;
  }
  console.log(`${label}: ${(((performance.now() - start) / rounds) * 1_000).toFixed(2)} us`);
}

function measureFrames(): void {
  const frame = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'kv.put', params: put });
  time(`guard, put frame of ${frame.length} bytes`, () => guardFrame(frame, CLIENT_FRAMES));
  time('JSON.parse alone, same frame', () => JSON.parse(frame));
  time('schema check of its params', () => checkParams('kv.put', put));
  const entries = Array.from(
    { length: 64 },
    (_, i): Entry => ({
      index: logIndex(i + 1),
      term: term(1),
      time: clusterTime(1.7e12),
      kind: 'command',
      data: 'd'.repeat(300),
    }),
  );
  const [from, to] = [nodeId('n1'), nodeId('n2')];
  const message: AppendRequest = {
    type: 'append-request',
    from,
    to,
    term: term(1),
    previous: { index: logIndex(0), term: term(0) },
    entries,
    commit: logIndex(0),
    readRound: 0,
  };
  const encode = (): string => JSON.stringify({ jsonrpc: '2.0', ...encodeMessage(message) });
  const text = encode();
  time(`encode an append of 64 entries, ${text.length} bytes`, encode);
  const decode = (): unknown => {
    const guarded = guardFrame(text, PEER_FRAMES);
    const call = guarded.type === 'calls' ? guarded.calls[0] : undefined;
    return decodeMessage(call?.method ?? '', call?.params, from, to);
  };
  time('guard and decode it', decode);
}

if (positionals[0] === 'serve') {
  await serve();
} else {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  const port = await answerOf(child);
  for (const method of ['get', 'put'] as const)
    for (const [clients, connections] of LOADS) await measure(child, port, method, clients, connections);
  child.disconnect();
  measureFrames();
}
