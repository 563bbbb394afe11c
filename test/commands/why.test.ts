/** Questions and their answers, each from a picture and the events that led to it. */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import type { ClusterEvent, ClusterPicture } from '../../src/cluster/driver.ts';
import type { Story } from '../../src/commands/why/story.ts';
import { why } from '../../src/commands/why/why.ts';
import { whyEvent } from '../../src/commands/why/why-event.ts';
import type { RaftEvent } from '../../src/raft/messages.ts';
import { FAKE_NOW, fakeEvent, fakeFault, fakeLog, fakePeer, fakePicture, withNode } from '../support/fake-picture.ts';
import { scenePicture } from '../support/fake-scene.ts';

let seq = 0;
/** `ago` milliseconds before now. */
function told(ago: number, node: string, raft: RaftEvent, changes: Partial<ClusterEvent> = {}): ClusterEvent {
  seq += 1;
  return fakeEvent(seq, '', { time: clusterTime(FAKE_NOW - ago), node: nodeId(node), raft, ...changes });
}
const stood = (ago: number, node: string, at: number, preVote: boolean, reason: string): ClusterEvent =>
  told(ago, node, { type: 'election', term: term(at), preVote, reason });
const vote = (ago: number, node: string, from: string, at: number, granted: boolean, preVote = false): ClusterEvent =>
  told(ago, node, {
    type: 'vote-received',
    from: nodeId(from),
    term: term(at),
    preVote,
    granted,
    refusal: granted ? null : 'leader-is-alive',
  });
const role = (ago: number, node: string, which: 'leader' | 'follower', at: number, leader: string): ClusterEvent =>
  told(ago, node, { type: 'role', role: which, term: term(at), leader: nodeId(leader), reason: '' });
const happened = (ago: number, node: string | null, text: string, changes: Partial<ClusterEvent>): ClusterEvent => {
  seq += 1;
  return fakeEvent(seq, text, { time: clusterTime(FAKE_NOW - ago), node: node === null ? null : nodeId(node), ...changes });
};

function ask(
  about: string | null,
  picture: ClusterPicture,
  events: readonly ClusterEvent[] = [],
  more: Partial<Story> = {},
): string {
  return why({ picture, events, wall: FAKE_NOW, failure: null, ...more }, about, { marked: [], cursor: null }).join('\n');
}

const succession: readonly ClusterEvent[] = [
  role(60_000, 'n2', 'leader', 7, 'n2'),
  happened(20_100, null, 'kill n2', { kind: 'fault', severity: 'warn', fault: 1 }),
  happened(20_096, 'n2', 'killed (pid 28477)', { kind: 'process', severity: 'warn' }),
  stood(20_010, 'n1', 8, true, 'n2 is gone'),
  stood(20_000, 'n1', 8, false, 'encouraged by n3'),
  vote(19_990, 'n1', 'n3', 8, true),
  vote(19_985, 'n1', 'n4', 8, true),
  role(19_837, 'n1', 'leader', 8, 'n1'),
];

describe('why leader', () => {
  it('tells the end of the leader before, who stood and why, and who voted', () => {
    const text = ask('leader', fakePicture(5, [5, 8], 2), succession);
    expect(text).toContain('n1 leads term 8.');
    expect(text).toContain('n2 led term 7 before. Then, 96 ms before the election: n2 killed (pid 28477).');
    expect(text).toMatch(/n1 stood for election at [\d:.]+: n2 is gone\./);
    expect(text).toMatch(/n1 won term 8 at .*, 163 ms after it stood: n3 and n4 voted for it\./);
    expect(text).toContain('It stays because n2, n3, n4 and n5 hear it: 5 of 5, 3 are needed.');
  });

  it('says when that is older than what is recorded', () => {
    expect(ask('leader', fakePicture(3))).toContain('not among the events recorded so far');
  });

  it('names what is missing when there can be none', () => {
    let picture: ClusterPicture = {
      ...fakePicture(3),
      leader: null,
      faults: [fakeFault(1, 'kill n2'), fakeFault(2, 'isolate n3')],
    };
    picture = withNode(picture, 'n2', { state: 'down' });
    const text = ask('leader', picture, succession);
    expect(text).toContain('No node leads: 1 of 3 can work together, and an election needs 2.');
    expect(text).toContain('n2 cannot take part: it is down: kill n2 (fault 1).');
    expect(text).toContain('n3 reaches nobody: isolate n3 (fault 2).');
  });

  it('says who is deposed without knowing it', () => {
    const picture = withNode(fakePicture(3, [1, 2]), 'n3', {}, { role: 'leader', term: term(1) });
    expect(ask('leader', picture)).toContain('n3 still believes to lead term 1');
  });
});

