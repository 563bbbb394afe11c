import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { logIndex, millis, nodeId, term } from '../../src/base/brand.ts';
import type { ActiveFault, NodeView } from '../../src/cluster/driver.ts';
import { applying, bestCandidate, isServing, signOfProgress } from '../../src/cluster/native/readiness.ts';
import { EventWords } from '../../src/cluster/native/watch/event-words.ts';
import { PictureKeeper } from '../../src/cluster/native/watch/picture-keeper.ts';
import type { RaftEvent } from '../../src/raft/messages.ts';
import type { MemberStatus } from '../../src/replica/status.ts';
import { fakeStatus } from '../support/fake-status.ts';

const [n1, n2, n3] = [nodeId('n1'), nodeId('n2'), nodeId('n3')];

function status(role: MemberStatus['role'], inTerm: number): MemberStatus {
  return { role, term: term(inTerm) } as unknown as MemberStatus;
}

function keeperOf(): PictureKeeper {
  const nodes = [n1, n2, n3].map((id) => ({ id, url: `ws://127.0.0.1/${id}` }));
  return new PictureKeeper({ name: 'demo', dir: null, nodes });
}

describe('the picture', () => {
  it('is told of once per turn, and stays the same object while nothing changes', async () => {
    const keeper = keeperOf();
    let told = 0;
    const stop = keeper.onChange(() => {
      told += 1;
    });
    keeper.updateNode(n1, { state: 'up', pid: 1 });
    keeper.updateNode(n2, { state: 'up', pid: 2 });
    await turn();
    expect(told).toBe(1);
    const before = keeper.picture;
    keeper.updateNode(n1, { state: 'up', pid: 1 });
    keeper.updateFaults([]);
    await turn();
    expect([told, keeper.picture === before]).toEqual([1, true]);
    keeper.updateNode(n2, { state: 'paused' });
    expect(keeper.picture.nodes[0]).toBe(before.nodes[0]);
    stop();
    await turn();
    expect(told).toBe(1);
  });

  it('names the leader of the newest term that is up', () => {
    const keeper = keeperOf();
    const up: Partial<NodeView> = { state: 'up' };
    keeper.updateNode(n1, { ...up, status: status('leader', 3) });
    expect(keeper.picture).toMatchObject({ leader: 'n1', term: 3 });
    keeper.updateNode(n2, { ...up, status: status('leader', 4) });
    expect(keeper.picture).toMatchObject({ leader: 'n2', term: 4 });
    keeper.updateNode(n2, { state: 'paused' });
    keeper.updateNode(n1, { state: 'down', pid: null });
    expect(keeper.picture).toMatchObject({ leader: null, term: 4 });
  });

  it('does not take what a process said for what the next one is', () => {
    const keeper = keeperOf();
    keeper.updateNode(n1, { state: 'up', pid: 1, status: status('leader', 3), seenAt: 5 });
    keeper.updateProcess(n1, { state: 'down', pid: null }, false);
    expect(keeper.node(n1)).toMatchObject({ state: 'down', status: { role: 'leader' }, seenAt: 5 });
    keeper.updateProcess(n1, { state: 'up', pid: 2 }, false);
    expect(keeper.node(n1)).toMatchObject({ state: 'up', pid: 2, status: null, seenAt: null });
    expect(keeper.picture.leader).toBeNull();
    keeper.updateNode(n1, { status: status('follower', 3), seenAt: 9 });
    keeper.updateProcess(n1, { state: 'up', pid: 3 }, true);
    expect(keeper.node(n1)).toMatchObject({ pid: 3, status: { role: 'follower' }, seenAt: 9 });
  });

  it('notices when a node leaves a fault that stays', () => {
    const keeper = keeperOf();
    const fault: ActiveFault = {
      id: 1,
      kind: 'kill',
      command: 'kill n1,n2',
      nodes: [n1, n2],
      since: 0,
      until: null,
      owner: 'cli',
    };
    keeper.updateFaults([fault]);
    keeper.updateFaults([{ ...fault, nodes: [n2], command: 'kill n2' }]);
    expect(keeper.picture.faults[0]?.command).toBe('kill n2');
  });
});

