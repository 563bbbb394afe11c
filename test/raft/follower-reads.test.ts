/** Linearizable reads at a follower, on a single core that hears what a test tells it (dissertation §6.4). */
import { describe, expect, it } from 'vitest';
import { logIndex, millis, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { RaftCore } from '../../src/raft/core.ts';
import type { Message, ReadIndexRequest } from '../../src/raft/messages.ts';

const [n1, n2, n3] = ['n1', 'n2', 'n3'].map(nodeId) as [
  ReturnType<typeof nodeId>,
  ReturnType<typeof nodeId>,
  ReturnType<typeof nodeId>,
];
const ELECTION_MS = 500;

/** Core n1 of three. */
class One {
  now = 1_000;
  readonly core: RaftCore;
  readonly granted: (readonly [ticket: number, index: number])[] = [];
  readonly failed: number[] = [];
  sent: Message[] = [];

  constructor(seed = 1) {
    this.core = new RaftCore({
      id: n1,
      configuration: { voters: [n1, n2, n3], outgoing: [], learners: [] },
      hardState: { term: term(0), votedFor: null, repairFrom: null },
      entries: [],
      commitHint: logIndex(0),
      now: millis(this.now),
      random: seededRandom(seed),
      heartbeatMs: 50,
      electionMs: ELECTION_MS,
    });
  }

  read(path: 'leader' | 'here' = 'here') {
    return this.core.readIndex(millis(this.now), path);
  }

  hears(message: Message): this {
    this.core.step(millis(this.now), { type: 'message', message });
    return this.settle();
  }

  heartbeat(from: typeof n1, at: number): this {
    const previous = { index: logIndex(0), term: term(0) };
    const rest = { previous, entries: [], commit: logIndex(0), readRound: 0 };
    return this.hears({ type: 'append-request', from, to: n1, term: term(at), ...rest });
  }

  answer(question: ReadIndexRequest | undefined, index: number | null, from = n2, at = 1): this {
    const read = question?.read ?? -1;
    const named = index === null ? null : logIndex(index);
    return this.hears({ type: 'read-index-reply', from, to: n1, term: term(at), read, index: named });
  }

  settle(): this {
    while (this.core.hasReady()) {
      const ready = this.core.ready();
      this.sent.push(...ready.messages, ...ready.messagesAfterPersist);
      for (const { ticket, index } of ready.grantedReads) this.granted.push([ticket, index]);
      this.failed.push(...ready.failedReads);
      if (ready.seq !== null) this.core.step(millis(this.now), { type: 'persisted', seq: ready.seq });
    }
    return this;
  }

  questions(): readonly ReadIndexRequest[] {
    const asked = this.sent.filter((message) => message.type === 'read-index-request');
    this.sent = [];
    return asked;
  }
}

describe('a follower', () => {
  it('asks once for all reads of a turn, and grants them at the index that the leader names', () => {
    const one = new One().heartbeat(n2, 1);
    expect([one.read(), one.read()]).toEqual([
      { ok: true, ticket: 1 },
      { ok: true, ticket: 2 },
    ]);
    const [first, ...others] = one.settle().questions();
    expect(first).toMatchObject({ from: n1, to: n2, term: 1 });
    expect(others).toEqual([]);
    one.read();
    const [second] = one.settle().questions();
    one.answer(second, 7);
    expect(one.granted).toEqual([[3, 7]]);
    one.answer(first, 5).answer(first, 9).answer(second, 9);
    expect(one.granted).toEqual([
      [3, 7],
      [1, 5],
      [2, 5],
    ]);
  });

  it('leaves to the leader what only the leader may answer, and asks nobody when none is known', () => {
    const one = new One();
    expect(one.read()).toEqual({ ok: false, leader: null });
    one.heartbeat(n2, 1);
    expect(one.read('leader')).toEqual({ ok: false, leader: n2 });
    one.core.step(millis(one.now), { type: 'peer-closed', peer: n2 });
    expect(one.settle().read()).toEqual({ ok: false, leader: null });
    expect(one.questions()).toEqual([]);
  });

  it('believes the one it asked and nobody else', () => {
    const one = new One().heartbeat(n2, 1);
    one.read();
    const [question] = one.settle().questions();
    one.answer(question, 3, n3).answer({ ...question, read: 1 } as ReadIndexRequest, 3);
    expect([one.granted, one.failed]).toEqual([[], []]);
  });

  it('fails what it asked when another leads, when the leader is gone, and when nobody confirms', () => {
    for (const lose of [
      (one: One) => one.heartbeat(n3, 2),
      (one: One) => {
        one.core.step(millis(one.now), { type: 'peer-closed', peer: n2 });
        return one.settle();
      },
      (one: One, question: ReadIndexRequest | undefined) => one.answer(question, null),
    ]) {
      const one = new One().heartbeat(n2, 1);
      one.read();
      const [question] = one.settle().questions();
      lose(one, question);
      expect(one.failed).toEqual([1]);
      one.answer(question, 4).answer(question, 4, n2, 2);
      expect(one.granted).toEqual([]);
    }
  });

  it('gives up after an election timeout without an answer, though heartbeats still come', () => {
    const one = new One().heartbeat(n2, 1);
    one.read();
    const [question] = one.settle().questions();
    for (; one.now < 1_000 + ELECTION_MS; one.now += 50) one.heartbeat(n2, 1);
    expect(one.failed).toEqual([]);
    expect(one.core.deadline).toBeLessThanOrEqual(one.now);
    one.core.step(millis(one.now), { type: 'tick' });
    expect(one.settle().failed).toEqual([1]);
    one.answer(question, 4);
    expect(one.granted).toEqual([]);
  });

  it('lets the leader answer when its own log is far behind the index', () => {
    const one = new One().heartbeat(n2, 1);
    one.read();
    const [question] = one.settle().questions();
    one.answer(question, 1_000_000);
    expect([one.granted, one.failed]).toEqual([[], [1]]);
  });
});

it('questions for an index are named anew in each life, so that an answer to an earlier one finds nobody', () => {
  const names = [1, 2, 3].map((seed) => {
    const one = new One(seed).heartbeat(n2, 1);
    one.read();
    return one.settle().questions()[0]?.read ?? -1;
  });
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(Number.isSafeInteger(name)).toBe(true);
});

describe('a leader', () => {
  function leader(): One {
    const one = new One();
    one.core.step(millis(one.now), { type: 'campaign' });
    one.settle();
    for (const preVote of [true, false]) {
      one.hears({ type: 'vote-reply', from: n2, to: n1, term: term(1), preVote, granted: true, refusal: null });
    }
    return one;
  }
  const asks = (one: One, read: number): One => one.hears({ type: 'read-index-request', from: n2, to: n1, term: term(1), read });
  const confirms = (one: One, round: number, matched: number): One => {
    const hint = { index: logIndex(matched), term: term(1) };
    const rest = { matched: logIndex(matched), hint, readRound: round };
    return one.hears({ type: 'append-reply', from: n3, to: n1, term: term(1), ...rest });
  };
  const answers = (one: One) => one.sent.filter((message) => message.type === 'read-index-reply');

  it('names an index once an entry of its term is committed and a quorum has confirmed that it leads', () => {
    const one = leader();
    asks(one, 71);
    expect(answers(one)).toEqual([]);
    confirms(one, 0, 1);
    expect(answers(one)).toEqual([]);
    confirms(one, 1, 1);
    expect(answers(one)).toEqual([{ type: 'read-index-reply', from: n1, to: n2, term: 1, read: 71, index: 1 }]);
  });

  it('puts questions of followers and its own reads into one round', () => {
    const one = confirms(leader(), 0, 1);
    one.core.step(millis(one.now), {
      type: 'message',
      message: { type: 'read-index-request', from: n2, to: n1, term: term(1), read: 5 },
    });
    one.read('leader');
    one.settle();
    const rounds = one.sent.flatMap((message) => (message.type === 'append-request' ? [message.readRound] : []));
    expect(Math.max(...rounds)).toBe(1);
    confirms(one, 1, 1);
    expect([one.granted, answers(one).length]).toEqual([[[1, 1]], 1]);
  });

  it('says so when it cannot tell any more', () => {
    const one = confirms(leader(), 0, 1);
    asks(one, 5);
    one.hears({
      type: 'vote-request',
      from: n3,
      to: n1,
      term: term(9),
      last: { index: logIndex(1), term: term(1) },
      preVote: false,
      transfer: true,
    });
    expect(answers(one)).toMatchObject([{ to: n2, read: 5, index: null }]);
  });
});
