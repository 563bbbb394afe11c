/** Moving through what was recorded, and what the screen shows then. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterTime, nodeId, term } from '../../src/base/brand.ts';
import type { ClusterEvent, ClusterPicture } from '../../src/cluster/driver.ts';
import { PastDriver } from '../../src/cluster/recording/past-driver.ts';
import { Recording } from '../../src/cluster/recording/recording.ts';
import { loadRecording } from '../../src/cluster/recording/recording-file.ts';
import { NO_METRICS } from '../../src/console/metrics.ts';
import { type Moment, Traveller } from '../../src/console/traveller.ts';
import { NO_TRIALS } from '../../src/console/trials.ts';
import { ConsoleBench, has } from '../support/console-bench.ts';
import { consoleState, press, send } from '../support/console-state.ts';
import { fakeChecks } from '../support/fake-checks.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { FAKE_NOW, fakeEvent, fakePicture, withNode } from '../support/fake-picture.ts';
import { expectGolden } from '../support/golden.ts';

const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const led = (leader: string, at: number): ClusterPicture => {
  let picture: ClusterPicture = { ...fakePicture(3), leader: nodeId(leader), term: term(at) };
  for (const id of ['n1', 'n2', 'n3'])
    picture = withNode(picture, id, {}, { role: id === leader ? 'leader' : 'follower', leader: nodeId(leader), term: term(at) });
  return picture;
};
const won = (seq: number, ms: number, leader: string, at: number): ClusterEvent =>
  fakeEvent(seq, `won term ${at} with 2 of 3 in 12 ms`, {
    time: clusterTime(FAKE_NOW + ms),
    node: nodeId(leader),
    kind: 'role',
    raft: { type: 'role', role: 'leader', term: term(at), leader: nodeId(leader), reason: '' },
  });
const note = (seq: number, ms: number, text: string): ClusterEvent =>
  fakeEvent(seq, text, { time: clusterTime(FAKE_NOW + ms), node: nodeId('n2') });

/** Two elections, one event between them, one after; a frame every second. */
function recording(): Recording {
  const made = new Recording();
  const frames: readonly (readonly [number, ClusterPicture, readonly ClusterEvent[]])[] = [
    [0, led('n1', 1), [note(1, -9_000, 'long ago')]],
    [1_000, led('n1', 1), [won(2, 950, 'n1', 1)]],
    [2_000, led('n1', 1), [note(3, 1_990, 'between')]],
    [3_000, led('n2', 2), [won(4, 2_960, 'n2', 2)]],
    [4_000, led('n2', 2), [note(5, 3_900, 'after')]],
  ];
  for (const [ms, picture, events] of frames) made.append({ ...picture }, events, ms, FAKE_NOW + ms);
  return made;
}

