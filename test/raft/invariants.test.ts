import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, millis, nodeId, term } from '../../src/base/brand.ts';
import { InvariantChecker, type ObservedMember } from '../../src/raft/invariants.ts';
import type { CoreStatus, Entry } from '../../src/raft/messages.ts';
import { BrokenPromise, PROMISES } from '../../src/raft/promises.ts';

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
      snapshotIndex: logIndex(0),
      compactedIndex: logIndex(0),
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

describe('a snapshot', () => {
  it('that was installed over a tail of an older term has replaced it', () => {
    const whole = member('n2', [1, 2, 2], committed(3));
    const installed = { ...committed(3), snapshotIndex: logIndex(3), compactedIndex: logIndex(3) };
    expect(observe(member('n1', [1, 1, 1]), whole, member('n1', [1, 2, 2], installed))).not.toThrow();
    expect(observe(member('n1', [1, 1, 1]), whole, member('n1', [1, 2, 2, 2], installed))).not.toThrow();
    // Of its own log, a node leaves out what it had.
    expect(observe(member('n1', [1, 1, 1]), whole, member('n1', [1, 1, 1], installed))).toThrow('all commit the same');
  });
});

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

describe('states, answers and what is forgotten', () => {
  const at = (index: number, inTerm: number) => ({ index: logIndex(index), term: term(inTerm) });

  it('one state for one applied index', () => {
    const checker = new InvariantChecker();
    checker.applied('n1', logIndex(256), 7);
    checker.applied('n1', logIndex(256), 7);
    expect(checker.checked('state-machine-safety')).toBe(0);
    checker.applied('n2', logIndex(256), 7);
    checker.applied('n2', logIndex(257), 8);
    expect(checker.checked('state-machine-safety')).toBe(1);
    expect(() => checker.applied('n3', logIndex(256), 9)).toThrow('the same applied index is the same state');
  });

  it('what was acknowledged is what is committed, whichever is seen first', () => {
    const before = new InvariantChecker();
    before.acknowledged(at(2, 1));
    expect(before.checked('acknowledged-writes')).toBe(0);
    before.observe(member('n1', [1, 1], committed(2)));
    expect(before.checked('acknowledged-writes')).toBe(1);
    expect(() => before.observe(member('n2', [1, 2], committed(2)))).toThrow('what was acknowledged is what is committed');
    const later = new InvariantChecker();
    later.observe(member('n1', [1, 2], committed(2)));
    later.acknowledged(at(2, 2));
    expect(() => later.acknowledged(at(1, 2))).toThrow('what was acknowledged is what is committed');
  });

  it('a later leader without what was acknowledged has lost it', () => {
    const broken: BrokenPromise[] = [];
    const checker = new InvariantChecker((each) => broken.push(each));
    checker.acknowledged(at(2, 1));
    checker.observe(member('n1', [1, 1], committed(2)));
    checker.observe(member('n2', [1], leads(2)));
    expect(broken.map(({ promise }) => promise)).toEqual(['acknowledged-writes']);
  });

  it('a leader may lack what a later one committed and a deposed one acknowledged', () => {
    const checker = new InvariantChecker();
    checker.acknowledged(at(2, 1));
    checker.observe(member('n2', [1], leads(2)));
    checker.observe(member('n3', [1, 1, 3], { ...leads(3), ...committed(3) }));
    expect(() => checker.observe(member('n1', [1, 1, 3], { ...committed(3), term: term(3) }))).not.toThrow();
  });

  it('goes on after a breach for whoever listens, and names the promise', () => {
    const broken: BrokenPromise[] = [];
    const checker = new InvariantChecker((each) => broken.push(each));
    checker.leads(nodeId('n1'), term(3));
    checker.leads(nodeId('n2'), term(3));
    checker.voted(nodeId('n3'), term(3), nodeId('n1'));
    checker.voted(nodeId('n3'), term(3), nodeId('n2'));
    expect(broken.map(({ promise }) => promise)).toEqual(['election-safety', 'one-vote']);
    expect(broken[0]).toBeInstanceOf(BrokenPromise);
    expect(new Set(PROMISES.map(({ id }) => id)).size).toBe(PROMISES.length);
  });

  it('a log that begins later is compared from there', () => {
    const known = (first: number, last: number, exact = true) => ({
      known: { first: logIndex(first), last: logIndex(last), exact },
    });
    const checker = new InvariantChecker();
    checker.observe(member('n1', [1, 1, 2, 2], committed(4)));
    checker.observe({ ...member('n2', [9, 9, 2, 2], committed(4)), ...known(3, 4) });
    expect(() => checker.observe({ ...member('n3', [9, 9, 2, 3], committed(4)), ...known(3, 4) })).toThrow(
      'all commit the same entry',
    );
  });

  it('does not blame a leader for entries that were not looked at', () => {
    const part = { known: { first: logIndex(1), last: logIndex(1), exact: false } };
    const checker = new InvariantChecker();
    checker.observe(member('n1', [1, 1, 1], committed(3)));
    expect(() => checker.observe({ ...member('n2', [1, 9, 9], leads(9)), ...part })).not.toThrow();
    expect(() => checker.observe(member('n2', [1, 9, 9], leads(9)))).toThrow('a new leader holds everything committed before');
  });

  it('forgets what is old, and still compares what is new', () => {
    const checker = new InvariantChecker();
    checker.observe(member('n1', [1, 1, 1], committed(3)));
    checker.applied('n1', logIndex(2), 5);
    checker.forget(2, 1);
    checker.applied('n2', logIndex(2), 6);
    expect(() => checker.observe(member('n2', [2, 2, 2], committed(2)))).not.toThrow();
    expect(() => checker.observe(member('n2', [2, 2, 2], committed(3)))).toThrow('all commit the same entry');
  });

  it('forgets again and again, in the end also what was told of late', () => {
    const checker = new InvariantChecker();
    const rows = (at: number) =>
      [1, 2].map((index) => ({ index: logIndex(index), term: term(at), kind: 'command' as const, data: 'x' }));
    const tell = (id: string, at: number): void =>
      checker.readCommitted(member(id, [at, at], committed(2)).status, null, rows(at));
    tell('n1', 1);
    checker.forget(1, 1);
    checker.forget(2, 1);
    expect(() => tell('n2', 2)).not.toThrow();
    expect(() => tell('n3', 3)).toThrow('all commit the same entry');
    for (let i = 0; i < 8; i += 1) checker.forget(2, 1);
    expect(() => tell('n3', 3)).not.toThrow();
  });

  it('holds nothing against a log that a snapshot took the place of', () => {
    const checker = new InvariantChecker();
    checker.observe(member('n1', [1, 1, 2, 2], { ...committed(4), term: term(2) }));
    // Its own entries of term 3 at 3 and 4 were never committed; the snapshot of 4 replaced them.
    checker.observe(member('n2', [1, 1, 3, 3], { ...committed(2), term: term(3) }));
    const behind = member('n2', [1, 1, 2, 2], { ...committed(4), term: term(3) });
    checker.observe({
      status: { ...behind.status, snapshotIndex: logIndex(4), compactedIndex: logIndex(4) },
      entries: () => [],
    });
    const status = { ...committed(5), term: term(3), snapshotIndex: logIndex(4), compactedIndex: logIndex(4) };
    const grown = member('n2', [1, 1, 2, 2, 3], status);
    checker.observe({ ...grown, entries: (from, limit) => grown.entries(logIndex(Math.max(5, from)), limit) });
    expect(checker.isCommitted({ index: logIndex(5), term: term(3) })).toBe(true);
  });
});