describe('why a node', () => {
  const scene = scenePicture();
  const asks = [
    stood(3_000, 'n5', 9, true, 'no word from n1 for 700 ms'),
    vote(2_990, 'n5', 'n2', 9, false, true),
    stood(1_000, 'n5', 9, true, 'too few answered the pre-vote'),
    vote(990, 'n5', 'n2', 9, false, true),
    vote(985, 'n5', 'n3', 9, false, true),
  ];
  it.each([
    [
      'down',
      'n4',
      [
        'n4: it is down: kill n4 (fault 1).',
        'restart n4 brings it back, then n1 sends it',
        'of term 6, never reached a majority',
      ],
    ],
    [
      'asks for pre-votes',
      'n5',
      [
        'for the 2nd time',
        'nothing from n1 reaches n5: isolate n5 (fault 3)',
        'It has 1 of the 3 pre-votes',
        'n2 and n3 refuse: it hears a leader',
        'disturbs nobody',
      ],
    ],
    ['lags', 'n3', ['n3 follows n1 in term 8', 'It has everything that is committed']],
    ['leads', 'leader', ['n1 leads term 8']],
  ])('that %s', (_, about, parts) => {
    const text = ask(about, scene, asks);
    for (const part of parts) expect(text).toContain(part);
  });

  it('that is behind, with the reason', () => {
    const long = Array.from({ length: 40 }, () => 1);
    const led = withNode(fakePicture(3, long), 'n1', {}, { peers: [fakePeer('n2', 20), fakePeer('n3', 40)] });
    const behind = withNode(led, 'n2', {}, fakeLog(long.slice(0, 20), 20));
    const slow = withNode(behind, 'n2', {}, { sync: { p50Ms: 90, p99Ms: 240, maxMs: 300, count: 9 } });
    const peers = [fakePeer('n2', 20, { state: 'probe' }), fakePeer('n3', 40)];
    const cases: readonly (readonly [ClusterPicture, string])[] = [
      [behind, 'It lacks 20 committed entries: n1 has sent it and waits for the answer.'],
      [slow, 'its disk is slow: an fsync takes up to 240 ms'],
      [withNode(behind, 'n1', {}, { peers }), 'n1 is still looking for the place where its log agrees'],
      [{ ...behind, faults: [fakeFault(4, 'link n1 n2 --delay 80ms..120ms --both')] }, 'its link to n1 is impaired: link n1 n2'],
      [{ ...behind, faults: [fakeFault(5, 'link n2 n1 --drop 1')] }, 'nothing from n2 reaches n1: link n2 n1 --drop 1 (fault 5)'],
    ];
    for (const [picture, part] of cases) expect(ask('n2', picture)).toContain(part);
  });

  it('that repairs its log, before anything else', () => {
    expect(ask('n2', withNode(fakePicture(5), 'n2', {}, { repairing: true }))).toMatch(/^n2 is repairing its log/);
  });

  it('refuses what is no node', () => {
    expect(() => ask('n9', scene)).toThrow('there is no node "n9"');
  });
});

it('does not say that a leader hears whom it has not heard yet', () => {
  const picture = fakePicture(3);
  const [leader] = picture.nodes;
  const peers = (leader?.status?.peers ?? []).map((peer) => (peer.id === 'n2' ? { ...peer, matchIndex: logIndex(0) } : peer));
  const asked = (shown: ClusterPicture): string =>
    why({ picture: shown, events: [], wall: FAKE_NOW, failure: null }, 'n2', { marked: [], cursor: null }).join(' ');
  expect(asked(picture)).toContain('n1 hears it answer');
  expect(asked(withNode(picture, 'n1', {}, { peers }))).toContain('n1 has not heard it answer yet');
});

it('does not count what a node missed that has never spoken', () => {
  const asked = (picture: ClusterPicture): string =>
    why({ picture, events: [], wall: FAKE_NOW, failure: null }, 'n4', { marked: [], cursor: null }).join(' ');
  expect(asked(scenePicture())).toMatch(/n1 sends it the \d+ entries it missed/);
  expect(asked(withNode(scenePicture(), 'n4', {}, null))).toContain('n1 sends it what it missed');
});

