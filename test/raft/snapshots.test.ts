/** Logs that begin after a snapshot: what a follower does with a leader's, and what a leader does for a follower that is behind. */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, millis, type NodeId, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { RaftCore } from '../../src/raft/core.ts';
import { ORIGIN } from '../../src/raft/log.ts';
import type { Configuration, Entry, EntryId, Input, Message, Ready, Snapshot } from '../../src/raft/messages.ts';
import type { CoreLimits } from '../../src/raft/state.ts';

const [N1, N2, N3, N4] = [nodeId('n1'), nodeId('n2'), nodeId('n3'), nodeId('n4')];
const THREE: Configuration = { voters: [N1, N2, N3], outgoing: [], learners: [] };
const FOUR: Configuration = { voters: [N1, N2, N3, N4], outgoing: [], learners: [] };

const at = (index: number, inTerm: number): EntryId => ({ index: logIndex(index), term: term(inTerm) });
const entry = (index: number, inTerm: number, data = `c${index}`): Entry => ({
  ...at(index, inTerm),
  time: clusterTime(index),
  kind: 'command',
  data,
});
const run = (from: number, to: number, inTerm: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, inTerm));
const snapshotAt = (index: number, inTerm: number, configuration = THREE): Snapshot => ({
  last: at(index, inTerm),
  time: clusterTime(index),
  configuration,
  sizeBytes: 1_000,
  hash: 'ab'.repeat(32),
});

/** One core whose disk writes at once. */
class Member {
  readonly core: RaftCore;
  readonly sent: Message[] = [];
  readonly readies: Ready[] = [];
  now = 1_000;

  constructor(parts: {
    id?: NodeId;
    term: number;
    entries?: Entry[];
    offset?: EntryId;
    snapshot?: Snapshot;
    commit?: number;
    limits?: Partial<CoreLimits>;
  }) {
    this.core = new RaftCore({
      id: parts.id ?? N2,
      configuration: THREE,
      hardState: { term: term(parts.term), votedFor: null, repairFrom: null },
      entries: parts.entries ?? [],
      offset: parts.offset ?? parts.snapshot?.last ?? ORIGIN,
      snapshot: parts.snapshot ?? null,
      commitHint: logIndex(parts.commit ?? 0),
      now: millis(this.now),
      random: seededRandom(1),
      heartbeatMs: 50,
      electionMs: 500,
      limits: { commitWordMs: 0, snapshotPieceBytes: 300, inflightPieces: 2, ...parts.limits },
    });
    this.collect();
  }

  step(input: Input): this {
    this.core.step(millis(this.now), input);
    return this.collect();
  }

  hears(message: Partial<Message> & Pick<Message, 'type' | 'from'>): this {
    const base = { to: this.status.id, term: this.status.term, readRound: 0 };
    return this.step({ type: 'message', message: { ...base, ...message } as Message });
  }

  append(previous: EntryId, entries: Entry[], commit: number, inTerm = 5): this {
    return this.hears({ type: 'append-request', from: N1, term: term(inTerm), previous, entries, commit: logIndex(commit) });
  }

  piece(snapshot: Snapshot, inTerm = 5): this {
    return this.hears({ type: 'install-snapshot', from: N1, term: term(inTerm), snapshot, offset: 0, data: 'AAAA' });
  }

  get status() {
    return this.core.status(millis(this.now));
  }

  collect(): this {
    while (this.core.hasReady()) {
      const ready = this.core.ready();
      this.readies.push(ready);
      this.sent.push(...ready.messages, ...ready.messagesAfterPersist);
      if (ready.seq !== null) this.core.step(millis(this.now), { type: 'persisted', seq: ready.seq });
    }
    return this;
  }

  last(type: Message['type']): Message | undefined {
    return this.sent.findLast((message) => message.type === type);
  }
}

/** n1, elected by n2 in term 6, with a log that begins after 100. */
function leader(limits: Partial<CoreLimits> = {}): Member {
  const snapshot = snapshotAt(100, 4);
  const member = new Member({ id: N1, term: 5, snapshot, offset: at(90, 4), entries: run(91, 120, 4), limits });
  member.step({ type: 'campaign' });
  member.hears({ type: 'vote-reply', from: N2, term: term(6), preVote: true, granted: true, refusal: null });
  member.hears({ type: 'vote-reply', from: N2, term: term(6), preVote: false, granted: true, refusal: null });
  expect(member.status.role).toBe('leader');
  return member;
}

