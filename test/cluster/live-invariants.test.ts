import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterTime, type LogIndex, logIndex, millis, type NodeId, nodeId, revision, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { PromiseCheck } from '../../src/cluster/driver.ts';
import { LiveInvariants } from '../../src/cluster/native/watch/live-invariants.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import { logRow } from '../../src/replica/log-row.ts';
import type { LogRow, MemberStatus } from '../../src/replica/status.ts';
import { SimCluster } from '../../src/sim/cluster.ts';
import type { SimNode } from '../../src/sim/node.ts';
import { fakeStatus } from '../support/fake-status.ts';

const [n1, n2, n3] = [nodeId('n1'), nodeId('n2'), nodeId('n3')];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const row = (index: number, inTerm: number, text = `put k "${index}"`, request: LogRow['request'] = null): LogRow => ({
  index: logIndex(index),
  term: term(inTerm),
  kind: 'command',
  time: clusterTime(0),
  text,
  request,
});
const rowsOf = (terms: readonly number[]): readonly LogRow[] => terms.map((at, place) => row(place + 1, at));

/** Nodes that tell what a test writes down, and have these logs when they are asked. */
function watching(logs: Readonly<Record<string, readonly LogRow[]>>) {
  const broken: PromiseCheck[] = [];
  const asked: { readonly node: NodeId; readonly from: number; readonly limit: number }[] = [];
  const live = new LiveInvariants({
    logRows: async (node, from, limit) => {
      asked.push({ node, from, limit });
      return (logs[node] ?? []).slice(from - 1, from - 1 + limit);
    },
    onBroken: (promise) => broken.push(promise),
  });
  const tell = (node: NodeId, changes: Partial<MemberStatus> = {}): void => {
    const rows = logs[node] ?? [];
    const last = logIndex(rows.length);
    const first = Math.max(0, rows.length - 64);
    const tail = { first: logIndex(first + 1), terms: rows.slice(first).map((each) => each.term) };
    const ends = { lastIndex: last, lastTerm: rows.at(-1)?.term ?? term(0), commitIndex: last, durableIndex: last };
    const applied = { appliedIndex: last, revision: revision(last) };
    live.status(fakeStatus(node, { ...ends, ...applied, term: rows.at(-1)?.term ?? term(0), tail, ...changes }));
  };
  const stateOf = (id: string) => live.promises().find((promise) => promise.id === id);
  return { live, tell, broken, asked, stateOf, brokenIds: () => broken.map(({ id }) => id) };
}

const SEEDS = Number(process.env['SEEDS'] ?? 5);

const hashed = (index: number, hash: number): Partial<MemberStatus> => ({ checkpoints: [{ index: logIndex(index), hash }] });

