import { describe, expect, it } from 'vitest';
import { assert } from '../../src/base/assert.ts';
import { logIndex } from '../../src/base/brand.ts';
import type { NodeView } from '../../src/cluster/driver.ts';
import { type Cell, cellAt, divergence, newestIndex } from '../../src/commands/log-cells.ts';
import { entryWords } from '../../src/console/entry-words.ts';
import { frameOf } from '../../src/console/frame.ts';
import { windowAround } from '../../src/console/log-window.ts';
import { plainText } from '../../src/console/rows.ts';
import { UTF8_GLYPHS } from '../../src/console/theme.ts';
import { consoleState } from '../support/console-state.ts';
import { fakeLog, fakePeer, fakePicture, fakeRows, withNode } from '../support/fake-picture.ts';
import { scenePicture } from '../support/fake-scene.ts';

const scene = scenePicture();
function node(id: string, picture = scene): NodeView {
  const found = picture.nodes.find((each) => each.id === id);
  assert(found !== undefined, 'the scene has the node');
  return found;
}
const cellOf = (id: string, index: number, picture = scene, loaded = new Map()): Cell =>
  cellAt(node(id, picture), index, { picture, loaded });
const stateAt = (id: string, index: number): string => cellOf(id, index).state;

describe('a cell of the log matrix', () => {
  it('is committed up to what the node itself knows', () => {
    expect(stateAt('n1', 1284)).toBe('committed');
    expect(stateAt('n3', 1280)).toBe('committed');
    expect(stateAt('n3', 1281)).toBe('logged');
  });

  it('is absent beyond the end of the log', () => {
    expect(stateAt('n3', 1286)).toBe('absent');
  });

  it('is doomed where the leader has another term', () => {
    expect(stateAt('n4', 1266)).toBe('committed');
    expect(stateAt('n4', 1267)).toBe('doomed');
    expect(divergence(node('n4'), scene)).toEqual({ from: 1267, count: 2, terms: [6] });
  });

  it('names the terms of all that will go, and says on which nodes another entry stands', () => {
    const picture = withNode(fakePicture(3, [1, 2, 2, 4], 4), 'n3', {}, fakeLog([1, 1, 3], 1));
    expect(divergence(node('n3', picture), picture)).toEqual({ from: 2, count: 2, terms: [1, 3] });
    const log = (columns: number, rows: number): string =>
      frameOf({ ...consoleState({ columns, rows }, picture), view: 'log' }, UTF8_GLYPHS)
        .rows.map(plainText)
        .join('\n');
    expect(log(120, 40)).toContain('2 of T1 and T3 to be truncated');
    expect(log(80, 24)).toContain('2 to be truncated');
    expect(log(120, 40)).toMatch(/^ +2 +2 .* n1 n2!n3 /m);
  });

  it('is not doomed when it is merely newer than the status of the leader', () => {
    const picture = withNode(fakePicture(3, [1, 1], 2), 'n2', {}, fakeLog([1, 1, 1], 2));
    expect(cellOf('n2', 3, picture).state).toBe('logged');
  });

  it('is unknown before the tail, until rows are loaded', () => {
    expect(stateAt('n1', 100)).toBe('unknown');
    const loaded = new Map([[node('n1').id, fakeRows([5, 5, 5])]]);
    expect(cellOf('n1', 2, scene, loaded)).toEqual({ state: 'committed', term: 5 });
  });
});

describe('statuses of different moments', () => {
  const long = Array.from({ length: 400 }, () => 2);
  // The follower's status is 200 entries newer than the leader's; another one's is 50 older.
  let picture = withNode(fakePicture(3, long.slice(0, 200), 190), 'n2', {}, fakeLog(long, 395));
  picture = withNode(picture, 'n3', {}, fakeLog(long.slice(0, 150), 140));

  it('reckons with the log of the leader', () => {
    expect(newestIndex(picture)).toBe(200);
  });

  it('shows more than the leader has where a node does not follow it', () => {
    expect(newestIndex(withNode(picture, 'n2', {}, { leader: null }))).toBe(400);
    expect(newestIndex({ ...picture, leader: null })).toBe(400);
  });

  it('takes from one node what is committed on another', () => {
    expect(cellOf('n2', 190, picture)).toEqual({ state: 'committed', term: 2 });
  });

  it('believes the leader about what is on the disk of a follower', () => {
    expect(cellOf('n3', 160, picture)).toEqual({ state: 'logged', term: 2 });
    expect(cellOf('n3', 160, withNode(picture, 'n3', { state: 'down' })).state).toBe('absent');
  });
});

describe('the window of entries', () => {
  it('ends with the newest while following', () => {
    expect(windowAround(scene, null, 15)).toEqual({ first: 1272, count: 15 });
  });

  it('begins with the first entry in a short log', () => {
    expect(windowAround(fakePicture(3, [1, 1]), null, 15)).toEqual({ first: 1, count: 15 });
  });

  it('always has the chosen entry in sight', () => {
    for (let index = 1; index <= 1286; index += 7) {
      const { first, count } = windowAround(scene, index, 15);
      expect(index).toBeGreaterThanOrEqual(first);
      expect(index).toBeLessThan(first + count);
    }
  });
});

describe('an entry in words', () => {
  it('says where a committed entry is, and who holds another one in its place', () => {
    expect(entryWords(consoleState(), 1267)).toEqual([
      'Committed: on n1, n2, n3 and n5.',
      'n4 (T6) has another entry here, which will be truncated.',
    ]);
  });

  it('says what an uncommitted entry waits for', () => {
    expect(entryWords(consoleState(), 1286)).toEqual([
      'Not committed yet: on n1 and n2, 2 of 3 needed. Waiting for n3, n5 or n4 (down).',
    ]);
  });

  it('counts disks, and not what is on its way to them', () => {
    const terms = Array.from({ length: 10 }, () => 1);
    const peers = [fakePeer('n2', 10), fakePeer('n3', 5), fakePeer('n4', 9), fakePeer('n5', 9)];
    let picture = withNode(fakePicture(5, terms, 9), 'n1', {}, { peers });
    for (const id of ['n3', 'n4', 'n5']) picture = withNode(picture, id, {}, { durableIndex: logIndex(id === 'n3' ? 5 : 9) });
    const state = consoleState(undefined, picture);
    expect(entryWords(state, 10)).toEqual([
      'Not committed yet: on n1 and n2, 2 of 3 needed; n3, n4 and n5 are writing it. Waiting for n3, n4 or n5.',
    ]);
    expect(entryWords(state, 9)).toEqual(['Committed: on n1, n2, n4 and n5; n3 is writing it.']);
    const text = frameOf(state, UTF8_GLYPHS).rows.map(plainText).join('\n');
    expect(text).toMatch(/n3 +○ follower +1 +9 +9 +10 +4 +n1/);
  });

  it('knows that an entry of an earlier term waits for one of the present term', () => {
    const picture = withNode(fakePicture(3, [1, 1], 1), 'n1', {}, { term: scene.term });
    expect(entryWords(consoleState(undefined, picture), 2)[0]).toContain(
      'It is of T1: it commits together with the first entry of T8.',
    );
  });
});
