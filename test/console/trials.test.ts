/** What was predicted of a fault against what was recorded of it, from frames as a console sees them. */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import type { ActiveFault, ClusterEvent, ClusterPicture } from '../../src/cluster/driver.ts';
import { Recording } from '../../src/cluster/recording/recording.ts';
import { parseRecording } from '../../src/cluster/recording/recording-file.ts';
import type { Message } from '../../src/console/messages.ts';
import { outcomeOf, outcomeText } from '../../src/console/outcome.ts';
import { NO_TRIALS, type Trial, type Trials, withTrials } from '../../src/console/trials.ts';
import { consoleState, send } from '../support/console-state.ts';
import { FAKE_NOW, fakeEvent, fakeFault, fakePicture, withNode } from '../support/fake-picture.ts';

/** Milliseconds since the fault, the picture of that moment, and what had happened since the one before. */
type Frame = readonly [number, ClusterPicture, ...ClusterEvent[]];

const set = (command: string, changes: Partial<ActiveFault> = {}): ActiveFault =>
  fakeFault(1, command, { since: FAKE_NOW, ...changes });

/** A cluster whose highest commit is `commit`, with `waiting` entries behind it; `leader` null for none. */
function at(
  commit: number,
  faults: readonly ActiveFault[] = [],
  leader: string | null = 'n1',
  waiting = 0,
  count = 3,
): ClusterPicture {
  let picture: ClusterPicture = { ...fakePicture(count), faults, leader: leader === null ? null : nodeId(leader) };
  for (const { id } of picture.nodes) {
    const leads = id === leader;
    const log = { commitIndex: logIndex(commit), lastIndex: logIndex(commit + (leads ? waiting : 0)), peers: [] };
    picture = withNode(picture, id, {}, { ...log, role: leads ? 'leader' : 'follower' });
  }
  return picture;
}

const won = (ms: number, node: string, inTerm = 2): ClusterEvent =>
  fakeEvent(ms + 10_000, `won term ${inTerm}`, {
    time: clusterTime(FAKE_NOW + ms),
    node: nodeId(node),
    kind: 'role',
    raft: { type: 'role', role: 'leader', term: term(inTerm), leader: nodeId(node), reason: '' },
  });

/** Ten commits a second until the fault. */
const BUSY: readonly Frame[] = Array.from({ length: 15 }, (_, i) => [(i - 15) * 100, at(100 + i)] as const);

function play(frames: readonly Frame[]): { readonly trials: Trials; readonly events: readonly ClusterEvent[] } {
  const trials = frames.reduce((sofar, [ms, picture]) => withTrials(sofar, picture, FAKE_NOW + ms), NO_TRIALS);
  return { trials, events: frames.flatMap(([, , ...events]) => events) };
}

function judged(frames: readonly Frame[], ms: number, id = 1): ReturnType<typeof outcomeOf> & { readonly trial: Trial } {
  const { trials, events } = play(frames);
  const trial = trials.list.find(({ fault }) => fault.id === id);
  if (trial === undefined) throw new RangeError(`no trial of fault ${id}`);
  return { ...outcomeOf(trial, events, FAKE_NOW + ms), trial };
}

const killed = [set('kill n1')];
const KILL: readonly Frame[] = [
  ...BUSY,
  [80, at(115, killed, null)],
  [150, at(116, killed, 'n3'), won(96, 'n3')],
  [250, at(120, killed, 'n3')],
  [350, at(123, killed, 'n3')],
];