describe('events in words', () => {
  const election = (inTerm: number, preVote: boolean): RaftEvent => ({
    type: 'election',
    term: term(inTerm),
    preVote,
    reason: 'no heartbeat',
  });
  const vote = (from: RaftEvent & { type: 'vote-received' }): RaftEvent => from;

  it('tell how an election was won', () => {
    const words = new EventWords();
    words.describe(n1, 1_000, election(8, false), 3);
    words.describe(
      n1,
      1_100,
      vote({ type: 'vote-received', from: n2, term: term(8), preVote: false, granted: true, refusal: null }),
      3,
    );
    const won = words.describe(n1, 1_163, { type: 'role', role: 'leader', term: term(8), leader: n1, reason: '' }, 3);
    expect(won).toEqual({ kind: 'role', severity: 'info', text: 'won term 8 with 2 of 3 in 163 ms' });
  });

  it('tell why a vote was refused', () => {
    const refused = vote({
      type: 'vote-received',
      from: n2,
      term: term(9),
      preVote: true,
      granted: false,
      refusal: 'leader-is-alive',
    });
    expect(new EventWords().describe(n1, 0, refused, 3)?.text).toBe('pre-vote for term 9: n2 refuses (leader is alive)');
    const repairing = { ...refused, refusal: 'repairing' } as const;
    expect(new EventWords().describe(n1, 0, repairing, 3)?.text).toContain('n2 refuses (it is repairing its log)');
    const begun = { type: 'repair', since: term(9), state: 'begun' } as const;
    expect(new EventWords().describe(n1, 0, begun, 3)).toMatchObject({ kind: 'log', severity: 'warn' });
  });

  it('warn when a leader steps down, and only then', () => {
    const words = new EventWords();
    words.describe(n1, 0, { type: 'role', role: 'leader', term: term(2), leader: n1, reason: '' }, 3);
    const follow: RaftEvent = { type: 'role', role: 'follower', term: term(3), leader: n2, reason: 'newer term' };
    expect(words.describe(n1, 0, follow, 3)).toMatchObject({
      severity: 'warn',
      text: 'steps down and follows n2 in term 3 (newer term)',
    });
    expect(words.describe(n1, 0, follow, 3)).toMatchObject({ severity: 'info' });
  });

  it('do not credit a new process with the votes of the old one', () => {
    const words = new EventWords();
    words.describe(n1, 0, election(8, false), 3);
    words.forget(n1);
    const won = words.describe(n1, 9, { type: 'role', role: 'leader', term: term(8), leader: n1, reason: '' }, 3);
    expect(won?.text).toBe('leads in term 8');
  });
});

describe('a cluster that serves', () => {
  const base = { role: 'leader', term: 3, commitIndex: 5, appliedIndex: 5, tail: { first: 4, terms: [2, 3] } };
  it.each([
    [base, true],
    [{ ...base, commitIndex: 4 }, false],
    [{ ...base, appliedIndex: 4 }, false],
    [{ ...base, appliedIndex: 3 }, false],
    [{ ...base, role: 'follower' }, false],
    [{ ...base, commitIndex: 0, tail: { first: 1, terms: [] } }, false],
  ])('has a leader that has committed and applied an entry of its own term: %j', (given, serves) => {
    expect(isServing(given as unknown as MemberStatus)).toBe(serves);
  });
});

describe('a node that gets on', () => {
  const now = fakeStatus(n1);
  it.each([
    { term: term(2) },
    { lastIndex: logIndex(6) },
    { commitIndex: logIndex(6) },
    { appliedIndex: logIndex(6) },
    { sync: { ...now.sync, count: 1 } },
    { links: [{ peer: n2, connected: true, rttMs: 1, queuedBytes: 0 }] },
  ])('shows it by %j', (change) => {
    expect(signOfProgress({ ...now, ...change })).not.toBe(signOfProgress(now));
  });

  it.each([{ role: 'pre-candidate' as const }, { uptimeMs: millis(9_000) }, { election: null }])(
    'does not show it by %j',
    (change) => {
      expect(signOfProgress({ ...now, ...change })).toBe(signOfProgress(now));
    },
  );
});

describe('a node that applies its log', () => {
  it('tells how much is left, when that is much', () => {
    expect(applying({ commitIndex: 171_000, appliedIndex: 20 } as MemberStatus)).toBe('applies its log, 180,000 entries left');
    expect(applying({ commitIndex: 171_000, appliedIndex: 165_000 } as MemberStatus)).toBeNull();
    expect(applying({ commitIndex: 3, appliedIndex: 3 } as MemberStatus)).toBeNull();
  });
});

describe('the first candidate of a fresh start', () => {
  const follower = (id: string, lastTerm: number, lastIndex: number, linked: number): MemberStatus =>
    ({
      id,
      role: 'follower',
      leader: null,
      lastTerm,
      lastIndex,
      appliedIndex: 0,
      links: Array.from({ length: linked }, () => ({ connected: true })),
    }) as unknown as MemberStatus;

  it('is the one whose log the others must accept, once it can reach them', () => {
    const [one, other] = [follower('n1', 2, 9, 2), follower('n2', 3, 4, 2)];
    expect(bestCandidate([one, other], 3)).toBe('n2');
    expect(bestCandidate([one, { ...other, repairing: true }], 3)).toBe('n1');
    const [behind, ahead] = [other, { ...other, id: n3, appliedIndex: logIndex(other.appliedIndex + 1) }];
    expect([bestCandidate([behind, ahead], 3), bestCandidate([ahead, behind], 3)]).toEqual(['n3', 'n3']);
    expect(bestCandidate([one, follower('n2', 2, 9, 0)], 3)).toBe('n1');
    expect(bestCandidate([one, follower('n2', 3, 4, 0)], 3)).toBeNull();
  });

  it('is nobody while a majority is missing, a leader is known or an election is under way', () => {
    const one = follower('n1', 1, 1, 2);
    expect(bestCandidate([one], 3)).toBeNull();
    expect(bestCandidate([one, { ...one, id: n2, leader: n3 }], 3)).toBeNull();
    expect(bestCandidate([one, { ...one, id: n2, role: 'candidate' }], 3)).toBeNull();
    expect(bestCandidate([one, { ...one, id: n2, role: 'pre-candidate' }], 3)).toBe('n1');
    expect(bestCandidate([follower('n1', 0, 0, 0)], 1)).toBe('n1');
  });
});
