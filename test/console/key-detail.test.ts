/** One key in depth: its versions, and what each node has of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, revision } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import type { HistoryPage, ReadOptions } from '../../src/cluster/driver.ts';
import { type KeyDetail, type ReplicaAnswer, replicaRows } from '../../src/console/key-detail.ts';
import { lineDiff } from '../../src/console/line-diff.ts';
import { loadKey } from '../../src/console/load-key.ts';
import { plainText } from '../../src/console/rows.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { UTF8_GLYPHS } from '../../src/console/theme.ts';
import { keyDetailView } from '../../src/console/views/key-detail-view.ts';
import type { KeyValue } from '../../src/kv/commands.ts';
import type { Version } from '../../src/kv/history.ts';
import { consoleState, press, send } from '../support/console-state.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { fakePicture, withNode } from '../support/fake-picture.ts';

const kvOf = (value: string, at: number): KeyValue => ({
  key: 'k',
  value,
  createRevision: revision(1),
  modRevision: revision(at),
  version: at,
});
const put = (value: string, at: number): Version => ({
  type: 'put',
  revision: revision(at),
  kv: kvOf(value, at),
  origin: { index: logIndex(at + 1), time: clusterTime(0), session: 9 },
});
const gone = (at: number): Version => ({
  type: 'delete',
  revision: revision(at),
  key: 'k',
  origin: { index: logIndex(at + 1), time: clusterTime(0), session: null },
});

function detailOf(versions: readonly Version[] | null, at: number, answers: Readonly<Record<string, ReplicaAnswer>>): KeyDetail {
  const history = versions === null ? null : { versions, more: false, compactedBelow: revision(0), revision: revision(at) };
  return {
    key: 'k',
    at: null,
    loading: null,
    loadedAt: 0,
    history,
    problem: null,
    answers: new Map(Object.entries(answers).map(([node, answer]) => [nodeId(node), answer])),
  };
}
const verdicts = (detail: KeyDetail): Readonly<Record<string, string>> =>
  Object.fromEntries(replicaRows(detail).map(({ node, verdict }) => [node, verdict]));

describe('what each node has', () => {
  it('is the same, behind, ahead, something else, or not known', () => {
    const detail = detailOf([put('b', 8), put('a', 4)], 10, {
      n1: { kv: kvOf('b', 8), revision: 10 },
      n2: { kv: kvOf('a', 4), revision: 6 },
      n3: { kv: kvOf('c', 12), revision: 12 },
      n4: { kv: kvOf('torn', 8), revision: 10 },
      n5: { problem: 'down' },
      n6: { kv: null, revision: 9 },
      n7: { kv: kvOf('b', 8), revision: 9 },
    });
    expect(verdicts(detail)).toEqual({
      n1: 'same',
      n2: 'behind',
      n3: 'ahead',
      n4: 'differs',
      n5: 'silent',
      n6: 'differs',
      n7: 'same',
    });
    expect(replicaRows(detail)[1]).toMatchObject({ text: 'rev 4  v4  has applied up to rev 6', other: { value: 'a' } });
  });

  it('is held against a deletion too', () => {
    const detail = detailOf([gone(9), put('a', 4)], 10, {
      n1: { kv: null, revision: 10 },
      n2: { kv: kvOf('a', 4), revision: 8 },
      n3: { kv: kvOf('a', 4), revision: 9 },
    });
    expect(verdicts(detail)).toEqual({ n1: 'same', n2: 'behind', n3: 'differs' });
  });

  it('is held against the newest answer when there is no history', () => {
    const detail = detailOf(null, 0, {
      n1: { kv: kvOf('a', 4), revision: 5 },
      n2: { kv: kvOf('b', 8), revision: 9 },
      n3: { problem: 'no answer' },
    });
    expect(verdicts(detail)).toEqual({ n1: 'behind', n2: 'same', n3: 'silent' });
  });
});

describe('asking for a key', () => {
  it('asks each running node alone, and the cluster for the history', async () => {
    const driver = new FakeDriver(withNode(fakePicture(3), 'n3', { state: 'down' }));
    driver.kv.set('k', '1');
    driver.kv.versions.set('k', [put('1', 1)]);
    const asked: ReadOptions[] = [];
    const get = driver.kv.get.bind(driver.kv);
    driver.kv.get = (key: string, options?: ReadOptions) => {
      asked.push(options ?? {});
      return options?.node === nodeId('n2') ? Promise.reject(new RpcError('NO_QUORUM')) : get(key);
    };
    const { history, problem, answers } = await loadKey(driver, 'k', null);
    expect(asked.map(({ node, consistency }) => [node, consistency])).toEqual([
      ['n1', 'stale'],
      ['n2', 'stale'],
    ]);
    expect([...answers]).toEqual([
      ['n1', { kv: expect.objectContaining({ value: '1' }), revision: 1 }],
      ['n2', { problem: 'no answer' }],
      ['n3', { problem: 'down' }],
    ]);
    expect([history?.versions.length, problem]).toEqual([1, null]);
  });

  it('asks for what was, at a moment of the past', async () => {
    const driver = new FakeDriver(fakePicture(3));
    driver.kv.set('k', '1');
    driver.kv.versions.set('k', [put('2', 2), put('1', 1)]);
    const asked: (ReadOptions & { readonly before?: number })[] = [];
    driver.kv.get = async (_key: string, options: ReadOptions = {}) => {
      asked.push(options);
      if (options.node === nodeId('n2')) throw new RpcError('COMPACTED');
      return { kv: kvOf('1', 1), revision: 99 };
    };
    const remembered = driver.kv.history.bind(driver.kv);
    driver.kv.history = async (key: string, page: HistoryPage = {}) => {
      asked.push(page);
      return { ...(await remembered(key)), revision: revision(99) };
    };
    const nodes = [
      { id: nodeId('n1'), state: 'up', revision: 7 },
      { id: nodeId('n2'), state: 'up', revision: 8 },
      { id: nodeId('n3'), state: 'paused', revision: 6 },
      { id: nodeId('n4'), state: 'up', revision: null },
    ] as const;
    const { history, answers } = await loadKey(driver, 'k', { revision: 8, nodes });
    expect(asked.map(({ node, revision: at, before }) => [node, at ?? before])).toEqual([
      ['n1', 7],
      ['n2', 8],
      [undefined, 9],
    ]);
    expect(history?.revision).toBe(8);
    expect([...answers]).toEqual([
      ['n1', { kv: expect.objectContaining({ value: '1' }), revision: 7 }],
      ['n2', { problem: 'forgotten' }],
      ['n3', { problem: 'paused' }],
      ['n4', { problem: 'not known' }],
    ]);
  });

  it('happens when it is opened, again after writes, and one question at a time', () => {
    let state = opened();
    expect(state.detail).toMatchObject({ key: 'k', loading: expect.any(Number) });
    const id = state.detail?.loading ?? -1;
    expect(send(state, { type: 'clock', now: state.now + 5_000, wall: 0 }).effects).not.toContainEqual(
      expect.objectContaining({ type: 'load-key' }),
    );
    state = answered(state, id, [put('b', 2), put('a', 1)]);
    expect(state.detail).toMatchObject({ loading: null, history: { versions: { length: 2 } } });
    // Late answers to other questions change nothing.
    expect(answered(state, id + 100, []).detail).toEqual(state.detail);
  });
});

/** The keys view with one key, which is opened. */
function opened(size = { columns: 120, rows: 40 }): ConsoleState {
  const state = consoleState(size, fakePicture(3));
  const kv = kvOf('b', 2);
  const keys = { ...state.keys, rows: [kv], total: 1, loadedAt: state.now, revision: 2 };
  return press({ ...state, view: 'keys', keys }, ['enter']).state;
}