describe('a fault and what was predicted of it', () => {
  it('comes out as predicted: another leads in time and commits go on', () => {
    const { verdict, predicted, observed } = judged(KILL, 400);
    expect(verdict).toBe('kept');
    expect(predicted).toBe('n1 is lost, election within 0.5 s (n2 or n3 can win), writes pause meanwhile');
    expect(observed).toBe('n3 leads term 2 after 96 ms, no gap in commits');
  });

  it('measures the longest gap in commits that came steadily', () => {
    const slow: readonly Frame[] = [...BUSY, [80, at(115, killed, null)], [480, at(116, killed, 'n3'), won(96, 'n3')]];
    expect(judged(slow, 500).observed).toBe('n3 leads term 2 after 96 ms, longest gap in commits 400 ms');
  });

  it('waits before it speaks', () => {
    expect(judged(KILL.slice(0, 16), 90)).toMatchObject({ verdict: 'open', observed: 'no gap in commits' });
  });

  it.each([
    ['nobody is elected', [[3_000, at(115, killed, null)]], 'nobody was elected'],
    ['the election takes longer', [[1_400, at(115, killed, 'n2'), won(1_350, 'n2')]], 'the election took longer'],
    ['the one that was lost leads again', [[200, at(115, killed, 'n1'), won(90, 'n1')]], 'n1 was not expected to win'],
  ] as const)('is marked when %s', (_, more: readonly Frame[], wrong) => {
    expect(judged([...BUSY, [80, at(115, killed, null)], ...more], 3_100)).toMatchObject({ verdict: 'broken', wrong: [wrong] });
  });

  it('sees writes stop where that was predicted, and go on where it was not', () => {
    const both = [set('kill n1,n2')];
    const stopped: readonly Frame[] = [...BUSY, [80, at(115, both, 'n3', 4)], [3_000, at(115, both, 'n3', 5)]];
    expect(judged(stopped, 3_000)).toMatchObject({
      verdict: 'kept',
      predicted: 'n1, n2 and n3 are lost, no quorum: writes stop',
      observed: 'no election, no commit for 2.9 s, entries wait',
    });
    const on: readonly Frame[] = [...BUSY, [80, at(115, both, 'n3')], [1_500, at(118, both, 'n3')]];
    expect(judged(on, 3_000)).toMatchObject({ verdict: 'broken', wrong: ['writes went on'] });
    const slow = [set('link n1 n2 --delay 80ms..120ms')];
    const stuck: readonly Frame[] = [...BUSY, [80, at(115, slow, 'n1', 4)], [5_000, at(115, slow, 'n1', 4)]];
    expect(judged(stuck, 5_000)).toMatchObject({ verdict: 'broken', wrong: ['writes stopped'] });
  });

  it('expects no election where the leader keeps its majority, and marks one', () => {
    const cut = [set('isolate n3')];
    const quiet: readonly Frame[] = [...BUSY, [80, at(115, cut)], [3_000, at(140, cut)]];
    expect(judged(quiet, 3_000)).toMatchObject({ verdict: 'kept', predicted: 'n3 is lost, no election, writes go on' });
    const fought: readonly Frame[] = [...BUSY, [80, at(115, cut)], [2_000, at(116, cut, 'n2'), won(1_900, 'n2')]];
    expect(judged(fought, 3_000)).toMatchObject({ verdict: 'broken', wrong: ['n2 was elected'] });
  });

  it('says what stays unknown: nobody wrote, or something else was done first', () => {
    const idle = [set('isolate n3')];
    expect(
      judged(
        [
          [-2_000, at(5)],
          [80, at(5, idle)],
        ],
        3_000,
      ).observed,
    ).toBe('no election, nobody wrote meanwhile');
    const second = [...killed, fakeFault(2, 'isolate n2', { since: FAKE_NOW + 100 })];
    expect(judged([...BUSY, [80, at(115, killed, null)], [400, at(115, second, null)]], 4_000).verdict).toBe('cut short');
    expect(judged([...BUSY, [80, at(115, killed, null)], [400, at(115, [], null)]], 4_000).verdict).toBe('cut short');
    const handed: readonly Frame[] = [...BUSY, [80, at(115, idle)], [900, at(116, idle, 'n2'), transfer(500), won(600, 'n2')]];
    expect(judged(handed, 4_000).verdict).toBe('cut short');
  });

  it('ends when its time is over, not when that is noticed', () => {
    const paused = [set('pause n1,n2', { until: FAKE_NOW + 3_000 })];
    const frames: readonly Frame[] = [
      ...BUSY,
      [80, at(115, paused, null)],
      [3_200, at(120, paused, 'n1')],
      [3_400, at(122, [], 'n1')],
    ];
    expect(judged(frames, 4_000)).toMatchObject({ verdict: 'kept', observed: 'no election, no commit for 2.9 s' });
  });

  it('knows nothing of a fault that was there before, nor of one whose beginning was not seen', () => {
    expect(
      play([
        [0, at(5, [set('kill n2')])],
        [100, at(6, [set('kill n2')])],
      ]).trials.list,
    ).toEqual([]);
    const unseen = [set('kill n2', { since: FAKE_NOW - 60_000 })];
    expect(
      play([
        [0, at(5)],
        [100, at(6, unseen)],
      ]).trials.list,
    ).toEqual([]);
  });

  it('reads the outcome of a moment in the past from the same trial', () => {
    const { trials, events } = play(KILL);
    const [trial] = trials.list;
    if (trial === undefined) throw new RangeError('no trial');
    expect(outcomeOf(trial, events, FAKE_NOW + 50)).toMatchObject({ verdict: 'open', observed: '' });
  });

  it('comes out the same in a recording', () => {
    const made = new Recording();
    for (const [ms, picture, ...events] of KILL) made.append(picture, events, ms, FAKE_NOW + ms);
    let trials = NO_TRIALS;
    const text = `${JSON.stringify({ raftkvRecording: 1, cluster: 'demo', saved: 0 })}\n${made.lines().join('\n')}\n`;
    const read = parseRecording(text, (picture, time) => {
      trials = withTrials(trials, picture, time);
    });
    const [trial] = trials.list;
    if (trial === undefined) throw new RangeError('no trial');
    const events = read.events().map(({ event }) => event);
    expect(outcomeText(trial, outcomeOf(trial, events, FAKE_NOW + 400))).toBe(
      'kill n1 came out as predicted: n3 leads term 2 after 96 ms, no gap in commits',
    );
  });
});

