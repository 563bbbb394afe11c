/** The rules of the paper one by one, on a single core that hears what a test tells it. The names give the sections. */
import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../src/base/assert.ts';
import { clusterTime, logIndex, millis, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type CoreLimits, type CoreOptions, RaftCore } from '../../src/raft/core.ts';
import { configurationText } from '../../src/raft/membership.ts';
import type {
  AppendReply,
  AppendRequest,
  Entry,
  EntryId,
  Input,
  Message,
  Ready,
  VoteReply,
  VoteRequest,
} from '../../src/raft/messages.ts';

const entry = (index: number, at: number, data = `${index}@${at}`): Entry => ({
  index: logIndex(index),
  term: term(at),
  time: clusterTime(0),
  kind: 'command',
  data,
});
const logOf = (...terms: number[]): Entry[] => terms.map((at, place) => entry(place + 1, at));
const position = (index: number, at: number) => ({ index: logIndex(index), term: term(at) });

/** Core n1 of n1..nN, with what it has sent so far. */
class One {
  core: RaftCore;
  now = 1_000;
  readonly sent: Message[] = [];
  readonly committed: number[] = [];
  readonly failedReads: number[] = [];
  readonly grantedReads: number[] = [];
  readonly neverHappened: EntryId[] = [];
  /** Not yet reported durable. */
  readonly unsynced: Ready[] = [];
  quickDisk = true;

  constructor(size: number, options: Partial<CoreOptions> & { log?: Entry[]; limits?: Partial<CoreLimits> } = {}) {
    const entries = options.log ?? [];
    this.core = new RaftCore({
      id: nodeId('n1'),
      configuration: { voters: Array.from({ length: size }, (_, place) => nodeId(`n${place + 1}`)), outgoing: [], learners: [] },
      hardState: { term: entries.at(-1)?.term ?? term(0), votedFor: null, repairFrom: null },
      entries,
      commitHint: logIndex(0),
      now: millis(this.now),
      random: seededRandom(1),
      heartbeatMs: 50,
      electionMs: 500,
      ...options,
    });
  }

  get status() {
    return this.core.status(millis(this.now));
  }

  step(input: Input): this {
    this.core.step(millis(this.now), input);
    return this.collect();
  }

  collect(): this {
    while (this.core.hasReady()) {
      const ready = this.core.ready();
      this.sent.push(...ready.messages);
      this.committed.push(...ready.committed.map(({ index }) => index));
      this.failedReads.push(...ready.failedReads);
      this.grantedReads.push(...ready.grantedReads.map(({ ticket }) => ticket));
      this.neverHappened.push(...ready.truncated);
      this.unsynced.push(ready);
    }
    return this.quickDisk && this.unsynced.length > 0 ? this.persist() : this;
  }

  persist(): this {
    const ready = this.unsynced.shift();
    if (ready === undefined) return this;
    this.sent.push(...ready.messagesAfterPersist);
    return ready.seq === null ? this.collect() : this.step({ type: 'persisted', seq: ready.seq });
  }

  wait(ms: number): this {
    this.now += ms;
    return this.step({ type: 'tick' });
  }

  propose(data: string) {
    const result = this.core.propose(millis(this.now), clusterTime(0), data);
    this.collect();
    return result;
  }

  read() {
    const result = this.core.readIndex(millis(this.now));
    this.collect();
    return result;
  }

  hear(message: Message): this {
    return this.step({ type: 'message', message });
  }

  append(from: string, at: number, previous: [number, number], entries: Entry[] = [], commit = 0): this {
    const routed = { from: nodeId(from), to: nodeId('n1'), term: term(at) };
    return this.hear({
      type: 'append-request',
      ...routed,
      previous: position(...previous),
      entries,
      commit: logIndex(commit),
      readRound: 0,
    });
  }

  acknowledge(
    from: string,
    matched: number | null,
    { at = this.status.term as number, round = 0, hint = [matched ?? 0, 0] as [number, number] } = {},
  ): this {
    const routed = { from: nodeId(from), to: nodeId('n1'), term: term(at) };
    return this.hear({
      type: 'append-reply',
      ...routed,
      matched: matched === null ? null : logIndex(matched),
      hint: position(...hint),
      readRound: round,
    });
  }

  askVote(from: string, at: number, last: [number, number], { preVote = false, transfer = false } = {}): VoteReply | undefined {
    this.hear({
      type: 'vote-request',
      from: nodeId(from),
      to: nodeId('n1'),
      term: term(at),
      last: position(...last),
      preVote,
      transfer,
    });
    return this.takeSent<VoteReply>('vote-reply').at(-1);
  }