describe('why an entry', () => {
  it('counts disks, and not what is on its way to them', () => {
    const terms = Array.from({ length: 10 }, () => 1);
    const peers = [fakePeer('n2', 10), fakePeer('n3', 5), fakePeer('n4', 9), fakePeer('n5', 9)];
    let picture = withNode(fakePicture(5, terms, 9), 'n1', {}, { peers });
    for (const [id, durable] of [
      ['n3', 5],
      ['n4', 9],
      ['n5', 9],
    ] as const) {
      picture = withNode(picture, id, {}, { durableIndex: logIndex(durable) });
    }
    const told = ask('10', picture);
    expect(told).toContain('Entry 10 of term 1 is not committed: it is on n1 and n2, 2 of the 3 that are needed.');
    expect(told).toContain('n3, n4 and n5 are still writing it to disk.');
    expect(ask('n3', picture)).toContain('It lacks 4 committed entries');
  });

  it.each([
    ['committed', '1280', ['Entry 1280 of term 8 is committed: it is on n1, n2, n3 and n5']],
    [
      'waiting',
      '1286',
      [
        'is not committed: it is on n1 and n2, 2 of the 3 that are needed.',
        'Waiting for n3, n5 or n4 (down).',
        'n4 lacks it: it is down: kill n4 (fault 1).',
        'n5 lacks it: nothing from n1 reaches n5: isolate n5 (fault 3).',
      ],
    ],
    ['doubled', '1267', ['n4 has another entry here, of term 6: it will be truncated once n4 hears n1.']],
    ['old', '12', ['Entry 12 is committed: n1, n2, n3, n4 and n5 know that it is.']],
    ['missing', '5000', ['There is no entry 5000 yet: the newest in any log is 1286.']],
  ])('that is %s', (_, about, parts) => {
    const text = ask(about, scenePicture());
    for (const part of parts) expect(text).toContain(part);
  });

  it('of an earlier term, which waits for one of the own (Raft 5.4.2)', () => {
    const terms = [1, 1, 1];
    const picture = withNode(
      fakePicture(3, terms, 1),
      'n1',
      {},
      { term: term(2), peers: [fakePeer('n2', 3), fakePeer('n3', 3)] },
    );
    expect(ask('3', picture)).toContain('It is of T1: it commits together with the first entry of T2.');
  });

  it('never counts from nought', () => {
    expect(() => ask('0', scenePicture())).toThrow('entries count from 1');
  });
});

describe('why a request was refused', () => {
  const failure = { line: 'put a 1', time: FAKE_NOW - 2_000, kind: 'NO_QUORUM', message: 'No leader.' } as const;
  it('explains the quorum, and that nothing happened', () => {
    const picture = withNode(
      { ...fakePicture(3), leader: null, faults: [fakeFault(1, 'kill n2'), fakeFault(2, 'kill n1')] },
      'n2',
      { state: 'down' },
    );
    const text = ask('refused', withNode(picture, 'n1', { state: 'down' }), [], { failure });
    expect(text).toContain('put a 1: No leader. (at');
    expect(text).toContain('it did not happen');
    expect(text).toContain('No node leads: 1 of 3 can work together');
  });

  it('says what an unknown outcome may mean, and that it would go through now', () => {
    const text = ask('refused', fakePicture(3), [], { failure: { ...failure, kind: 'UNKNOWN_OUTCOME' } });
    expect(text).toContain('it may be in the log and commit later, or be truncated');
    expect(text).toContain('By now n1 leads term 1: it would go through.');
  });

  it('is the answer to a bare why for a minute', () => {
    expect(ask(null, fakePicture(3), [], { failure })).toContain('put a 1');
    expect(ask(null, fakePicture(3), [], { failure: { ...failure, time: FAKE_NOW - 120_000 } })).toContain('n1 leads term 1.');
    expect(ask('refused', fakePicture(3))).toContain('No request has been refused here');
  });
});

describe('why an event', () => {
  const storyOf = (events: readonly ClusterEvent[]): Story => ({
    picture: fakePicture(5, [5, 8], 2),
    events,
    wall: FAKE_NOW,
    failure: null,
  });
  it('tells an election from its victory, and nothing that came after it', () => {
    const victory = succession.at(-1);
    const later = [...succession, vote(100, 'n1', 'n5', 8, true)];
    expect(victory === undefined ? [] : whyEvent(storyOf(later), victory).join(' ')).toMatch(/n3 and n4 voted for it/);
  });

  it('explains a refused vote by its reason', () => {
    expect(whyEvent(storyOf([]), vote(1, 'n5', 'n2', 9, false, true))).toEqual([
      expect.stringContaining('one bad link deposes nobody'),
    ]);
  });

  it('finds the fault that came just before a process ended', () => {
    const end = happened(10, 'n2', 'killed (pid 1)', { kind: 'process', severity: 'warn' });
    const fault = happened(60, null, 'kill n2', { kind: 'fault', severity: 'warn', fault: 7 });
    expect(whyEvent(storyOf([fault, end]), end)).toEqual(['50 ms before: kill n2.']);
    const cut = told(5, 'n2', { type: 'truncated', from: logIndex(4), to: logIndex(6), leader: nodeId('n1') });
    expect(whyEvent(storyOf([cut]), cut)).toEqual([expect.stringContaining('never reached a majority')]);
  });
});
