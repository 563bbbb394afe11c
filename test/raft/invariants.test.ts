import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, millis, nodeId, term } from '../../src/base/brand.ts';
import { InvariantChecker, type ObservedMember } from '../../src/raft/invariants.ts';
import type { CoreStatus, Entry } from '../../src/raft/messages.ts';

/** A member as it might be seen, with a log of these terms. */
function member(id: string, terms: readonly number[], status: Partial<CoreStatus> = {}, data = 'x'): ObservedMember {
  const entries = terms.map(
    (at, place): Entry => ({ index: logIndex(place + 1), term: term(at), time: clusterTime(0), kind: 'command', data }),
  );
  return {
    status: {
      id: nodeId(id),
      role: 'follower',
      term: term(terms.at(-1) ?? 0),
      votedFor: null,
      leader: null,
      configuration: { voters: [], outgoing: [], learners: [] },
      lastIndex: logIndex(terms.length),
      lastTerm: term(terms.at(-1) ?? 0),
      commitIndex: logIndex(0),
      durableIndex: logIndex(0),
      repairing: false,
      election: null,
      votes: null,
      peers: [],
      transferTo: null,
      ...status,
    },
    entries: (from, limit) => entries.slice(from - 1, from - 1 + limit),
  };
}

const leads = (at: number): Partial<CoreStatus> => ({ role: 'leader', term: term(at) });
const committed = (index: number): Partial<CoreStatus> => ({ commitIndex: logIndex(index) });
const observe = (...members: ObservedMember[]) => {
  const checker = new InvariantChecker();
  return () => {
    for (const each of members) checker.observe(each);
  };
};

describe('each broken promise is noticed', () => {
  it('election safety', () => {
    expect(observe(member('n1', [1], leads(2)), member('n2', [1], leads(3)))).not.toThrow();
    expect(observe(member('n1', [1], leads(2)), member('n2', [1], leads(2)))).toThrow('one leader per term');
  });

  it('a leader only appends', () => {
    expect(observe(member('n1', [1, 2], leads(2)), member('n1', [1, 2, 2], leads(2)))).not.toThrow();
    expect(observe(member('n1', [1, 2], leads(2)), member('n1', [1], leads(2)))).toThrow('never replaces its own');
  });

  it('log matching', () => {
    expect(observe(member('n1', [1, 2]), member('n2', [1, 1, 3]))).not.toThrow();
    expect(observe(member('n1', [1, 2]), member('n2', [1, 2], {}, 'y'))).toThrow('the same entry after the same prefix');
    expect(observe(member('n1', [1, 2, 2]), member('n2', [1, 1, 2]))).toThrow('the same entry after the same prefix');
  });

  it('leader completeness', () => {
    expect(observe(member('n1', [1, 1], committed(2)), member('n2', [1, 1], leads(2)))).not.toThrow();
    expect(observe(member('n1', [1, 1], committed(2)), member('n2', [1], leads(2)))).toThrow('a new leader holds everything');
    expect(observe(member('n2', [1], leads(2)), member('n1', [1, 1], committed(2)))).toThrow('a leader of a later term holds');
  });

  it('state machine safety', () => {
    expect(observe(member('n1', [1, 1], committed(1)), member('n2', [1, 2], committed(2)))).not.toThrow();
    expect(observe(member('n1', [1, 1], committed(2)), member('n2', [1, 2], committed(2)))).toThrow('all commit the same entry');
  });

  it('nothing goes back', () => {
    expect(observe(member('n1', [1, 1], committed(2)), member('n1', [1, 1], committed(1)))).toThrow(
      'commit index never goes back',
    );
    expect(observe(member('n1', [2]), member('n1', [1]))).toThrow('terms never go back');
  });

  it('a restart may go back to what was durable', () => {
    const checker = new InvariantChecker();
    checker.observe(member('n1', [1, 1], committed(2)));
    checker.restarted(nodeId('n1'));
    expect(() => checker.observe(member('n1', [1], committed(0)))).not.toThrow();
  });

  it('one vote per term, over restarts', () => {
    const checker = new InvariantChecker();
    const vote = { type: 'vote-reply', from: nodeId('n1'), term: term(1), preVote: false, granted: true, refusal: null } as const;
    checker.sent({ ...vote, to: nodeId('n2') });
    checker.restarted(nodeId('n1'));
    checker.sent({ ...vote, to: nodeId('n3'), preVote: true });
    expect(() => checker.sent({ ...vote, to: nodeId('n3') })).toThrow('one vote per term');
    expect(observe(member('n1', [1], { votedFor: nodeId('n1') }), member('n1', [1], { votedFor: nodeId('n2') }))).toThrow(
      'one vote per term',
    );
  });

  it('states that make no sense', () => {
    const peer = {
      id: nodeId('n2'),
      state: 'probe',
      matchIndex: logIndex(1),
      nextIndex: logIndex(1),
      inflight: 0,
      heardAgoMs: millis(0),
    } as const;
    expect(observe(member('n1', [1], committed(2)))).toThrow('only what is in the log');
    expect(observe(member('n1', [1], { ...leads(1), peers: [peer] }))).toThrow('matchIndex < nextIndex');
  });
});
