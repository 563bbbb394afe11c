/**
 * How quick is the wire? `node bench/wire.ts`: a server process that answers kv.put without doing it, a client process,
 * one socket; then the cost of the frame check and of the peer codec alone.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { clusterTime, logIndex, nodeId, revision, term } from '../src/base/brand.ts';
import { clientHandlers } from '../src/net/client-api.ts';
import { connect } from '../src/net/connect.ts';
import { RpcSocket } from '../src/net/rpc-socket.ts';
import { listen } from '../src/net/server.ts';
import type { AdminService, KvService } from '../src/net/service.ts';
import type { AppendRequest, Entry } from '../src/raft/messages.ts';
import { checkParams } from '../src/wire/check.ts';
import { CLIENT_FRAMES, guardFrame, PEER_FRAMES } from '../src/wire/guard.ts';
import { decodeMessage, encodeMessage } from '../src/wire/raft-codec.ts';

const SECONDS = 2;
const TOKEN = 'bench';
const put = { key: 'key-000000000001', value: 'v'.repeat(256), session: 12, sequence: 3, acknowledged: 2 };

async function serve(): Promise<void> {
  const self = nodeId('n1');
  const at = { index: logIndex(1), term: term(1) };
  const answered = { reply: { type: 'put', revision: revision(1) } as const, at };
  const service = { propose: () => Promise.resolve(answered), leader: () => ({ id: self, url: '' }) } as unknown as KvService;
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

async function measure(child: ChildProcess, port: number, inflight: number): Promise<void> {
  const socket = await connect({ url: `ws://127.0.0.1:${port}/`, token: TOKEN }, { handlers: new Map(), log: () => {} });
  const before = [cpuMicros(), await serverMicros(child)] as const;
  let done = 0;
  const end = performance.now() + SECONDS * 1_000;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      await socket.request('kv.put', put);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inflight }, worker));
  socket.close();
  const client = (cpuMicros() - before[0]) / done;
  const server = ((await serverMicros(child)) - before[1]) / done;
  const rate = Math.round(done / SECONDS).toLocaleString('en');
  console.log(
    `kv.put, ${String(inflight).padStart(3)} in flight: ${rate}/s, CPU ${client.toFixed(1)} us client, ${server.toFixed(1)} us server`,
  );
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

if (process.argv[2] === 'serve') {
  await serve();
} else {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  const port = await answerOf(child);
  for (const inflight of [1, 16, 64, 256]) await measure(child, port, inflight);
  child.disconnect();
  measureFrames();
}
