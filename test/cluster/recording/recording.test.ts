import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId } from '../../../src/base/brand.ts';
import type { ChecksPicture, ClusterEvent, ClusterPicture } from '../../../src/cluster/driver.ts';
import { Recording } from '../../../src/cluster/recording/recording.ts';
import { loadRecording, parseRecording, RecordingError, saveRecording } from '../../../src/cluster/recording/recording-file.ts';
import { fakeChecks } from '../../support/fake-checks.ts';
import { FAKE_NOW, fakeEvent, fakeFault, fakeLog, fakePicture, withNode } from '../../support/fake-picture.ts';
import { scenePicture } from '../../support/fake-scene.ts';

/** The monotonic clock of these tests runs 1,000,000 ms behind the wall. */
const OFFSET = FAKE_NOW - 1_000_000;
const wallOf = (picture: ClusterPicture): ClusterPicture => ({
  ...picture,
  nodes: picture.nodes.map((node) => ({ ...node, seenAt: node.seenAt === null ? null : node.seenAt + OFFSET })),
});

/** `count` pictures of a growing log, each with one event. */
function story(count: number): readonly { readonly picture: ClusterPicture; readonly event: ClusterEvent }[] {
  let picture = scenePicture();
  return Array.from({ length: count }, (_, i) => {
    picture = withNode(
      picture,
      `n${(i % 5) + 1}`,
      { seenAt: 1_000 + i },
      fakeLog(
        Array.from({ length: 10 + i }, () => 8),
        i,
      ),
    );
    if (i % 7 === 0) picture = { ...picture, faults: [...picture.faults, fakeFault(100 + i, `kill n${(i % 5) + 1}`)] };
    return { picture, event: fakeEvent(i + 1, `event ${i + 1}`, { time: clusterTime(FAKE_NOW + i * 100) }) };
  });
}

function recorded(count: number, limit?: number): { readonly recording: Recording; readonly told: ReturnType<typeof story> } {
  const recording = new Recording(limit);
  const told = story(count);
  for (const [i, { picture, event }] of told.entries())
    recording.append(picture, [event], FAKE_NOW + i * 100 - OFFSET, FAKE_NOW + i * 100);
  return { recording, told };
}

describe('a recording', () => {
  it('gives back every picture as it was, in any order', () => {
    const { recording, told } = recorded(150);
    const check = (frame: number): void =>
      expect(recording.pictureAt(frame)).toEqual(wallOf(told[frame]?.picture ?? fakePicture()));
    for (let frame = 0; frame < 150; frame += 1) check(frame);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 149 }), { maxLength: 12 }), (frames) => frames.forEach(check)),
      {
        numRuns: 30,
      },
    );
  });

  it('begins anew with a node that was gone, or of which nothing was known', () => {
    const whole = fakePicture(3);
    const [first, second, third] = whole.nodes;
    const pictures: readonly ClusterPicture[] = [
      whole,
      { ...whole, nodes: [first, third].filter((node) => node !== undefined) },
      { ...whole, nodes: [first, second, third].filter((node) => node !== undefined) },
      withNode(whole, 'n2', {}, null),
      withNode(whole, 'n2', { state: 'paused' }),
    ];
    const recording = new Recording();
    for (const [i, picture] of pictures.entries()) recording.append(picture, [], i, OFFSET + i);
    for (const [i, picture] of pictures.entries()) expect(recording.pictureAt(i)).toEqual(wallOf(picture));
  });

  it('writes only what changed', () => {
    const { recording } = recorded(40);
    const [first = '', ...others] = recording.lines();
    expect(first.length).toBeGreaterThan(4_000);
    for (const line of others) expect(line.length).toBeLessThan(1_500);
    const before = recording.lines().length;
    const { picture } = story(40).at(-1) ?? { picture: fakePicture() };
    const again = new Recording();
    again.append(picture, [], 0, OFFSET);
    again.append(picture, [], 100, OFFSET + 100);
    expect(again.lines()).toHaveLength(1);
    expect(recording.lines()).toHaveLength(before);
  });

  it('stays within its bytes, forgets the oldest, and can still be read from its new beginning', () => {
    const { recording, told } = recorded(600, 120_000);
    expect(recording.bytes).toBeLessThanOrEqual(120_000);
    expect(recording.bytes).toBe(recording.lines().reduce((sum, line) => sum + line.length, 0));
    const { from, to } = recording.span ?? { from: 0, to: 0 };
    expect(to).toBe(FAKE_NOW + 59_900);
    expect(from).toBeGreaterThan(FAKE_NOW);
    const first = Math.round((from - FAKE_NOW) / 100);
    expect(recording.pictureAt(first)).toEqual(wallOf(told[first]?.picture ?? fakePicture()));
    // A forgotten frame is answered with the oldest that is left.
    expect(recording.pictureAt(0)).toEqual(recording.pictureAt(first));
    expect(recording.events()[0]?.event.seq).toBe(first + 1);
  });

  it('knows what had been checked at each frame, and takes a place of its own for a verdict only', () => {
    const recording = new Recording();
    let picture = scenePicture();
    const append = (ms: number, checks: ChecksPicture | null, moved = true): void => {
      if (moved) picture = withNode(picture, 'n1', { seenAt: 1_000 + ms });
      recording.append(picture, [], FAKE_NOW + ms - OFFSET, FAKE_NOW + ms, checks);
    };
    const more = (by: number): ChecksPicture => ({ ...fakeChecks(), coverage: { from: 1, to: by, behind: 0, skipped: 0 } });
    append(0, null);
    append(100, more(1));
    append(200, more(2));
    append(1_200, more(3));
    append(1_300, more(4), false);
    expect(recording.lines()).toHaveLength(4);
    append(1_400, fakeChecks({ 'one-vote': 'twice' }), false);
    expect([0, 1, 2, 3, 4].map((frame) => recording.checksAt(frame)?.coverage.to ?? null)).toEqual([null, 1, 1, 3, 1_284]);
    expect(recording.checksAt(4)?.promises.find(({ id }) => id === 'one-vote')).toMatchObject({
      state: 'broken',
      detail: 'twice',
      promise: expect.stringContaining('votes for one'),
    });
    for (let ms = 2_000; ms < 12_000; ms += 100) append(ms, more(ms));
    const again = parseRecording(['{"raftkvRecording":1,"cluster":"x","saved":0}', ...recording.lines(), ''].join('\n'));
    for (const frame of [0, 3, 4, 5, 63, 64, 65, 103]) expect(again.checksAt(frame)).toEqual(recording.checksAt(frame));
    expect(again.checksAt(103)?.coverage.to).toBe(10_900);
  });

  it('keeps the picture of a contradiction, drawn', () => {
    const recording = new Recording();
    const traffic = { verdict: 'not-linearizable', detail: 'no order', drawn: ['c1 |--|'] } as const;
    recording.append(scenePicture(), [], 0, FAKE_NOW, fakeChecks({}, traffic));
    expect(recording.checksAt(0)?.traffic).toMatchObject({ ...traffic, culprit: null });
  });

  it('puts events in the order of time, whichever frame brought them', () => {
    const recording = new Recording();
    const at = (seq: number, ms: number): ClusterEvent => fakeEvent(seq, '', { time: clusterTime(FAKE_NOW + ms) });
    recording.append(fakePicture(3), [at(1, 50), at(2, 10)], 0, FAKE_NOW + 100);
    recording.append(fakePicture(3), [at(3, 30)], 0, FAKE_NOW + 200);
    expect(recording.events().map(({ event }) => event.seq)).toEqual([2, 3, 1]);
  });
});