  vote(from: string, at: number, granted: boolean, preVote = false): this {
    const refusal = granted ? null : 'already-voted';
    return this.hear({ type: 'vote-reply', from: nodeId(from), to: nodeId('n1'), term: term(at), preVote, granted, refusal });
  }

  /** Pre-vote and vote, by n2 alone: enough among three. */
  elect(): this {
    this.step({ type: 'campaign' });
    const next = this.status.term + 1;
    this.vote('n2', next, true, true).vote('n2', next, true);
    expect(this.status.role).toBe('leader');
    this.takeSent('append-request');
    return this;
  }

  /** Elected, and its first entry committed by n2. */
  lead(): this {
    this.elect().acknowledge('n2', this.status.lastIndex);
    expect(this.status.commitIndex).toBe(this.status.lastIndex);
    this.takeSent('append-request');
    return this;
  }

  takeSent<M extends Message>(type: M['type']): M[] {
    const isWanted = (message: Message): message is M => message.type === type;
    const found = this.sent.filter(isWanted);
    for (const message of found) this.sent.splice(this.sent.indexOf(message), 1);
    return found;
  }
}

describe('terms (Raft §5.1)', () => {
  it.each(['follower', 'candidate', 'leader'] as const)('a %s that sees a newer term follows it', (role) => {
    const one = new One(3);
    if (role === 'leader') one.elect();
    if (role === 'candidate') one.step({ type: 'campaign' }).vote('n2', 1, true, true);
    expect(one.status.role).toBe(role);
    one.acknowledge('n3', null, { at: 7 });
    expect(one.status).toMatchObject({ role: 'follower', term: 7, votedFor: null });
  });

  it('messages of an older term change nothing', () => {
    const one = new One(3, { hardState: { term: term(5), votedFor: null, repairFrom: null } });
    one.append('n2', 4, [0, 0], [entry(1, 4)], 1);
    expect(one.status).toMatchObject({ lastIndex: 0, leader: null });
    // The refusal carries the newer term: its sender would otherwise never learn of it.
    expect(one.takeSent<AppendReply>('append-reply')).toMatchObject([{ term: 5, matched: null }]);
  });

  it('acknowledgements of an older term count for nothing', () => {
    const one = new One(3).elect().append('n2', 2, [0, 0]).elect();
    one.acknowledge('n3', one.status.lastIndex, { at: 1 });
    expect(one.status.peers.map(({ matchIndex }) => matchIndex)).toEqual([0, 0]);
  });
});