describe('live invariants', () => {
  it('hold on equal logs, and say how often and when they were compared', async () => {
    const { tell, broken, stateOf, live } = watching({ n1: rowsOf([1, 1, 2]), n2: rowsOf([1, 1, 2]) });
    expect(stateOf('log-matching')).toMatchObject({ state: 'not-yet', checked: 0, lastAt: null });
    for (const node of [n1, n2]) tell(node, hashed(3, 77));
    await vi.advanceTimersByTimeAsync(300);
    expect(broken).toEqual([]);
    for (const id of ['log-matching', 'state-machine-safety'])
      expect(stateOf(id)).toMatchObject({ state: 'holds', detail: null });
    expect(stateOf('log-matching')?.lastAt).toBe(Date.now() - 275);
    expect(live.coverage()).toEqual({ from: 1, to: 3, behind: 0, skipped: 0 });
  });

  it('see a state that differs at the same applied index, and stay red', () => {
    const { tell, brokenIds, stateOf } = watching({ n1: rowsOf([1]), n2: rowsOf([1]), n3: rowsOf([1]) });
    tell(n1, hashed(1, 77));
    tell(n2, hashed(1, 78));
    expect(brokenIds()).toEqual(['state-machine-safety']);
    expect(stateOf('state-machine-safety')).toMatchObject({ state: 'broken', detail: expect.stringContaining('"n2":78') });
    tell(n3, hashed(1, 77));
    expect(stateOf('state-machine-safety')?.state).toBe('broken');
    expect(brokenIds()).toHaveLength(1);
  });

  it('see that an acknowledged write is gone', () => {
    const { live, tell, brokenIds } = watching({ n1: rowsOf([1, 1, 1]), n2: rowsOf([1, 1, 2]) });
    live.acknowledged({ index: logIndex(3), term: term(1) });
    tell(n2);
    expect(brokenIds()).toEqual(['acknowledged-writes']);
  });

  it('see entries with the same place and another text', async () => {
    const { tell, brokenIds } = watching({ n1: [row(1, 1, 'put k "a"')], n2: [row(1, 1, 'put k "b"')] });
    tell(n1);
    tell(n2);
    expect(brokenIds()).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(brokenIds()).toEqual(['log-matching']);
  });

  it('see two leaders of one term and two votes in one term, from what nodes tell of themselves', () => {
    const { live, brokenIds } = watching({});
    const leads = { type: 'role', role: 'leader', term: term(4), leader: null, reason: '' } as const;
    const vote = { type: 'vote-received', from: n3, term: term(5), preVote: false, granted: true, refusal: null } as const;
    live.event(n1, leads);
    live.event(n1, leads);
    live.event(n2, leads);
    live.event(n1, vote);
    live.event(n2, { ...vote, preVote: true });
    live.event(n2, { ...vote, granted: false });
    expect(brokenIds()).toEqual(['election-safety']);
    live.event(n2, vote);
    expect(brokenIds()).toEqual(['election-safety', 'one-vote']);
  });

  it.each([
    ['an older term', { term: term(4), votedFor: nodeId('n1') }, ['one-vote']],
    ['no vote in that term', { term: term(5), votedFor: null }, ['one-vote']],
    ['another vote', { term: term(5), votedFor: nodeId('n2') }, ['one-vote']],
    ['the same vote', { term: term(5), votedFor: nodeId('n1') }, []],
    ['a newer term', { term: term(6), votedFor: null }, []],
  ])('compare a vote that was told with what a node that started anew says: %s', (_, says, broken) => {
    const { live, tell, brokenIds } = watching({});
    const vote = { type: 'vote-received', from: n3, term: term(5), preVote: false, granted: true, refusal: null } as const;
    live.event(n1, vote);
    // While the connection lasts a status may be older than the vote.
    tell(n3, { term: term(4) });
    expect(brokenIds()).toEqual([]);
    live.lost(n3);
    tell(n3, says);
    expect(brokenIds()).toEqual(broken);
  });

  it('see a retry that took effect twice', async () => {
    const request = { session: 1, sequence: 9 };
    const rows = [row(1, 1), row(2, 1, 'put k "2"', request), row(3, 1, 'put k "2"', request)];
    const once = watching({ n1: rows });
    once.tell(n1, { appliedIndex: logIndex(1), revision: revision(1) });
    once.tell(n1, { appliedIndex: logIndex(3), revision: revision(2) });
    await vi.advanceTimersByTimeAsync(300);
    expect([once.brokenIds(), once.stateOf('exactly-once')?.state]).toEqual([[], 'holds']);
    const twice = watching({ n1: rows });
    twice.tell(n1, { appliedIndex: logIndex(1), revision: revision(1) });
    twice.tell(n1, { appliedIndex: logIndex(3), revision: revision(3) });
    await vi.advanceTimersByTimeAsync(300);
    expect(twice.brokenIds()).toEqual(['exactly-once']);
  });

  it('let a node go back after it was lost, and not before', () => {
    const { live, tell, brokenIds } = watching({ n1: rowsOf([1, 1]) });
    tell(n1);
    live.lost(n1);
    tell(n1, { commitIndex: logIndex(1), appliedIndex: logIndex(1) });
    expect(brokenIds()).toEqual([]);
    tell(n1, { commitIndex: logIndex(0), appliedIndex: logIndex(0) });
    expect(brokenIds()).toEqual(['monotonic']);
  });

  it('do not ask for what is compacted', async () => {
    const { live, tell, asked, broken } = watching({ n1: rowsOf(Array.from({ length: 300 }, () => 1)) });
    tell(n1, { compactedIndex: logIndex(290), snapshotIndex: logIndex(298) });
    expect(asked).toEqual([{ node: 'n1', from: 291, limit: 10 }]);
    await vi.advanceTimersByTimeAsync(0);
    expect([live.coverage().from, broken]).toEqual([291, []]);
  });

  it('ask for few entries at a time, and pass over what they cannot follow', async () => {
    const logs: { n1: readonly LogRow[] } = { n1: rowsOf(Array.from({ length: 1_000 }, () => 1)) };
    const { live, tell, asked } = watching(logs);
    tell(n1);
    await vi.advanceTimersByTimeAsync(2_000);
    // Up to the end of a page that is the same for everybody, then pages; the end is not whole and waits for a while.
    expect(asked.map(({ from, limit }) => [from, limit])).toEqual([
      [489, 24],
      [513, 256],
      [769, 232],
    ]);
    logs.n1 = rowsOf(Array.from({ length: 9_000 }, () => 1));
    tell(n1);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.at(-1)).toEqual({ node: 'n1', from: 8_745, limit: 216 });
    expect(live.coverage()).toMatchObject({ behind: 40, skipped: 7_744 });
    const before = asked.length;
    for (let i = 0; i < 20; i += 1) tell(n1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(live.coverage()).toMatchObject({ behind: 0, skipped: 7_744 });
    for (let i = 0; i < 20; i += 1) tell(n1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(asked).toHaveLength(before + 1);
  });

  it('count a page that two nodes tell as the same object like one that they tell twice', async () => {
    const counts = await Promise.all(
      [rowsOf([1, 1, 2]), null].map(async (shared) => {
        const live = new LiveInvariants({ logRows: async () => shared ?? rowsOf([1, 1, 2]), onBroken: () => {} });
        const ends = { lastIndex: logIndex(3), lastTerm: term(2), commitIndex: logIndex(3), durableIndex: logIndex(3) };
        const tail = { first: logIndex(1), terms: [term(1), term(1), term(2)] };
        for (const node of [n1, n2, n3]) live.status(fakeStatus(node, { ...ends, term: term(2), tail }));
        await vi.advanceTimersByTimeAsync(300);
        return live.promises().map(({ id, checked, state }) => [id, checked, state]);
      }),
    );
    expect(counts[0]).toEqual(counts[1]);
    expect(counts[0]).toContainEqual(['log-matching', 15, 'holds']);
  });

  it('read the page that a log has outgrown without waiting any longer', async () => {
    const logs: { n1: readonly LogRow[] } = { n1: rowsOf(Array.from({ length: 250 }, () => 1)) };
    const { tell, asked } = watching(logs);
    tell(n1);
    await vi.advanceTimersByTimeAsync(0);
    logs.n1 = rowsOf(Array.from({ length: 255 }, () => 1));
    tell(n1);
    await vi.advanceTimersByTimeAsync(400);
    expect(asked).toHaveLength(1);
    logs.n1 = rowsOf(Array.from({ length: 270 }, () => 1));
    tell(n1);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.at(-1)).toEqual({ node: 'n1', from: 251, limit: 6 });
  });
});