describe('a recording in a file', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'raftkv-recording-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('comes back the same, and only its owner may read it', async () => {
    const { recording } = recorded(150);
    recording.append(
      withNode(scenePicture(), 'n2', { state: 'paused' }, null),
      [fakeEvent(900, 'x', { raft: { type: 'truncated', from: logIndex(1), to: logIndex(2), leader: nodeId('n1') } })],
      0,
      FAKE_NOW + 20_000,
    );
    const file = join(dir, 'a.ndjson');
    await saveRecording(recording, file, 'demo', FAKE_NOW);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const pictures: ClusterPicture[] = [];
    const read = await loadRecording(file, (picture) => pictures.push(picture));
    expect(read.lines()).toEqual(recording.lines());
    expect(read.events()).toEqual(recording.events());
    expect(pictures).toEqual(recording.lines().map((_, frame) => recording.pictureAt(frame)));
    await expect(saveRecording(recording, file, 'demo', FAKE_NOW)).rejects.toThrow('EEXIST');
  });

  it('leaves out a last line that was never finished', async () => {
    const { recording } = recorded(10);
    const file = join(dir, 'torn.ndjson');
    await saveRecording(recording, file, 'demo', FAKE_NOW);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, -40));
    expect((await loadRecording(file)).lines()).toHaveLength(9);
  });

  const head = '{"raftkvRecording":1,"cluster":"demo","saved":1}\n';
  const key = (changes: object): string =>
    `${head}${JSON.stringify({ time: 1, key: true, cluster: { name: 'demo', dir: null, leader: null, term: 1, order: ['n1'] }, nodes: [], faults: [], ...changes })}\n`;
  it.each([
    ['nothing', '', 'line 1 is not the header'],
    ['another file', '{"a":1}\n', 'line 1 is not the header'],
    ['a later format', '{"raftkvRecording":2,"cluster":"demo","saved":1}\n', 'line 1 is not the header'],
    ['no frame', head, 'holds no frame'],
    ['no key frame first', `${head}{"time":1}\n`, 'line 2 is not a frame: a recording begins with a key frame'],
    ['no JSON', `${head}{"time":\n`, 'line 2 is not a frame'],
    ['a wrong event', key({ events: [{ seq: 'x' }] }), 'line 2 is not a frame: events.0.seq'],
    [
      'a node with half a status',
      key({ nodes: [{ id: 'n1', url: '', pid: 1, state: 'up', seen: 1, status: { term: 1 } }] }),
      'line 2 is not a frame',
    ],
    ['a node with a name that is none', key({ nodes: [{ id: '\u001b[31m' }] }), 'line 2 is not a frame: nodes.0.id'],
    ['a prototype', key({ nodes: [{ id: 'n1', status: { ['__proto__']: { term: 1 } } }] }), 'line 2 is not a frame'],
  ])('is refused when it holds %s', (_, text, message) => {
    expect(() => parseRecording(text)).toThrow(RecordingError);
    expect(() => parseRecording(text)).toThrow(message);
  });

  it('never throws anything else, whatever bytes it holds', () => {
    const { recording } = recorded(3);
    const good = `${head}${recording.lines().join('\n')}\n`;
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ maxLength: 8 }), fc.nat(40), (at, put, gone) => {
        try {
          parseRecording(good.slice(0, at) + put + good.slice(at + gone));
        } catch (error) {
          expect(error).toBeInstanceOf(RecordingError);
        }
      }),
      { numRuns: 200 },
    );
  });
});