describe('a follower that is sent a snapshot', () => {
  it('asks for it to be stored, and takes its place once it is there', () => {
    const member = new Member({ term: 4, entries: run(1, 20, 1), commit: 10 });
    const snapshot = snapshotAt(50, 3);
    member.piece(snapshot);
    expect(member.readies.flatMap(({ piecesReceived }) => piecesReceived)).toHaveLength(1);
    expect(member.status.lastIndex).toBe(20);
    member.step({ type: 'snapshot-received', snapshot });
    expect(member.status).toMatchObject({
      lastIndex: 50,
      lastTerm: 3,
      commitIndex: 50,
      snapshotIndex: 50,
      compactedIndex: 50,
      durableIndex: 50,
    });
    const installed = member.readies.find(({ restore }) => restore !== null);
    expect(installed?.restore).toEqual(snapshot);
    expect(installed?.persist).toMatchObject({ reset: snapshot, entries: [] });
    expect(member.last('append-reply')).toMatchObject({ to: N1, matched: 50, hint: at(50, 3) });
    member.append(at(50, 3), run(51, 52, 5), 52);
    expect(member.readies.flatMap(({ committed }) => committed).map(({ index }) => index)).toEqual([
      ...Array.from({ length: 10 }, (_, i) => i + 1),
      51,
      52,
    ]);
  });

  it('is not taken back in time by a late one (etcd#18055)', () => {
    const member = new Member({ term: 4, entries: run(1, 60, 3), commit: 55 });
    member.piece(snapshotAt(50, 3)).step({ type: 'snapshot-received', snapshot: snapshotAt(50, 3) });
    expect(member.readies.every(({ restore, piecesReceived }) => restore === null && piecesReceived.length === 0)).toBe(true);
    expect(member.status).toMatchObject({ lastIndex: 60, commitIndex: 55, compactedIndex: 0 });
    expect(member.last('append-reply')).toMatchObject({ matched: 55 });
  });

  it('keeps its log when that holds the end of the snapshot, and drops all of it otherwise (openraft#559)', () => {
    const same = new Member({ term: 4, entries: run(1, 60, 3), commit: 10 });
    same.step({ type: 'snapshot-received', snapshot: snapshotAt(50, 3) });
    expect(same.status).toMatchObject({ lastIndex: 60, commitIndex: 50, compactedIndex: 0 });
    const other = new Member({ term: 4, entries: run(1, 60, 2), commit: 10 });
    other.step({ type: 'snapshot-received', snapshot: snapshotAt(50, 3) });
    expect(other.status).toMatchObject({ lastIndex: 50, commitIndex: 50, compactedIndex: 50 });
  });

  it('does not need what its log can bring', () => {
    const member = new Member({ term: 4, entries: run(1, 60, 3), commit: 10 });
    member.piece(snapshotAt(50, 3));
    expect(member.readies.flatMap(({ piecesReceived }) => piecesReceived)).toEqual([]);
    expect(member.status.commitIndex).toBe(50);
    expect(member.last('append-reply')).toMatchObject({ matched: 50 });
  });

  it('tells an old leader of the newer term', () => {
    const member = new Member({ term: 7, entries: run(1, 5, 3) });
    member.piece(snapshotAt(50, 3), 5);
    expect(member.readies.flatMap(({ piecesReceived }) => piecesReceived)).toEqual([]);
    expect(member.last('append-reply')).toMatchObject({ term: 7, matched: null });
    // Who led term 5 may lead term 7 by now, and count its rounds from the beginning.
    const late = { previous: at(5, 3), entries: [], commit: logIndex(0), readRound: 94 };
    member.hears({ type: 'append-request', from: N1, term: term(5), ...late });
    expect(member.last('append-reply')).toMatchObject({ term: 7, matched: null, readRound: 0 });
  });
});

