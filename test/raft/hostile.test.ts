import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, millis, type NodeId, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { RaftCore } from '../../src/raft/core.ts';
import type { Entry, EntryId, Message, VoteRefusal } from '../../src/raft/messages.ts';

/** Any safe integer may come from the wire; small ones most often, since they get furthest. */
const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 6 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, 2 ** 52, 2 ** 52 - 1, 2 ** 31),
  },
);
const peer: fc.Arbitrary<NodeId> = fc.constantFrom('n1', 'n2', 'n2', 'n3', 'n3', 'stranger').map(nodeId);
const routed = fc.record({ from: peer, to: fc.constantFrom('n1', 'n1', 'n1', 'n1', 'n2').map(nodeId), term: number.map(term) });
const position: fc.Arbitrary<EntryId> = fc.record({ index: number.map(logIndex), term: number.map(term) });
const entry: fc.Arbitrary<Entry> = fc.record({
  index: number.map(logIndex),
  term: number.map(term),
  time: number.map(clusterTime),
  kind: fc.constantFrom('noop', 'command', 'config'),
  data: fc.oneof(fc.string(), fc.constant('{"voters":["n2"],"outgoing":[],"learners":["n1"]}')),
});
/** Half of the lists follow on each other, or no append would ever be taken. */
const entriesAfter = ({ index, term: at }: EntryId): fc.Arbitrary<Entry[]> =>
  fc.oneof(
    fc.array(entry, { maxLength: 3 }),
    fc
      .array(entry, { maxLength: 3 })
      .map((list) => list.map((each, place) => ({ ...each, index: logIndex(index + place + 1), term: term(Math.max(at, 1)) }))),
  );
const refusal: fc.Arbitrary<VoteRefusal | null> = fc.constantFrom('already-voted', 'log-behind', null);

const message: fc.Arbitrary<Message> = fc.oneof(
  fc
    .tuple(routed, position, fc.boolean(), fc.boolean())
    .map(([to, last, preVote, transfer]) => ({ ...to, type: 'vote-request' as const, last, preVote, transfer })),
  fc
    .tuple(routed, fc.boolean(), fc.boolean(), refusal)
    .map(([to, preVote, granted, why]) => ({ ...to, type: 'vote-reply' as const, preVote, granted, refusal: why })),
  fc.tuple(routed, position, number, number).chain(([to, previous, commit, readRound]) =>
    entriesAfter(previous).map((entries) => ({
      ...to,
      type: 'append-request' as const,
      previous,
      entries,
      commit: logIndex(commit),
      readRound,
    })),
  ),
  fc.tuple(routed, fc.option(number), position, number).map(([to, matched, hint, readRound]) => ({
    ...to,
    type: 'append-reply' as const,
    matched: matched === null ? null : logIndex(matched),
    hint,
    readRound,
  })),
  routed.map((to) => ({ ...to, type: 'timeout-now' as const })),
);

function core(): RaftCore {
  return new RaftCore({
    id: nodeId('n1'),
    configuration: { voters: [nodeId('n1'), nodeId('n2'), nodeId('n3')], outgoing: [], learners: [] },
    hardState: { term: term(1), votedFor: null, repairFrom: null },
    entries: [{ index: logIndex(1), term: term(1), time: clusterTime(0), kind: 'command', data: 'kept' }],
    commitHint: logIndex(1),
    now: millis(0),
    random: seededRandom(1),
    heartbeatMs: 50,
    electionMs: 500,
  });
}

/** Carries out everything at once; returns what it would have sent. */
function settle(one: RaftCore, now: number): Message[] {
  const sent: Message[] = [];
  while (one.hasReady()) {
    const ready = one.ready();
    sent.push(...ready.messages, ...ready.messagesAfterPersist);
    if (ready.seq !== null) one.step(millis(now), { type: 'persisted', seq: ready.seq });
  }
  return sent;
}

describe('whatever a peer sends', () => {
  it('nothing throws, nothing committed is lost, nothing absurd is adopted', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: message },
      { weight: 1, arbitrary: fc.constantFrom('tick' as const, 'campaign' as const, 'propose' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const one = core();
        let now = 0;
        let { commitIndex, term: reached } = one.status(millis(0));
        for (const each of steps) {
          now += each === 'tick' ? 600 : 20;
          if (each === 'tick') one.step(millis(now), { type: 'tick' });
          else if (each === 'campaign') one.step(millis(now), { type: 'campaign' });
          else if (each === 'propose') one.propose(millis(now), clusterTime(0), 'x');
          else if (contradictsTheLeader(one, each)) continue;
          else one.step(millis(now), { type: 'message', message: each });
          settle(one, now);
          const status = one.status(millis(now));
          expect(status.commitIndex).toBeGreaterThanOrEqual(commitIndex);
          expect(status.term).toBeGreaterThanOrEqual(reached);
          expect(status.term).toBeLessThan(2 ** 53 - 1_000);
          expect(one.entries(logIndex(1), 1)[0]?.data).toBe('kept');
          ({ commitIndex, term: reached } = status);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('an append with a gap before or within its entries is dropped', () => {
    const one = core();
    const { lastIndex, lastTerm } = one.status(millis(0));
    const at = (index: number) =>
      ({ index: logIndex(index), term: term(5), time: clusterTime(0), kind: 'noop', data: '' }) as const;
    const append = (entries: readonly Entry[]): Message => ({
      type: 'append-request',
      from: nodeId('n2'),
      to: nodeId('n1'),
      term: term(5),
      previous: { index: lastIndex, term: lastTerm },
      entries,
      commit: logIndex(0),
      readRound: 0,
    });
    for (const entries of [[at(lastIndex + 2)], [at(lastIndex + 1), at(lastIndex + 3)]]) {
      one.step(millis(0), { type: 'message', message: append(entries) });
      expect(settle(one, 0)).toEqual([]);
      expect(one.status(millis(0)).lastIndex).toBe(lastIndex);
    }
  });

  it('misdirected messages and one’s own are not answered', () => {
    const one = core();
    const request = {
      type: 'vote-request',
      term: term(9),
      last: { index: logIndex(9), term: term(8) },
      preVote: false,
      transfer: false,
    } as const;
    one.step(millis(0), { type: 'message', message: { ...request, from: nodeId('n2'), to: nodeId('n3') } });
    one.step(millis(0), { type: 'message', message: { ...request, from: nodeId('n1'), to: nodeId('n1') } });
    expect([settle(one, 0), one.status(millis(0)).term]).toEqual([[], 1]);
  });

  it('a term near the end of the integers is not adopted', () => {
    const one = core();
    const message = { type: 'timeout-now', from: nodeId('n2'), to: nodeId('n1'), term: term(Number.MAX_SAFE_INTEGER) } as const;
    one.step(millis(0), { type: 'message', message });
    expect(one.status(millis(0)).term).toBe(1);
  });
});

/** Only the leader we follow may stop us, by contradicting what is committed: that is no longer Raft, see follower.ts. */
function contradictsTheLeader(one: RaftCore, message: Message): boolean {
  const { commitIndex, leader, term: current } = one.status(millis(0));
  if (message.type !== 'append-request' || message.term !== current || (leader !== null && leader !== message.from)) return false;
  const { previous, entries } = message;
  return [previous, ...entries].some(({ index, term: at }) => index <= commitIndex && one.termAt(index) !== at);
}