describe('travelling', () => {
  it('steps from event to event, each with the picture that came with it', () => {
    const traveller = new Traveller(recording());
    const steps = ['event-back', 'event-back', 'event-back', 'event-back', 'event-back', 'event-on', 'event-on'] as const;
    const seen = steps.map((move) => {
      const moment = traveller.go(move);
      return moment === null ? null : [moment.events.at(-1)?.seq, moment.picture.leader, moment.place.count];
    });
    // What was told as the past when the recording began has no picture of its own.
    expect(seen).toEqual([[5, 'n2', 5], [4, 'n2', 4], [3, 'n1', 3], [2, 'n1', 2], null, [3, 'n1', 3], [4, 'n2', 4]]);
  });

  it('jumps from election to election', () => {
    const traveller = new Traveller(recording());
    const terms = (['election-back', 'election-back', 'election-back', 'election-on', 'election-on'] as const).map(
      (move) => traveller.go(move)?.picture.term ?? null,
    );
    expect(terms).toEqual([2, 1, null, 2, null]);
  });

  it('scrubs by seconds and stops at both ends', () => {
    const traveller = new Traveller(recording());
    const back = Array.from({ length: 6 }, () => traveller.go('time-back')?.wall ?? null);
    expect(back).toEqual([3_000, 2_000, 1_000, 0, null, null].map((ms) => (ms === null ? null : FAKE_NOW + ms)));
    expect(traveller.go('time-on')?.events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(traveller.go('end')?.wall).toBe(FAKE_NOW + 4_000);
  });

  it('keeps its place while the recording goes on', () => {
    const made = recording();
    const traveller = new Traveller(made);
    expect(traveller.go('event-back')?.events.at(-1)?.seq).toBe(5);
    made.append(led('n3', 3), [won(6, 4_900, 'n3', 3)], 5_000, FAKE_NOW + 5_000);
    expect(traveller.go('event-on')?.events.at(-1)?.seq).toBe(6);
    expect(traveller.go('event-back')?.place).toEqual({ count: 5, of: 6 });
  });
});

describe('the past in the state', () => {
  const frozen = () => {
    const start = consoleState({ columns: 80, rows: 24 }, fakePicture(3));
    return send(start, { type: 'moment', move: 'here', moment: new Traveller(recording()).go('event-back') }).state;
  };

  it('stands still while the present goes on, and returns to what the present has become', () => {
    const state = send(frozen(), {
      type: 'data',
      picture: led('n3', 3),
      ownsNodes: true,
      events: [note(7, 9_000, 'meanwhile')],
      dropped: 0,
      now: 5,
      wall: FAKE_NOW + 9_000,
    }).state;
    expect(state.picture.leader).toBe('n2');
    expect(state.events.items.map(({ text }) => text)).not.toContain('meanwhile');
    const back = press(state, ['escape']);
    expect(back.state.picture.leader).toBe('n3');
    expect(back.state.events.items.map(({ text }) => text)).toContain('meanwhile');
    expect(back.state.moment).toBeNull();
    expect(back.effects).toEqual([{ type: 'present' }]);
  });

  it('says where the recording begins, to one who looks for more', () => {
    const from = { type: 'moment', moment: null, begins: FAKE_NOW } as const;
    expect(send(frozen(), { ...from, move: 'election-back' }).state.flash?.text).toBe(
      'No election earlier is recorded: the recording begins at 12:04:31.',
    );
    expect(send(frozen(), { ...from, move: 'event-on' }).state.flash?.text).toBe('Nothing later is recorded.');
  });

  it('changes nothing: not by key, not by the fault menu', () => {
    for (const keys of [['R'], ['u'], ['f'], ['3', 'space'], ['3', 's'], ['4', 'n']]) {
      const { state, effects } = press(frozen(), keys);
      expect(effects.filter(({ type }) => type === 'act')).toEqual([]);
      expect(state.overlay).toBeNull();
      if (keys[0] !== 'u') expect(state.flash?.text).toContain('This is the past');
    }
  });

  it('reads keys as they were then, and no logs of the present', () => {
    const then = Math.max(...frozen().picture.nodes.map(({ status }) => status?.revision ?? 0));
    const keys = press(frozen(), ['4']);
    expect(keys.effects).toEqual([{ type: 'load-keys', request: expect.objectContaining({ kind: 'from', at: then }) }]);
    expect(press(keys.state, ['escape']).effects).toContainEqual({
      type: 'load-keys',
      request: expect.objectContaining({ kind: 'from', at: null }),
    });
    expect(press({ ...frozen(), replay: true }, ['4']).effects).toEqual([]);
    expect(press(frozen(), ['2']).effects).toEqual([]);
  });

  it('shows what had been checked by then, and what has been since on return', () => {
    const now = fakeChecks({ 'one-vote': 'n1 voted twice' });
    const live = { ...consoleState({ columns: 80, rows: 24 }, fakePicture(3)), checks: now };
    const moment = { ...new Traveller(recording()).go('event-back'), checks: fakeChecks() } as Moment;
    const { state } = send(live, { type: 'moment', move: 'here', moment });
    expect(state.checks).toEqual(fakeChecks());
    const later = fakeChecks({ 'log-matching': 'two logs' });
    const data = {
      type: 'data',
      ownsNodes: true,
      events: [],
      dropped: 0,
      now: 5,
      wall: FAKE_NOW,
      picture: fakePicture(3),
    } as const;
    const seen = send(state, { ...data, checks: later }).state;
    expect(seen.checks).toEqual(fakeChecks());
    expect(press(seen, ['escape']).state.checks).toEqual(later);
  });

  it('lets an attached console look only, until W', () => {
    const attached = { ...consoleState(undefined, fakePicture(3)), writable: false };
    expect(press(attached, ['R']).effects).toEqual([]);
    expect(press(attached, ['R']).state.flash?.text).toContain('This console only looks');
    expect(press(attached, ['W', 'R']).effects).toEqual([expect.objectContaining({ type: 'act', line: 'restart n1' })]);
    expect(press(attached, ['W', 'W', 'R']).effects).toEqual([]);
  });
});

describe('the past on the screen', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])(
    'says which moment it is, at %ix%i',
    async (columns, rows) => {
      const driver = new FakeDriver(led('n1', 1));
      const bench = new ConsoleBench(driver, columns, rows);
      await bench.output.until(has('NODES 3/3', 'n1 leads'));
      driver.emit(won(1, 100, 'n1', 1));
      await bench.output.until(has('won term 1'));
      driver.setPicture(led('n2', 2));
      driver.emit(won(2, 5_100, 'n2', 2));
      await bench.output.until(has('won term 2', 'n2 leads'));
      await bench.type('<', has('n2 leads', 'PAST', '2 of 2 events'));
      expectGolden(
        await bench.type('<', has('n1 leads', 'Showing 12:04:31.320', '1 of 2 events', 'PAST')),
        join(import.meta.dirname, 'goldens', `past-${columns}x${rows}.golden.txt`),
      );
      await bench.type('4', has('KEYS', 'as of rev'));
      await bench.type('8', has('SHELL'));
      await bench.type('put a 1\r', has('This is the past'));
      driver.kv.set('a', '1');
      await bench.type('get a\r', has('"1"', 'at 12:04:31, revision 3'));
      await bench.type('watch a\r', has('The past does not change any more'));
      await bench.type('why leader\r', has('n1 won term 1'));
      await bench.type('\x1b', has('as of rev'));
      await bench.type('\x1b', has('LIVE', 'n2 leads'));
      expect(driver.kv.calls.filter(({ method }) => method === 'put')).toEqual([]);
      bench.input.write('d');
      await bench.ended;
    },
    30_000,
  );

  it('saves a recording, and opens it again without a cluster', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'raftkv-travel-'));
    try {
      const file = join(dir, 'story.ndjson');
      const driver = new FakeDriver(led('n1', 1));
      const bench = new ConsoleBench(driver, 120, 40);
      await bench.output.until(has('NODES 3/3', 'n1 leads'));
      driver.setPicture(led('n2', 2));
      driver.setChecks(fakeChecks({ 'one-vote': 'n1 voted twice' }));
      driver.emit(won(1, 100, 'n2', 2));
      await bench.output.until(has('won term 2', 'n2 leads', 'PROMISE IS BROKEN'));
      await bench.type(':', has(':demo'));
      await bench.type(`record save ${file}\r`, has('saved'));
      bench.input.write('d');
      await bench.ended;
      const replay = await loadRecording(file);
      const end = replay.span?.to ?? 0;
      const past = new PastDriver(replay.pictureAt(replay.frameAt(end)), []);
      const again = new ConsoleBench(past, 120, 40, { replay: { recording: replay, metrics: NO_METRICS, trials: NO_TRIALS } });
      await again.output.until(has('REPLAY', 'n2 leads'));
      await again.type('9', has('1 promise BROKEN', 'n1 voted twice', 'linearizable'));
      await again.type('1', has('NODES 3/3'));
      await again.type('f', has('This is a recording'));
      await again.type(':', has(':demo'));
      await again.type('get a\r', has('At 12:04:31 the newest revision was 3'));
      await again.type('\x1b', (text) => !text.includes('get a'));
      await again.type('q', () => !again.output.alternate);
      expect(await again.ended).toMatchObject({ exitCode: 0 });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }, 30_000);
});