describe('a log that begins after a snapshot', () => {
  it('an installed snapshot brings its configuration (openraft#1808)', () => {
    const member = new Member({ term: 4, entries: run(1, 20, 1) });
    member.step({ type: 'snapshot-received', snapshot: snapshotAt(50, 3, FOUR) });
    expect(member.status.configuration).toEqual(FOUR);
    expect(member.core.snapshotHead(logIndex(50))).toBeNull();
    member.append(at(50, 3), run(51, 51, 5), 51);
    expect(member.core.snapshotHead(logIndex(51))).toMatchObject({ configuration: FOUR, last: at(51, 5) });
  });

  it('an append that begins before the log adds only what is behind it (willemt/raft#118)', () => {
    const member = new Member({ term: 5, snapshot: snapshotAt(50, 3), entries: run(51, 55, 3), commit: 52 });
    member.append(at(40, 3), run(41, 58, 3), 58);
    expect(member.status).toMatchObject({ lastIndex: 58, commitIndex: 58, compactedIndex: 50 });
    expect(member.last('append-reply')).toMatchObject({ matched: 58 });
    member.append(at(30, 2), [...run(31, 40, 2), ...run(41, 45, 3)], 45);
    expect(member.status).toMatchObject({ lastIndex: 58, commitIndex: 58 });
    expect(member.last('append-reply')).toMatchObject({ matched: 45 });
  });

  it('forgets what a snapshot of its own stands for, and knows the term where it begins', () => {
    const member = new Member({ term: 5, entries: run(1, 60, 3), commit: 55 });
    member.step({ type: 'snapshot-taken', snapshot: snapshotAt(50, 3), upTo: logIndex(45) });
    expect(member.status).toMatchObject({ snapshotIndex: 50, compactedIndex: 45, lastIndex: 60 });
    expect(member.core.termAt(logIndex(45))).toBe(3);
    expect(member.core.termAt(logIndex(44))).toBeNull();
    expect(member.core.entries(logIndex(40), 8).map(({ index }) => index)).toEqual([46, 47]);
  });
});

