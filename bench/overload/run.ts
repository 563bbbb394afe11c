/**
 * What becomes of a cluster that is asked for ten times what it can do, of a leader whose follower stands still, and of a node whose
 * watchers never read. Run with: npm run bench:overload -- [--seconds 8] [--connections 16] [--times 10] [--only overload,follower,deaf]
 * A fresh local cluster of three nodes in a folder of its own for temporary files. Linux. Exit code 1 when a bound does not hold.
 */
import { RaftKvClient } from '../../src/cluster/client/client.ts';
import { readToken } from '../../src/cluster/native/folder/directory.ts';
import { startCluster } from '../../src/cluster/native/lifecycle.ts';
import { nodeProcess, pauseNode, resumeNode } from '../../src/cluster/native/process/processes.ts';
import { dial } from '../../src/net/connect.ts';
import { argumentsOf } from '../arguments.ts';
import { Cleanup } from '../cleanup.ts';
import { Flood, type FloodCounts } from './flood.ts';
import { processorSeconds, Watch } from './watch.ts';

const { values } = argumentsOf(import.meta.filename, {
  seconds: { type: 'string', default: '8' },
  connections: { type: 'string', default: '16' },
  times: { type: 'string', default: '10' },
  'value-size': { type: 'string', default: '256' },
  only: { type: 'string', default: 'overload,follower,deaf' },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const times = Number(values.times);
const valueBytes = Number(values['value-size']);
const NAME = 'overload';
const MIB = 1_048_576;
const DEAF = 32;
const DEAF_ASKING = 4;

const cleanup = new Cleanup();
const home = cleanup.home('raftkv-overload-');
const { dir, file } = await startCluster({ home, name: NAME, count: 3 });
const token = await readToken(dir, 'client');
const client = new RaftKvClient({ endpoints: file.nodes, token });
const pids = new Map(await Promise.all(file.nodes.map(async ({ id }) => [id, (await nodeProcess(dir, id)).pid ?? 0] as const)));
let broken = 0;

function bound(what: string, figure: string, holds: boolean): void {
  if (!holds) broken += 1;
  console.log(`| ${what} | ${figure} | ${holds ? 'holds' : 'BROKEN'} |`);
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`;

function urlOf(id: string): string {
  return file.nodes.find((node) => node.id === id)?.url ?? '';
}

function less(after: FloodCounts, before: FloodCounts): FloodCounts {
  return Object.fromEntries(
    (Object.keys(after) as (keyof FloodCounts)[]).map((name) => [name, after[name] - before[name]]),
  ) as unknown as FloodCounts;
}

/** Processor time since the last call, in shares of a core: of the generator and of each node. */
function usage(): () => string {
  const of = new Map([['generator', process.pid], ...pids]);
  const read = (): Map<string, number> => new Map([...of].map(([name, pid]) => [name, processorSeconds(pid)]));
  let before = read();
  let since = performance.now();
  return () => {
    const [now, at] = [read(), performance.now()];
    const share = (name: string): number => (((now.get(name) ?? 0) - (before.get(name) ?? 0)) / (at - since)) * 1e5;
    const words = [...of.keys()].map((name) => `${name} ${share(name).toFixed(0)} %`).join(', ');
    [before, since] = [now, at];
    return words;
  };
}

/** Puts to the leader far beyond what it can do. */
async function overload(): Promise<void> {
  const watch = new Watch(client, pids);
  const flood = new Flood(valueBytes);
  await flood.open(urlOf(await watch.leader()), token, connections);
  await flood.saturate(16, 2);
  const from = flood.counts;
  const spent = usage();
  await flood.saturate(16, seconds);
  const peak = less(flood.counts, from).accepted / seconds;
  const spentAtPeak = spent();
  watch.start();
  const before = flood.counts;
  await flood.press(times * peak, seconds / 2);
  const memory = watch.resident();
  await flood.press(times * peak, seconds / 2);
  const pressed = less(flood.counts, before);
  const spentUnderFlood = spent();
  // The senders stay, and with them all that still stands in the buffers of the system.
  const left = flood.unanswered;
  const [recovered, answered] = await Promise.all([recovery(), flood.settled(20_000)]);
  flood.close();
  await watch.stop();
  const { elections, mostBytes, quietMs } = watch.worst;
  const goodput = pressed.accepted / seconds;
  const answers = pressed.accepted + pressed.overloaded + pressed.otherErrors;
  console.log(
    `\npeak ${peak.toFixed(0)} puts/s, 256 in flight over ${connections} connections; then ${times} times that for ${seconds} s:`,
  );
  console.log(
    `${(pressed.offered / seconds).toFixed(0)}/s offered, ${(pressed.heldBack / seconds).toFixed(0)}/s not taken by the connections, ` +
      `${(answers / seconds).toFixed(0)}/s answered: ${pressed.overloaded} OVERLOADED, ${pressed.otherErrors} other errors, ${pressed.closed} connections closed`,
  );
  console.log(`processor time at the peak: ${spentAtPeak}; under the flood: ${spentUnderFlood}`);
  console.log(
    `accepted: p50 ${flood.latency.percentile(0.5).toFixed(0)} ms, p99 ${flood.latency.percentile(0.99).toFixed(0)} ms\n`,
  );
  console.log('| under ten times the load | figure | |\n|---|---|---|');
  bound('goodput, of the peak', `${((goodput / peak) * 100).toFixed(0)} %`, goodput >= 0.8 * peak);
  bound(
    'refused with a hint when to come back',
    `${pressed.overloaded - pressed.withoutHint} of ${pressed.overloaded}`,
    pressed.withoutHint === 0,
  );
  bound('refused or held back', `${pressed.overloaded + pressed.heldBack}`, pressed.overloaded + pressed.heldBack > 0);
  bound('elections', `${elections}`, elections === 0);
  bound('longest silence that a follower told of', `${quietMs} ms`, quietMs < 500);
  for (const [id, bytes] of Object.entries(mostBytes)) {
    const grown = bytes - (memory[id] ?? 0);
    bound(`${id}: most memory, and since half of it`, `${mib(bytes)}, ${grown >= 0 ? '+' : ''}${mib(grown)}`, grown < 48 * MIB);
  }
  bound('first of ten puts in a row under 50 ms after the end', `${recovered.toFixed(0)} ms`, recovered < 2_000);
  bound(`the ${left} that were sent and not answered then are`, `${answered.toFixed(0)} ms`, answered < 2_000);
}

/** Milliseconds from now until the first of ten puts in a row that each took less than 50 ms. */
async function recovery(): Promise<number> {
  const from = performance.now();
  let since = from;
  for (let inARow = 0; inARow < 10; ) {
    const sentAt = performance.now();
    await client.put('probe', 'x', { deadlineMs: 10_000 });
    if (performance.now() - sentAt < 50) inARow += 1;
    else {
      inARow = 0;
      since = performance.now();
    }
    if (performance.now() - from > 20_000) return performance.now() - from;
  }
  return since - from;
}

/** A follower stands still with all its connections open, while the others take puts. */
async function stoppedFollower(): Promise<void> {
  const watch = new Watch(client, pids);
  const leader = await watch.leader();
  const victim = [...pids.keys()].find((id) => id !== leader) ?? '';
  const flood = new Flood(valueBytes);
  await flood.open(urlOf(leader), token, connections);
  await flood.saturate(4, 2);
  const memory = watch.resident()[leader] ?? 0;
  const before = flood.counts;
  watch.start();
  await pauseNode(dir, victim);
  await flood.saturate(4, seconds);
  const accepted = (flood.counts.accepted - before.accepted) / seconds;
  const { elections, mostBytes, queuedBytes } = watch.worst;
  await watch.stop();
  await resumeNode(dir, victim);
  flood.close();
  console.log(`\n| ${victim} stands still for ${seconds} s | figure | |\n|---|---|---|`);
  bound('puts/s meanwhile', accepted.toFixed(0), accepted > 0);
  bound('elections', `${elections}`, elections === 0);
  bound('most bytes that wait for one peer', mib(queuedBytes), queuedBytes <= 16 * MIB);
  const grown = (mostBytes[leader] ?? 0) - memory;
  bound('memory of the leader, the log included', `+${mib(grown)}`, grown < 256 * MIB);
}

/** Watchers that have subscribed to everything, and clients that ask for pages, none of which reads its socket. */
async function deafWatchers(): Promise<void> {
  const watch = new Watch(client, pids);
  const leader = await watch.leader();
  const page = 'y'.repeat(1_000);
  await Promise.all(Array.from({ length: 500 }, (_, i) => client.put(`deaf:${String(i).padStart(4, '0')}`, page)));
  const memory = watch.resident()[leader] ?? 0;
  const deaf = await Promise.all(
    Array.from({ length: DEAF }, () =>
      dial({ url: urlOf(leader), token }, (socket) => {
        socket.on('error', () => {});
        socket.pause();
        return socket;
      }),
    ),
  );
  for (const [i, socket] of deaf.entries()) {
    socket.send('{"jsonrpc":"2.0","id":1,"method":"node.subscribe","params":{"topics":["raft","status","fault"]}}');
    // Some ask for pages of half a megabyte as well, four times what the node would buffer for one connection.
    for (let call = 0; i < DEAF_ASKING && call < 64; call += 1)
      socket.send(`{"jsonrpc":"2.0","id":${call + 2},"method":"kv.range","params":{"prefix":"deaf:","consistency":"stale"}}`);
  }
  watch.start();
  const flood = new Flood(valueBytes);
  await flood.open(urlOf(leader), token, 4);
  await flood.saturate(16, seconds);
  const { elections, mostBytes } = watch.worst;
  await watch.stop();
  flood.close();
  for (const socket of deaf) socket.terminate();
  console.log(`\n| ${deaf.length} watchers of ${leader} read nothing for ${seconds} s | figure | |\n|---|---|---|`);
  bound('puts/s meanwhile', (flood.counts.accepted / seconds).toFixed(0), flood.counts.accepted > 0);
  bound('elections', `${elections}`, elections === 0);
  const grown = (mostBytes[leader] ?? 0) - memory;
  bound('memory of their node, the log included', `+${mib(grown)}`, grown < 160 * MIB);
}

try {
  const wanted = values.only.split(',');
  if (wanted.includes('overload')) await overload();
  if (wanted.includes('follower')) await stoppedFollower();
  if (wanted.includes('deaf')) await deafWatchers();
} finally {
  client.close();
  await cleanup.run();
}
process.exitCode = broken === 0 ? 0 : 1;
