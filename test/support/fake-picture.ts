/** Builders for pictures of a cluster: every field has a plausible value, tests name only what they are about. */
import { clusterTime, logIndex, millis, type NodeId, nodeId, revision, type Term, term } from '../../src/base/brand.ts';
import type { ActiveFault, ClusterEvent, ClusterPicture, NodeView } from '../../src/cluster/driver.ts';
import type { PeerProgress } from '../../src/raft/messages.ts';
import type { LogRow, MemberStatus } from '../../src/replica/status.ts';

export const FAKE_NOW = Date.UTC(2026, 0, 2, 12, 4, 31, 220);

/** `n1`..`nCOUNT`. */
export function fakeIds(count: number): readonly NodeId[] {
  return Array.from({ length: count }, (_, i) => nodeId(`n${i + 1}`));
}

/** A follower of n1 in term 1 with an empty log, unless told otherwise. */
export function fakeStatus(
  id: string,
  changes: Partial<MemberStatus> = {},
  members: readonly NodeId[] = fakeIds(5),
): MemberStatus {
  return {
    id: nodeId(id),
    role: 'follower',
    term: term(1),
    votedFor: null,
    leader: nodeId('n1'),
    configuration: { voters: members, outgoing: [], learners: [] },
    lastIndex: logIndex(0),
    lastTerm: term(0),
    commitIndex: logIndex(0),
    durableIndex: logIndex(0),
    repairing: false,
    election: { elapsedMs: millis(12), timeoutMs: millis(700) },
    votes: null,
    peers: [],
    transferTo: null,
    cluster: 'demo',
    appliedIndex: logIndex(0),
    snapshotIndex: logIndex(0),
    compactedIndex: logIndex(0),
    revision: revision(0),
    keys: 0,
    sessions: 1,
    tail: { first: logIndex(1), terms: [] },
    checkpoints: [],
    links: members.filter((peer) => peer !== id).map((peer) => ({ peer, connected: true, rttMs: 1.2, queuedBytes: 0 })),
    queues: { proposals: 0, reads: 0, unsynced: 0 },
    loopDelay: { p99Ms: 1.1, maxMs: 4 },
    sync: { p50Ms: 0.6, p99Ms: 2.4, maxMs: 9, count: 40 },
    memoryBytes: 61_000_000,
    uptimeMs: millis(62_000),
    ...changes,
  };
}

/** The log fields of a status for a log whose entry `i + 1` has term `terms[i]`. */
export function fakeLog(terms: readonly number[], commit: number): Partial<MemberStatus> {
  const kept = terms.slice(-64).map(term);
  const last = logIndex(terms.length);
  return {
    lastIndex: last,
    lastTerm: kept.at(-1) ?? term(0),
    durableIndex: last,
    repairing: false,
    commitIndex: logIndex(commit),
    appliedIndex: logIndex(commit),
    tail: { first: logIndex(terms.length - kept.length + 1), terms: kept },
    revision: revision(commit),
    keys: Math.min(commit, 12),
  };
}

export function fakePeer(id: string, match: number, changes: Partial<PeerProgress> = {}): PeerProgress {
  return {
    id: nodeId(id),
    state: 'replicate',
    matchIndex: logIndex(match),
    nextIndex: logIndex(match + 1),
    inflight: 0,
    heardAgoMs: millis(20),
    ...changes,
  };
}

export function fakeNode(id: string, status: MemberStatus | null, changes: Partial<NodeView> = {}): NodeView {
  const number = Number(id.slice(1));
  return {
    id: nodeId(id),
    url: `ws://127.0.0.1:${7000 + number}`,
    pid: 4200 + number,
    state: 'up',
    status,
    seenAt: 0,
    ...changes,
  };
}

/** `count` nodes, n1 leading term `at`, all logs equal and committed. */
export function fakePicture(count = 5, terms: readonly number[] = [1, 1, 1], commit: number = terms.length): ClusterPicture {
  const ids = fakeIds(count);
  const at: Term = term(terms.at(-1) ?? 1);
  const nodes = ids.map((id, i) => {
    const log = fakeLog(terms, commit);
    const leads = i === 0;
    const peers = leads ? ids.slice(1).map((peer) => fakePeer(peer, terms.length)) : [];
    const role = leads ? 'leader' : 'follower';
    const election = leads ? null : { elapsedMs: millis(12), timeoutMs: millis(700) };
    return fakeNode(id, fakeStatus(id, { ...log, term: at, role, peers, election, votedFor: nodeId('n1') }, ids));
  });
  return { name: 'demo', dir: '/home/user/.raftkv/demo', nodes, leader: nodeId('n1'), term: at, faults: [] };
}

/** The same picture with one node changed. `status` null leaves a node of which nothing is known. */
export function withNode(
  picture: ClusterPicture,
  id: string,
  changes: Partial<Omit<NodeView, 'status'>>,
  status: Partial<MemberStatus> | null = {},
): ClusterPicture {
  const nodes = picture.nodes.map((node) => {
    if (node.id !== id) return node;
    return { ...node, ...changes, status: status === null || node.status === null ? null : { ...node.status, ...status } };
  });
  return { ...picture, nodes };
}

export function fakeFault(id: number, command: string, changes: Partial<ActiveFault> = {}): ActiveFault {
  const kind = command.split(' ')[0];
  return {
    id,
    kind: kind === 'kill' || kind === 'pause' || kind === 'isolate' || kind === 'partition' ? kind : 'link',
    command,
    nodes: (command.match(/n\d+/g) ?? []).map(nodeId),
    since: FAKE_NOW - 14_000,
    until: null,
    owner: 'console',
    ...changes,
  };
}

export function fakeEvent(seq: number, text: string, changes: Partial<ClusterEvent> = {}): ClusterEvent {
  return { seq, time: FAKE_NOW + seq * 100, node: nodeId('n1'), kind: 'note', severity: 'info', text, fault: null, ...changes };
}

/** Rows as `logRows` answers them: a no-op at the start of each term, puts after it. */
export function fakeRows(terms: readonly number[]): readonly LogRow[] {
  return terms.map((at, i) => ({
    index: logIndex(i + 1),
    term: term(at),
    kind: i === 0 || terms[i - 1] !== at ? 'noop' : 'command',
    time: clusterTime(FAKE_NOW + i * 10),
    text: i === 0 || terms[i - 1] !== at ? '' : `put key:${String(i + 1).padStart(4, '0')} = value ${i + 1}`,
    request: null,
  }));
}