/** A simulated cluster under faults, seen only by statuses ten times a second and by pages that arrive late. */
async function watchSimulated(
  seed: number,
): Promise<{ readonly live: LiveInvariants; readonly broken: readonly PromiseCheck[] }> {
  const random = seededRandom(seed);
  const broken: PromiseCheck[] = [];
  const cluster = new SimCluster({
    random: random.fork('cluster'),
    nodes: 5,
    latencyMs: [0.1, 12],
    syncMs: [0.1, 3],
    segmentBytes: 1_048_576,
    note: () => {},
    valuesRepeat: true,
    onEvent: (id, event) => live.event(id, event),
    onDown: ({ id }) => live.lost(id),
  });
  const live = new LiveInvariants({
    logRows: async (node, from, limit) => {
      await new Promise((resolve) => setTimeout(resolve, random.integer(0, 400)));
      const replica = cluster.nodes.get(node)?.replica;
      if (replica === null || replica === undefined) throw new Error('down');
      return replica.entries(from, limit).map(logRow);
    },
    onBroken: (promise) => broken.push(promise),
  });
  cluster.start();
  const start = cluster.queue.now;
  const nodes = [...cluster.nodes.values()];
  const any = (): SimNode | undefined => nodes[random.integer(0, nodes.length)];
  for (let tick = 0; tick < 120; tick += 1) {
    const end = start + 100 * (tick + 1);
    disturb(cluster, any(), random.next());
    for (let i = random.next() < 0.1 ? 120 : 6; i > 0; i -= 1) write(cluster, random, live);
    while (cluster.step(end));
    for (const node of nodes) if (node.replica !== null && node.state === 'up') live.status(statusOf(node));
    await vi.advanceTimersByTimeAsync(100);
  }
  live.stop();
  return { live, broken };
}

function disturb(cluster: SimCluster, node: SimNode | undefined, chance: number): void {
  for (const each of cluster.nodes.values()) if (!each.isRunning && chance < 0.3) each.start();
  if (node === undefined) return;
  if (chance > 0.93) (cluster.leader() ?? node).crash();
  else if (chance > 0.88) node.crash();
  else if (chance > 0.85) node.losePower();
  else if (chance > 0.78) cluster.setLinks([{ from: node.id, to: '*', drop: 1, delayMs: [0, 0], duplicate: 0, until: null }]);
  else if (chance > 0.7) cluster.setLinks([]);
}

function write(cluster: SimCluster, random: ReturnType<typeof seededRandom>, live: LiveInvariants): void {
  const leader = cluster.leader();
  const replica = leader?.replica;
  if (leader === null || replica === null || replica === undefined) return;
  const key = `k${random.integer(0, 9)}`;
  const text = encodeCommand({ type: 'put', key, value: String(random.integer(0, 1e6)), request: null });
  replica.propose(text, millis(leader.clock.now() + 2_000), (outcome) => {
    if (outcome.ok) live.acknowledged(outcome.at);
  });
}

function statusOf({ id, replica }: SimNode): MemberStatus {
  if (replica === null) throw new Error('it does not run');
  const core = replica.coreStatus();
  const first: LogIndex = logIndex(Math.max(1, core.lastIndex - 63));
  return fakeStatus(id, {
    ...core,
    appliedIndex: replica.appliedIndex,
    revision: replica.machine.revision,
    tail: { first, terms: replica.entries(first, 64).map((entry) => entry.term) },
    checkpoints: replica.checkpoints(),
  });
}

describe('live invariants on a simulated cluster', () => {
  it(
    'never blame a correct one, however it is disturbed and however late the answers are',
    async () => {
      const counts = new Map<string, number>();
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { live, broken } = await watchSimulated(seed);
        expect(broken, `seed ${seed}`).toEqual([]);
        for (const { id, checked } of live.promises()) counts.set(id, (counts.get(id) ?? 0) + checked);
      }
      for (const [id, checked] of counts) expect(checked, id).toBeGreaterThan(10);
    },
    SEEDS * 12_000,
  );
});
