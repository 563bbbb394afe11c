import { logIndex, millis, type NodeId, revision, term } from '../../src/base/brand.ts';
import type { MemberStatus } from '../../src/replica/status.ts';

/** A quiet follower with five committed entries. */
export function fakeStatus(id: NodeId, changes: Partial<MemberStatus> = {}): MemberStatus {
  return {
    id,
    cluster: 'test',
    role: 'follower',
    term: term(1),
    votedFor: null,
    leader: null,
    configuration: { voters: [id], outgoing: [], learners: [] },
    lastIndex: logIndex(5),
    lastTerm: term(1),
    commitIndex: logIndex(5),
    durableIndex: logIndex(5),
    repairing: false,
    appliedIndex: logIndex(5),
    snapshotIndex: logIndex(0),
    compactedIndex: logIndex(0),
    election: { elapsedMs: millis(20), timeoutMs: millis(700) },
    votes: null,
    peers: [],
    transferTo: null,
    revision: revision(4),
    keys: 4,
    sessions: 0,
    tail: { first: logIndex(1), terms: Array.from({ length: 5 }, () => term(1)) },
    checkpoints: [],
    links: [],
    queues: { proposals: 0, reads: 0, unsynced: 0 },
    loopDelay: { p99Ms: 0, maxMs: 0 },
    sync: { p50Ms: 0, p99Ms: 0, maxMs: 0, count: 0 },
    memoryBytes: 50_000_000,
    uptimeMs: millis(1_000),
    ...changes,
  };
}