function transfer(ms: number): ClusterEvent {
  return fakeEvent(ms, 'begins to hand leadership to n2', {
    time: clusterTime(FAKE_NOW + ms),
    node: nodeId('n1'),
    kind: 'election',
    raft: { type: 'transfer', to: nodeId('n2'), state: 'started' },
  });
}

describe('the console', () => {
  const data = ([ms, picture, ...events]: Frame): Message => ({
    type: 'data',
    picture,
    ownsNodes: true,
    events,
    dropped: 0,
    now: ms,
    wall: FAKE_NOW + ms,
  });

  it('tells once how a fault came out, and keeps it in the recording, whoever set the fault', () => {
    const start = consoleState(undefined, at(90));
    const { state, effects } = send(start, ...[...KILL, [900, at(130, killed, 'n3')] as const].map(data));
    const told = state.events.items.filter(({ kind }) => kind === 'note');
    expect(told).toEqual([
      expect.objectContaining({
        text: 'kill n1 came out as predicted: n3 leads term 2 after 96 ms, no gap in commits',
        severity: 'info',
        fault: 1,
      }),
    ]);
    expect(effects.filter(({ type }) => type === 'record')).toEqual([{ type: 'record', event: told[0] }]);
  });

  it('tells it while the past is shown, for when one returns', () => {
    const start = consoleState(undefined, at(90));
    const moment = { wall: FAKE_NOW - 2_000, picture: start.picture, events: [], checks: null, place: { count: 0, of: 0 } };
    const past = send(start, ...BUSY.map(data), { type: 'moment', move: 'here', moment }).state;
    const { state } = send(past, ...KILL.slice(15).map(data), { type: 'clock', now: 400, wall: FAKE_NOW + 400 });
    expect(state.events.items).toEqual([]);
    expect(state.live?.events.at(-1)?.text).toContain('kill n1 came out as predicted');
  });
});