function answered(state: ConsoleState, id: number, versions: readonly Version[]): ConsoleState {
  const { history, answers } = detailOf(versions, 2, {
    n1: { kv: kvOf('b', 2), revision: 2 },
    n2: { kv: kvOf('a', 1), revision: 1 },
  });
  return send(state, { type: 'key-detail', id, history, problem: null, answers }).state;
}

describe('a key that is open', () => {
  const shown = (state: ConsoleState): string => {
    if (state.overlay?.type !== 'value') return expect.fail('no key is open');
    const area = { width: state.size.columns, height: state.size.rows - 5 };
    return keyDetailView(state, state.overlay, area, UTF8_GLYPHS).map(plainText).join('\n');
  };
  const loaded = (size?: { columns: number; rows: number }): ConsoleState => {
    const state = opened(size);
    return answered(state, state.detail?.loading ?? -1, [put('{"a": 1, "b": 3}', 3), put('{"a": 1, "b": 2}', 2), gone(1)]);
  };

  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('shows versions, what changed in the chosen one, and every node, at %d x %d', (columns, rows) => {
    const text = shown(loaded({ columns, rows }));
    expect(text).toContain('VERSIONS 1 of 3');
    expect(text).toMatch(/rev 3 .*session 9/);
    expect(text).toMatch(/^- +"b": 2$/m);
    expect(text).toMatch(/^\+ +"b": 3$/m);
    expect(text).toMatch(/n1 .*behind/i);
    expect(text.split('\n').length).toBeLessThanOrEqual(rows - 5);
  });

  it('goes from version to version', () => {
    const state = loaded();
    const older = press(state, ['j', 'j', 'j']).state;
    expect(older.overlay).toMatchObject({ type: 'value', version: 2 });
    expect(shown(older)).toContain('DELETED');
    expect(press(older, ['k']).state.overlay).toMatchObject({ version: 1 });
    expect(press(older, ['page-down']).state.overlay).toMatchObject({ version: 2, top: expect.any(Number) });
    expect(press(older, ['escape']).state.overlay).toBeNull();
  });
});

describe('the difference of two texts', () => {
  it('leads from the one to the other', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = lineDiff(before, after, (line) => line);
        expect(lines.filter(({ mark }) => mark !== '+').map(({ line }) => line)).toEqual(before);
        expect(lines.filter(({ mark }) => mark !== '-').map(({ line }) => line)).toEqual(after);
      }),
    );
  });

  it('keeps what is common', () => {
    const marks = lineDiff(['a', 'b', 'c'], ['a', 'x', 'c'], (line) => line).map(({ mark, line }) => mark + line);
    expect(marks).toEqual([' a', '-b', '+x', ' c']);
  });
});