describe('leader election (Raft §5.2)', () => {
  it('a follower campaigns after silence, and not before', () => {
    const one = new One(3);
    one.wait(499);
    expect(one.status.role).toBe('follower');
    one.wait(501);
    expect(one.status.role).toBe('pre-candidate');
    expect(one.takeSent<VoteRequest>('vote-request').map(({ preVote, term: at }) => [preVote, at])).toEqual([
      [true, 1],
      [true, 1],
    ]);
  });

  it('every word of the leader starts the wait anew', () => {
    const one = new One(3);
    for (let beat = 0; beat < 100; beat += 1) {
      one.append('n2', 1, [0, 0]);
      one.wait(450);
    }
    expect(one.status.role).toBe('follower');
  });

  it('a candidate enters a new term and votes for itself', () => {
    const one = new One(3).step({ type: 'campaign' }).vote('n2', 1, true, true);
    expect(one.status).toMatchObject({ role: 'candidate', term: 1, votedFor: 'n1' });
    expect(one.status.votes).toEqual({ granted: ['n1'], refused: [] });
  });

  it('a candidate asks for votes only when its own is on disk', () => {
    const one = new One(3);
    one.quickDisk = false;
    one.step({ type: 'campaign' }).takeSent('vote-request');
    one.vote('n2', 1, true, true);
    expect([one.takeSent('vote-request').length, one.status.votes?.granted]).toEqual([0, []]);
    while (one.unsynced.length > 0) one.persist();
    expect([one.takeSent('vote-request').length, one.status.votes?.granted]).toEqual([2, ['n1']]);
  });

  it.each([
    [1, [], 'leader'],
    [3, [], 'candidate'],
    [3, [true], 'leader'],
    [3, [false], 'candidate'],
    [3, [false, false], 'follower'],
    [5, [true], 'candidate'],
    [5, [true, true], 'leader'],
    [5, [false, false, true], 'candidate'],
    [5, [false, false, false], 'follower'],
    [4, [true], 'candidate'],
    [4, [false, false], 'follower'],
  ] as const)('of %i nodes, votes %j: %s', (size, votes: readonly boolean[], role) => {
    const one = new One(size).step({ type: 'campaign' });
    for (let voter = 2; voter <= size; voter += 1) one.vote(`n${voter}`, 1, true, true);
    votes.forEach((granted, place) => void one.vote(`n${place + 2}`, 1, granted));
    expect(one.status).toMatchObject({ role, term: 1 });
  });

  it('a vote counts once, in its own term, from a voter, for the round it was asked in', () => {
    const one = new One(5).step({ type: 'campaign' });
    one.vote('n2', 1, true, true).vote('n2', 1, true, true).vote('n9', 1, true, true).vote('n3', 2, true, true);
    expect(one.status).toMatchObject({ role: 'pre-candidate', term: 0 });
    one.vote('n3', 1, true, true);
    one.vote('n2', 1, true).vote('n2', 1, true).vote('n9', 1, true).vote('n3', 1, true, true);
    expect(one.status).toMatchObject({ role: 'candidate', term: 1 });
  });

  it('votes of an earlier term elect nobody', () => {
    const one = new One(3, { hardState: { term: term(4), votedFor: null, repairFrom: null } })
      .step({ type: 'campaign' })
      .vote('n2', 5, true, true);
    one.vote('n2', 4, true).vote('n3', 4, true);
    expect(one.status).toMatchObject({ role: 'candidate', term: 5 });
  });

  it('first come, first served: one vote a term, again to the same candidate', () => {
    const one = new One(3);
    expect(one.askVote('n2', 1, [0, 0])).toMatchObject({ granted: true, term: 1 });
    expect(one.askVote('n3', 1, [0, 0])).toMatchObject({ granted: false, refusal: 'already-voted' });
    expect(one.askVote('n2', 1, [0, 0])).toMatchObject({ granted: true });
    expect(one.askVote('n3', 2, [0, 0])).toMatchObject({ granted: true, term: 2 });
  });

  it('a vote leaves only when it is on disk; a refusal leaves at once', () => {
    const one = new One(3);
    one.quickDisk = false;
    expect(one.askVote('n2', 1, [0, 0])).toBe(undefined);
    expect(one.askVote('n3', 1, [0, 0])).toMatchObject({ granted: false });
    one.persist();
    expect(one.takeSent<VoteReply>('vote-reply')).toMatchObject([{ to: 'n2', granted: true }]);
  });

  it('a candidate that hears a leader of its own term follows', () => {
    const one = new One(3).step({ type: 'campaign' }).vote('n2', 1, true, true).append('n3', 1, [0, 0]);
    expect(one.status).toMatchObject({ role: 'follower', term: 1, leader: 'n3' });
  });

  it('a leader sends heartbeats to all', () => {
    const one = new One(3).lead().wait(50);
    const beats = one.takeSent<AppendRequest>('append-request');
    expect(beats.map(({ to, entries }) => [to, entries.length])).toEqual([
      ['n2', 0],
      ['n3', 0],
    ]);
  });

  it('a node alone leads at its first tick, once its vote is on disk', () => {
    const one = new One(1);
    one.quickDisk = false;
    expect(one.core.deadline).toBe(one.now);
    one.wait(0);
    expect(one.status.role).toBe('candidate');
    one.persist();
    expect([one.status.role, one.core.deadline]).toEqual(['leader', one.now + 1_000]);
    while (one.unsynced.length > 0) one.persist();
    expect(one.core.deadline).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('who may win (Raft §5.4.1; dissertation §4.2.3, §9.6)', () => {
  it.each([
    [[2, 2], true],
    [[1, 2], false],
    [[9, 1], false],
    [[1, 3], true],
    [[3, 2], true],
  ] as const)('a voter whose log ends at 2@2, a candidate whose ends at %j', (last, granted) => {
    const one = new One(3, { log: logOf(1, 2) });
    expect(one.askVote('n2', 4, [last[0], last[1]])?.granted).toBe(granted);
  });

  it('a pre-vote changes neither term nor vote', () => {
    const one = new One(3);
    expect(one.askVote('n2', 9, [0, 0], { preVote: true })).toMatchObject({ granted: true, term: 9 });
    expect(one.askVote('n3', 9, [0, 0], { preVote: true })).toMatchObject({ granted: true, term: 9 });
    expect(one.status).toMatchObject({ term: 0, votedFor: null });
  });

  it('a refused pre-vote names the voter’s own term, so that a candidate behind catches up', () => {
    const one = new One(3, { log: logOf(1, 2), hardState: { term: term(6), votedFor: null, repairFrom: null } });
    expect(one.askVote('n2', 3, [9, 2], { preVote: true })).toMatchObject({ granted: false, refusal: 'older-term', term: 6 });
    const behind = new One(3).step({ type: 'campaign' }).vote('n2', 6, false, true);
    expect(behind.status).toMatchObject({ role: 'follower', term: 6 });
  });

  it('whoever hears a leader refuses, and keeps its term, unless the leader itself asked', () => {
    const one = new One(3).append('n2', 1, [0, 0]);
    one.wait(499);
    expect(one.askVote('n3', 8, [5, 5])).toMatchObject({ granted: false, refusal: 'leader-is-alive' });
    expect(one.status.term).toBe(1);
    expect(one.askVote('n3', 8, [5, 5], { transfer: true })).toMatchObject({ granted: true });
    const later = new One(3).append('n2', 1, [0, 0]);
    later.now += 500;
    expect(later.askVote('n3', 8, [5, 5])).toMatchObject({ granted: true });
  });

  it('a closed connection to the leader ends that, one to anybody else does not', () => {
    const one = new One(3).append('n2', 1, [0, 0]);
    one.step({ type: 'peer-closed', peer: nodeId('n3') });
    expect(one.askVote('n3', 2, [0, 0])).toMatchObject({ refusal: 'leader-is-alive' });
    one.step({ type: 'peer-closed', peer: nodeId('n2') });
    expect(one.core.deadline - one.now).toBeLessThan(60);
    expect(one.status.leader).toBe(null);
    expect(one.askVote('n3', 2, [0, 0])).toMatchObject({ granted: true });
  });

  it('a leader refuses while it leads', () => {
    expect(new One(3).lead().askVote('n3', 8, [9, 1])).toMatchObject({ granted: false, refusal: 'leader-is-alive' });
  });
});

describe('log replication (Raft §5.3)', () => {
  it('a leader appends, sends, and commits with a majority on disk, its own included only then', () => {
    const one = new One(3).lead().acknowledge('n3', 1);
    one.takeSent('append-request');
    one.quickDisk = false;
    expect(one.propose('a')).toEqual({ ok: true, at: { index: 2, term: 1 } });
    expect(one.takeSent<AppendRequest>('append-request')).toMatchObject([
      { to: 'n2', previous: { index: 1, term: 1 }, entries: [{ data: 'a' }], commit: 1 },
      { to: 'n3', previous: { index: 1, term: 1 }, entries: [{ data: 'a' }], commit: 1 },
    ]);
    one.acknowledge('n2', 2);
    expect(one.status).toMatchObject({ commitIndex: 1, durableIndex: 1 });
    while (one.unsynced.length > 0) one.persist();
    expect(one.status).toMatchObject({ commitIndex: 2, durableIndex: 2 });
    expect(one.committed).toEqual([1, 2]);
  });

  it('two followers are a majority without the leader’s own disk', () => {
    const one = new One(3).lead();
    one.quickDisk = false;
    one.propose('a');
    one.acknowledge('n2', 2).acknowledge('n3', 2);
    expect(one.status).toMatchObject({ commitIndex: 2, durableIndex: 1 });
  });

  it('one Ready carries all that was proposed since the last', () => {
    const one = new One(3).lead();
    one.acknowledge('n3', 1);
    for (const data of ['a', 'b', 'c']) one.core.propose(millis(one.now), clusterTime(0), data);
    const ready = one.core.ready();
    expect(ready.persist?.entries.length).toBe(3);
    expect(ready.messages.map((message) => message.type === 'append-request' && message.entries.length)).toEqual([3, 3]);
  });

  it('followers hear of a commitment with the next entries, or soon if there are none', () => {
    const one = new One(3, { limits: { commitWordMs: 5 } }).lead().acknowledge('n3', 1);
    one.propose('a');
    one.takeSent('append-request');
    one.acknowledge('n2', 2);
    expect(one.takeSent('append-request')).toEqual([]);
    one.propose('b');
    expect(one.takeSent<AppendRequest>('append-request')).toMatchObject([
      { to: 'n2', commit: 2 },
      { to: 'n3', commit: 2 },
    ]);
    one.acknowledge('n2', 3);
    expect(one.core.deadline).toBeLessThanOrEqual(one.now + 5);
    one.wait(one.core.deadline - one.now);
    expect(one.takeSent<AppendRequest>('append-request')).toMatchObject([
      { to: 'n2', entries: [], commit: 3 },
      { to: 'n3', entries: [], commit: 3 },
    ]);
  });

  it('followers hear of a commitment at once where no wait is wanted', () => {
    const one = new One(3, { limits: { commitWordMs: 0 } }).lead().acknowledge('n3', 1);
    one.propose('a');
    one.takeSent('append-request');
    one.acknowledge('n2', 2);
    expect(one.takeSent<AppendRequest>('append-request')).toMatchObject([
      { to: 'n2', entries: [], commit: 2 },
      { to: 'n3', entries: [], commit: 2 },
    ]);
  });

  it.each([
    ['nothing missing', [2, 2], [], 2],
    ['one more', [2, 2], [3], 3],
    ['a conflict at the end', [1, 1], [3], 2],
    ['everything', [0, 0], [3, 3, 3], 3],
    ['known already', [0, 0], [1, 2], 2],
    ['known and new', [1, 1], [2, 3], 3],
  ] as const)('a follower whose log is 1 2 takes over: %s', (_name, previous, terms: readonly number[], last) => {
    const one = new One(3, { log: logOf(1, 2) });
    one.append(
      'n2',
      3,
      [previous[0], previous[1]],
      terms.map((at, place) => entry(previous[0] + place + 1, at)),
    );
    expect(one.status.lastIndex).toBe(last);
    expect(one.takeSent<AppendReply>('append-reply')).toMatchObject([{ matched: previous[0] + terms.length }]);
  });

  it.each([
    ['too short', [5, 2], [2, 2]],
    ['another term there', [2, 3], [2, 2]],
    ['a newer term there', [2, 1], [1, 1]],
  ] as const)('a follower whose log is 1 2 refuses what does not connect: %s', (_name, previous, hint) => {
    const one = new One(3, { log: logOf(1, 2) }).append('n2', 3, [previous[0], previous[1]]);
    expect(one.takeSent<AppendReply>('append-reply')).toMatchObject([{ matched: null, hint: { index: hint[0], term: hint[1] } }]);
  });

  it('an acknowledgement leaves only when the entries are on disk', () => {
    const one = new One(3);
    one.quickDisk = false;
    one.append('n2', 1, [0, 0], [entry(1, 1)]);
    expect(one.takeSent('append-reply')).toEqual([]);
    one.persist();
    expect(one.takeSent<AppendReply>('append-reply')).toMatchObject([{ matched: 1 }]);
  });

  it('a heartbeat’s answer leaves at once and claims only what is on disk, but never before the term is', () => {
    const one = new One(3);
    one.quickDisk = false;
    one.append('n2', 1, [0, 0]);
    expect(one.takeSent('append-reply')).toEqual([]);
    while (one.unsynced.length > 0) one.persist();
    one.takeSent('append-reply');
    one.append('n2', 1, [0, 0], [entry(1, 1)]).append('n2', 1, [1, 1]);
    expect(one.takeSent<AppendReply>('append-reply')).toMatchObject([{ matched: 0, hint: { index: 1 } }]);
  });

  it('a follower commits no further than the message covers', () => {
    const one = new One(3, { log: logOf(1, 1, 1) }).append('n2', 2, [1, 1], [], 3);
    expect(one.status.commitIndex).toBe(1);
    one.append('n2', 2, [1, 1], [entry(2, 2)], 3);
    expect(one.status).toMatchObject({ commitIndex: 2, lastIndex: 2 });
  });

  it('a follower’s own disk may lag behind what is committed', () => {
    const one = new One(3);
    one.quickDisk = false;
    one.append('n2', 1, [0, 0], [entry(1, 1)], 1);
    expect([one.committed, one.status.durableIndex]).toEqual([[1], 0]);
  });

  it('a follower that has more in memory than on disk is not sent it again', () => {
    const one = new One(3).lead();
    one.propose('a');
    one.takeSent('append-request');
    one.acknowledge('n3', 1, { hint: [2, 1] });
    expect(one.takeSent<AppendRequest>('append-request').filter(({ entries }) => entries.length > 0)).toEqual([]);
    expect(one.status.peers.find(({ id }) => id === 'n3')).toMatchObject({ state: 'replicate', matchIndex: 1, nextIndex: 3 });
  });

  it('what was in flight on a connection that closed counts as lost', () => {
    const one = new One(3).lead();
    one.propose('a');
    one.step({ type: 'peer-closed', peer: nodeId('n2') });
    one.acknowledge('n2', 1);
    const again = one.takeSent<AppendRequest>('append-request').filter(({ to, entries }) => to === 'n2' && entries.length > 0);
    expect(again.map(({ previous }) => previous.index)).toEqual([1, 1]);
  });

  it('a full window stops appends, an acknowledgement opens it', () => {
    const one = new One(3, { limits: { inflightAppends: 2 } }).lead();
    for (const data of ['a', 'b', 'c', 'd']) one.propose(data);
    expect(one.takeSent<AppendRequest>('append-request').filter(({ to }) => to === 'n2').length).toBe(2);
    one.acknowledge('n2', 2);
    const after = one.takeSent<AppendRequest>('append-request').filter(({ to, entries }) => to === 'n2' && entries.length > 0);
    expect(after.map(({ entries }) => entries.map(({ data }) => data))).toEqual([['c', 'd']]);
  });

  it('a follower that is far behind is sent little at a time, the more it has acknowledged the more, until it is not', () => {
    const limits = { uncommittedEntries: 4, firstCatchUpBytes: 3, catchUpBytes: 7, inflightCatchUpBytes: 9 };
    const one = new One(3, { log: logOf(...Array.from({ length: 20 }, () => 1)), limits }).elect();
    one.acknowledge('n2', 21);
    one.takeSent('append-request');
    const sentAfter = (matched: number): number[][] =>
      one
        .acknowledge('n3', matched)
        .takeSent<AppendRequest>('append-request')
        .filter(({ to, entries }) => to === 'n3' && entries.length > 0)
        .map(({ entries }) => entries.map(({ index }) => index));
    // Entries of three bytes each, of four from the tenth on.
    expect(sentAfter(0)).toEqual([[1]]);
    expect(sentAfter(1)).toEqual([[2]]);
    expect(sentAfter(2)).toEqual([[3, 4]]);
    expect(sentAfter(3)).toEqual([]);
    expect(sentAfter(4)).toEqual([
      [5, 6],
      [7, 8],
    ]);
    expect(sentAfter(8)).toEqual([[9, 10], [11]]);
    expect(sentAfter(11)).toEqual([[12], [13], [14]]);
    // Whoever was away may be somebody else when it is back.
    one.step({ type: 'peer-closed', peer: nodeId('n3') });
    expect([sentAfter(11), sentAfter(12), sentAfter(13)]).toEqual([[[12]], [[13]], [[14], [15]]]);
    expect(sentAfter(15)).toEqual([[16], [17, 18, 19, 20, 21]]);
  });

  it('a backlog that is too long or too heavy is refused, and works off', () => {
    const one = new One(3, { limits: { uncommittedEntries: 2, uncommittedBytes: 10 } }).lead();
    expect([one.propose('123456').ok, one.propose('123456')]).toEqual([
      true,
      { ok: false, reason: 'backlog-full', leader: 'n1' },
    ]);
    expect([one.propose('1').ok, one.propose('2').ok]).toEqual([true, false]);
    one.acknowledge('n2', 3);
    expect(one.propose('a value heavier than the whole limit').ok).toBe(true);
  });
});

describe('commitment and safety (Raft §5.4.2)', () => {
  it('a leader commits only through an entry of its own term', () => {
    const one = new One(3, { log: logOf(1, 1) }).elect();
    expect(one.status).toMatchObject({ term: 2, lastIndex: 3 });
    one.acknowledge('n2', 2);
    expect(one.status.commitIndex).toBe(0);
    one.acknowledge('n2', 3);
    expect(one.status.commitIndex).toBe(3);
  });

  it('a conflict with what is committed stops us when our leader says so, and is ignored from anybody else', () => {
    const one = new One(3).append('n2', 1, [0, 0], [entry(1, 1)], 1);
    one.append('n3', 5, [0, 0], [entry(1, 5)], 1);
    expect([one.core.termAt(logIndex(1)), one.status.leader]).toEqual([1, null]);
    one.append('n3', 5, [1, 1]);
    expect(one.status.leader).toBe('n3');
    expect(() => one.append('n3', 5, [0, 0], [entry(1, 5)], 1)).toThrow(InvariantViolation);
  });

  it('a second leader in one term is not believed', () => {
    const one = new One(3).append('n2', 1, [0, 0], [entry(1, 1)]).append('n3', 1, [0, 0], [entry(1, 1, 'other')], 1);
    expect([one.status.leader, one.status.commitIndex]).toEqual(['n2', 0]);
    const leader = new One(3).lead().append('n3', 1, [0, 0], [entry(1, 1)]);
    expect(leader.status.role).toBe('leader');
  });

  it('recovered state that contradicts itself is refused (a term below the log, a commit beyond it)', () => {
    expect(() => new One(3, { log: logOf(2), hardState: { term: term(1), votedFor: null, repairFrom: null } })).toThrow(
      InvariantViolation,
    );
    expect(() => new One(3, { log: logOf(2), commitHint: logIndex(2) })).toThrow(InvariantViolation);
  });

  it('what was committed before a restart is delivered again, in bounded pieces', () => {
    const log = logOf(...Array.from({ length: 10_000 }, () => 1));
    const one = new One(3, { log, commitHint: logIndex(10_000) });
    one.quickDisk = false;
    one.collect();
    expect(Math.max(...one.unsynced.map(({ committed }) => committed.length))).toBeLessThan(5_000);
    expect(one.committed).toEqual(log.map(({ index }) => index));
  });
});

describe('proposals that left their leader’s log (Raft figure 8)', () => {
  /** n1 proposed x as entry 2 of term 1; a leader of term 2 put another in its place. */
  const replaced = () => {
    const one = new One(3).elect();
    one.propose('x');
    return one.append('n3', 2, [0, 0], [entry(1, 2), entry(2, 2)]);
  };

  it('are reported only when another entry is committed in their place', () => {
    const one = replaced();
    expect(one.neverHappened).toEqual([]);
    one.append('n3', 2, [2, 2], [], 1);
    expect(one.neverHappened).toEqual([position(1, 1)]);
    one.append('n3', 2, [2, 2], [], 2);
    expect(one.neverHappened).toEqual([position(1, 1), position(2, 1)]);
  });

  it('may come back, and are then not reported', () => {
    const mine = new One(3).lead();
    mine.propose('x');
    const [x] = mine.core.entries(logIndex(2), 1);
    if (x === undefined) throw new Error('x was proposed');
    mine.append('n3', 2, [1, 1], [entry(2, 2)]).append('n2', 3, [1, 1], [x, entry(3, 3)], 3);
    expect([mine.neverHappened, mine.status.commitIndex]).toEqual([[], 3]);
  });
});

describe('the configuration is the newest in the log (Raft §6)', () => {
  it('and the one before when that leaves the log', () => {
    const one = new One(3);
    const alone = configurationText({ voters: [nodeId('n2')], outgoing: [], learners: [nodeId('n1')] });
    one.append('n2', 1, [0, 0], [{ ...entry(1, 1, alone), kind: 'config' }]);
    expect([one.status.role, one.core.deadline]).toEqual(['learner', Number.POSITIVE_INFINITY]);
    one.append('n3', 2, [0, 0], [entry(1, 2)]);
    expect([one.status.role, one.status.configuration.voters.length]).toEqual(['follower', 3]);
  });
});

describe('linearizable reads (Raft §8; dissertation §6.4)', () => {
  it('asks one of two followers, and both when that one keeps it waiting', () => {
    const one = new One(3).lead().acknowledge('n3', 1);
    const asked = (): string[] => one.sent.splice(0).map(({ to }) => to);
    one.read();
    one.acknowledge('n3', 1, { round: 1 });
    asked();
    one.read();
    expect(asked()).toEqual(['n3']);
    one.wait(10);
    expect(asked()).toEqual(['n2']);
    one.acknowledge('n2', 1, { round: 2 });
    expect(one.grantedReads).toEqual([1, 2]);
    one.read();
    expect(asked()).toEqual(['n2']);
  });

  it('wait for the first commit of the leader’s own term', () => {
    const one = new One(3, { log: logOf(1) }).elect();
    one.read();
    one.acknowledge('n2', 1, { round: 1 });
    expect(one.grantedReads).toEqual([]);
    one.acknowledge('n2', 2).acknowledge('n2', 2, { round: 1 });
    expect(one.grantedReads).toEqual([1]);
  });

  it('are not granted by answers to earlier rounds, nor by rounds never sent', () => {
    const one = new One(3).lead();
    one.read();
    one.acknowledge('n2', 1, { round: 1 });
    one.read();
    one.acknowledge('n2', 1, { round: 1 }).acknowledge('n3', 1, { round: 99 });
    expect(one.grantedReads).toEqual([1]);
    one.acknowledge('n3', null, { round: 2 });
    expect(one.grantedReads).toEqual([1, 2]);
  });

  it('fail when leadership is lost, and when nobody confirms', () => {
    const one = new One(3).lead();
    one.read();
    one.acknowledge('n2', null, { at: 9 });
    expect([one.failedReads, one.read()]).toEqual([[1], { ok: false, leader: null }]);
  });

  it('a node alone grants at once', () => {
    const one = new One(1).wait(0);
    one.read();
    expect(one.grantedReads).toEqual([1]);
  });
});

describe('a leader steps down', () => {
  it('when no majority was heard for an election timeout (dissertation §6.2)', () => {
    const one = new One(3).lead();
    one.wait(400).acknowledge('n3', 1);
    one.wait(499);
    expect(one.status.role).toBe('leader');
    one.wait(1);
    expect(one.status).toMatchObject({ role: 'follower', leader: null });
  });

  it('when its disk hangs; it neither votes nor campaigns until that answers', () => {
    const one = new One(3).lead();
    one.quickDisk = false;
    one.propose('a');
    for (let beat = 0; beat < 19; beat += 1) one.wait(50).acknowledge('n2', 1);
    expect(one.status.role).toBe('leader');
    one.wait(50);
    expect(one.status).toMatchObject({ role: 'follower', leader: null });
    expect(one.askVote('n2', 5, [9, 4])).toMatchObject({ granted: false, refusal: 'storage-stalled' });
    one.wait(5_000).step({ type: 'campaign' });
    expect(one.status.role).toBe('follower');
    while (one.unsynced.length > 0) one.persist();
    one.wait(1_000);
    expect(one.status.role).toBe('pre-candidate');
  });
});

describe('leadership transfer (dissertation §3.10)', () => {
  it('brings the target up to date before it tells it to campaign, and takes no proposals meanwhile', () => {
    const one = new One(3).lead();
    one.propose('a');
    one.step({ type: 'transfer-leadership', to: nodeId('n3') });
    expect([one.propose('b'), one.takeSent('timeout-now')]).toEqual([{ ok: false, reason: 'transferring', leader: 'n1' }, []]);
    one.acknowledge('n3', 1);
    expect(one.takeSent('timeout-now')).toEqual([]);
    one.acknowledge('n3', 2);
    expect(one.takeSent('timeout-now')).toMatchObject([{ to: 'n3', term: 1 }]);
  });

  it('repeats the word with each heartbeat, as it may be lost', () => {
    const one = new One(3).lead();
    one.step({ type: 'transfer-leadership', to: nodeId('n2') });
    expect(one.takeSent('timeout-now').length).toBe(1);
    one.wait(50);
    expect(one.takeSent('timeout-now').length).toBe(1);
  });

  it('is given up after an election timeout', () => {
    const one = new One(3).lead();
    one.step({ type: 'transfer-leadership', to: nodeId('n3') });
    one.wait(250).acknowledge('n2', 1).wait(250);
    expect([one.status.transferTo, one.propose('b').ok]).toEqual([null, true]);
  });

  it('the target campaigns without pre-vote, if its leader says so', () => {
    const tell = (from: string, at: number): Message => ({
      type: 'timeout-now',
      from: nodeId(from),
      to: nodeId('n1'),
      term: term(at),
    });
    const one = new One(3).append('n2', 1, [0, 0]);
    one.hear(tell('n3', 1));
    expect(one.status.role).toBe('follower');
    one.hear(tell('n2', 1));
    expect(one.status).toMatchObject({ role: 'candidate', term: 2 });
    expect(one.takeSent<VoteRequest>('vote-request')).toMatchObject([{ transfer: true }, { transfer: true }]);
  });
});

describe('time', () => {
  it('wants no tick before its deadline, and after one has a later deadline', () => {
    const one = new One(3).lead();
    for (let turn = 0; turn < 50; turn += 1) {
      const { deadline } = one.core;
      expect(deadline).toBeGreaterThan(one.now);
      one.now = deadline;
      one.step({ type: 'tick' });
    }
    expect(one.status.role).not.toBe('leader');
  });

  it('leaves what is committed in the log for as long as nobody takes it', () => {
    const { core } = new One(3, { log: logOf(1, 1, 1), commitHint: logIndex(3) });
    expect([core.hasReady(false), core.ready(false).committed, core.hasReady()]).toEqual([false, [], true]);
    expect(core.ready().committed.map(({ index }) => index)).toEqual([1, 2, 3]);
    expect(core.hasReady()).toBe(false);
  });

  it('a tick before the deadline does nothing', () => {
    const one = new One(3);
    one.core.step(millis(one.now + 1), { type: 'tick' });
    expect(one.core.hasReady()).toBe(false);
  });

  it('does not run backwards', () => {
    const one = new One(3).append('n2', 1, [0, 0]);
    const { deadline } = one.core;
    one.core.step(millis(0), { type: 'tick' });
    one.core.step(millis(deadline - 1), { type: 'tick' });
    expect(one.status.role).toBe('follower');
  });

  it('entries never go back in time', () => {
    const one = new One(3).lead();
    one.core.propose(millis(one.now), clusterTime(900), 'a');
    one.core.propose(millis(one.now), clusterTime(100), 'b');
    expect(one.core.entries(logIndex(2), 2).map(({ time }) => time)).toEqual([900, 900]);
  });
});