describe('a leader whose log begins after a snapshot', () => {
  const behind = (member: Member, last: number): Member =>
    member.hears({ type: 'append-reply', from: N3, term: term(6), matched: null, hint: at(last, 2) });
  const pieces = (member: Member) => member.readies.flatMap(({ piecesToSend }) => piecesToSend);
  const answer = (member: Member, next: number): Member =>
    member.hears({ type: 'install-snapshot-reply', from: N3, term: term(6), last: at(100, 4), next });

  it('sends it in pieces to whoever needs what is before, a few at a time', () => {
    const member = behind(leader(), 20);
    expect(member.status.peers.find(({ id }) => id === N3)).toMatchObject({ state: 'snapshot' });
    expect(pieces(member).map(({ to, offset, count }) => [to, offset, count])).toEqual([
      [N3, 0, 300],
      [N3, 300, 300],
    ]);
    answer(member, 300);
    answer(member, 600);
    expect(pieces(member).map(({ offset, count }) => [offset, count])).toEqual([
      [0, 300],
      [300, 300],
      [600, 300],
      [900, 100],
    ]);
    member.hears({ type: 'append-reply', from: N3, term: term(6), matched: logIndex(100), hint: at(100, 4) });
    expect(member.status.peers.find(({ id }) => id === N3)).toMatchObject({ state: 'replicate', matchIndex: 100 });
    expect(member.sent.findLast(({ to }) => to === N3)).toMatchObject({ type: 'append-request', previous: at(100, 4) });
  });

  it('begins anew for a follower that has lost what it had, and sends again what got lost', () => {
    const member = behind(leader(), 20);
    answer(member, 300);
    answer(member, 0);
    expect(pieces(member).at(-2)).toMatchObject({ offset: 0 });
    answer(member, 300);
    const before = pieces(member).length;
    member.now += 600;
    // Whoever is silent gets nothing; an answer to a heartbeat shows that it is there.
    member.hears({ type: 'append-reply', from: N2, term: term(6), matched: logIndex(121), hint: at(121, 6) });
    expect(pieces(member)).toHaveLength(before);
    behind(member, 20);
    expect(
      pieces(member)
        .slice(before)
        .map(({ offset }) => offset),
    ).toEqual([300, 600]);
  });

  it('goes on with a newer one when its log has moved beyond the one on its way', () => {
    const member = behind(leader(), 20);
    member.hears({ type: 'append-reply', from: N2, term: term(6), matched: logIndex(121), hint: at(121, 6) });
    member.now += 1_100;
    member.hears({ type: 'append-reply', from: N2, term: term(6), matched: logIndex(121), hint: at(121, 6) });
    member.step({ type: 'snapshot-taken', snapshot: snapshotAt(120, 4), upTo: logIndex(115) });
    expect(member.status.compactedIndex).toBe(115);
    member.hears({ type: 'append-reply', from: N3, term: term(6), matched: logIndex(100), hint: at(100, 4) });
    expect(pieces(member).at(-1)).toMatchObject({ to: N3, snapshot: { last: at(120, 4) } });
  });

  it('keeps what follows a snapshot on its way, as long as the follower answers', () => {
    const member = behind(leader(), 20);
    member.hears({ type: 'append-reply', from: N2, term: term(6), matched: logIndex(121), hint: at(121, 6) });
    member.step({ type: 'snapshot-taken', snapshot: snapshotAt(120, 4), upTo: logIndex(115) });
    expect(member.status.compactedIndex).toBe(100);
  });

  const has = (member: Member, follower: NodeId, matched: number): Member =>
    member.hears({ type: 'append-reply', from: follower, term: term(6), matched: logIndex(matched), hint: at(matched, 4) });
  const taken = (member: Member): number =>
    member.step({ type: 'snapshot-taken', snapshot: snapshotAt(120, 4), upTo: logIndex(115) }).status.compactedIndex;

  it('keeps what a follower has not got yet that answers, so that it needs no snapshot', () => {
    const member = has(has(leader(), N2, 121), N3, 95);
    expect(taken(member)).toBe(95);
    has(member, N3, 110);
    expect(member.status.peers.find(({ id }) => id === N3)).toMatchObject({ state: 'replicate', matchIndex: 110 });
  });

  it('keeps it no longer for one that is silent, nor more than so many entries or bytes', () => {
    const silent = has(leader(), N3, 95);
    silent.now += 1_100;
    expect(taken(has(silent, N2, 121))).toBe(115);
    // Nothing is known of the other one: our log may not even begin where it ends.
    expect(taken(has(leader(), N2, 121))).toBe(115);
    const behindBy = (limits: Partial<CoreLimits>): number => taken(has(has(leader(limits), N2, 121), N3, 95));
    expect([26, 25].map((heldEntries) => behindBy({ heldEntries }))).toEqual([95, 115]);
    // Twenty entries: c96 to c99, c100 to c115.
    expect([4 * 3 + 16 * 4, 4 * 3 + 16 * 4 - 1].map((heldBytes) => behindBy({ heldBytes }))).toEqual([95, 115]);
  });

  it('knows of a follower that is far behind or is sent a snapshot, while that one answers', () => {
    const limits = { uncommittedEntries: 10, inflightCatchUpBytes: 1, catchUpBytes: 1 };
    const near = has(has(leader(limits), N2, 121), N3, 115);
    const far = has(has(leader(limits), N2, 121), N3, 95);
    const lost = behind(has(leader(limits), N2, 121), 20);
    expect([near, far, lost].map(({ core }) => core.hasStragglers)).toEqual([false, true, true]);
    lost.now += 1_100;
    expect(has(lost, N2, 121).core.hasStragglers).toBe(false);
  });

  it('sends it to a follower that has lost its disk, though it remembers what that one had', () => {
    const member = leader();
    const hears = (index: number, round: number): Member =>
      member.hears({ type: 'append-reply', from: N2, term: term(6), matched: null, hint: at(index, 0), readRound: round });
    const asked = (): number => member.sent.flatMap((each) => (each.type === 'append-request' ? each.readRound : [])).at(-1) ?? 0;
    const known = () => member.status.peers.find(({ id }) => id === N2);
    member.hears({ type: 'append-reply', from: N2, term: term(6), matched: logIndex(121), hint: at(121, 6) });
    member.step({ type: 'peer-closed', peer: N2 });
    // It may be late, so it is asked anew, with the next heartbeat.
    hears(0, 0);
    expect([asked(), known()?.matchIndex]).toEqual([0, 121]);
    member.now += 50;
    member.step({ type: 'tick' });
    expect(asked()).toBe(1);
    hears(0, 0);
    expect(known()).toMatchObject({ state: 'probe', matchIndex: 121 });
    hears(0, 1);
    expect(known()).toMatchObject({ state: 'snapshot', matchIndex: 0 });
    expect(pieces(member).map(({ to, offset }) => [to, offset])).toEqual([
      [N2, 0],
      [N2, 300],
    ]);
    // Nobody refuses any more: heartbeats ask nothing.
    member.now += 50;
    member.step({ type: 'tick' });
    expect(asked()).toBe(1);
  });

  it('looks for the place where the logs meet no further than its log reaches', () => {
    const member = leader();
    member.hears({ type: 'append-reply', from: N3, term: term(6), matched: null, hint: at(110, 3) });
    expect(member.status.peers.find(({ id }) => id === N3)).toMatchObject({ state: 'snapshot' });
  });

  it('takes the newest one when a piece of another cannot be read', () => {
    const member = behind(leader(), 20);
    member.step({ type: 'snapshot-unreadable', to: N3, last: at(100, 4) });
    expect(pieces(member).at(-1)).toMatchObject({ to: N3, offset: 300, snapshot: { last: at(100, 4) } });
    expect(pieces(member)).toHaveLength(4);
  });
});
