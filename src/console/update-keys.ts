/** The list of keys: a window onto a store of any size, loaded page by page. */
import { prefixEnd } from '../kv/key-order.ts';
import { hasKeys, keyMomentOf } from './key-moment.ts';
import type { KeysPage, KeysRequest, Step } from './messages.ts';
import type { ConsoleState, KeyList } from './state.ts';
import { EMPTY_KEYS } from './state.ts';

const PAGE = 100;
const MOST_ROWS = 400;
/** The next page is asked for this many rows before the end is in sight. */
const AHEAD = 40;
const RELOAD_MS = 1_000;

export function moveInKeys(state: ConsoleState, to: number): ConsoleState {
  const { keys } = state;
  const last = keys.first + keys.rows.length - 1;
  const target = Math.max(0, Math.min(keys.total - 1, to));
  const cursor = Math.max(0, keys.first, Math.min(last, target));
  return { ...state, keys: { ...keys, cursor, wish: cursor === target ? null : target } };
}

export function toFirstKey(state: ConsoleState): ConsoleState {
  const { keys } = state;
  if (keys.first === 0) return { ...state, keys: { ...keys, cursor: 0, wish: null } };
  return { ...state, keys: { ...EMPTY_KEYS, prefix: keys.prefix, total: keys.total, at: keys.at } };
}

export function toLastKey(state: ConsoleState): Step<ConsoleState> {
  const { keys } = state;
  if (keys.first + keys.rows.length >= keys.total) return { state: moveInKeys(state, keys.total - 1), effects: [] };
  return request(
    { ...state, keys: { ...keys, cursor: Math.max(0, keys.total - 1), wish: null } },
    'end',
    prefixEnd(keys.prefix) ?? '',
    PAGE,
  );
}

export function withPrefix(state: ConsoleState, prefix: string): ConsoleState {
  return state.keys.prefix === prefix ? state : { ...state, keys: { ...EMPTY_KEYS, prefix, at: state.keys.at } };
}

/** What the list lacks now: its first page, the page that the cursor comes near to, or a fresh look after writes. */
export function keysEffects(shown: ConsoleState): Step<ConsoleState> {
  if (shown.view !== 'keys' || !hasKeys(shown)) return { state: shown, effects: [] };
  const state = atMoment(shown);
  const { keys } = state;
  if (keys.loading !== null) return { state, effects: [] };
  if (keys.loadedAt === null) return request(state, 'from', keys.prefix, PAGE);
  const first = keys.rows[0];
  const last = keys.rows.at(-1);
  const age = state.now - keys.loadedAt;
  if (keys.problem !== null || first === undefined || last === undefined) {
    return age < RELOAD_MS || (keys.problem === null && !hasChanged(state))
      ? { state, effects: [] }
      : request(state, 'from', keys.prefix, PAGE);
  }
  const end = keys.first + keys.rows.length;
  // Whoever leafs quickly is far ahead of what is loaded.
  const limit = keys.wish === null ? PAGE : MOST_ROWS / 2;
  if (end < keys.total && keys.cursor >= end - AHEAD) return request(state, 'after', last.key, limit);
  if (keys.first > 0 && keys.cursor < keys.first + AHEAD) return request(state, 'before', first.key, limit);
  if (!hasChanged(state) || age < RELOAD_MS) return { state, effects: [] };
  return request(state, 'around', keys.first === 0 ? keys.prefix : first.key, Math.max(PAGE, keys.rows.length));
}

/** At another moment the list is another one; the cursor stays where it was, as far as there is one. */
function atMoment(state: ConsoleState): ConsoleState {
  const at = keyMomentOf(state)?.revision ?? null;
  const { keys } = state;
  if (keys.at === at) return state;
  const place = keys.wish ?? keys.cursor;
  return { ...state, keys: { ...EMPTY_KEYS, prefix: keys.prefix, at, wish: place === 0 ? null : place } };
}

/** What is past does not change. */
function hasChanged({ picture, keys }: ConsoleState): boolean {
  if (keys.at !== null) return false;
  return picture.nodes.some((node) => (node.status?.revision ?? 0) > keys.revision);
}

function request(state: ConsoleState, kind: KeysRequest['kind'], key: string, limit: number): Step<ConsoleState> {
  const { prefix, at } = state.keys;
  const wanted: KeysRequest = { id: state.nextId, prefix, kind, key, limit, at };
  return {
    state: { ...state, nextId: state.nextId + 1, keys: { ...state.keys, loading: wanted.id } },
    effects: [{ type: 'load-keys', request: wanted }],
  };
}

export function takeKeysPage(state: ConsoleState, wanted: KeysRequest, page: KeysPage): ConsoleState {
  const { keys } = state;
  if (keys.loading !== wanted.id) return state;
  if (!page.ok) return { ...state, keys: { ...keys, loading: null, loadedAt: state.now, problem: page.problem } };
  const { kvs, count, revision } = page.result;
  const placed = place(keys, wanted.kind, kvs, count);
  const anchor = keys.rows[keys.cursor - keys.first]?.key;
  const found = wanted.kind === 'around' && anchor !== undefined ? placed.rows.findIndex(({ key }) => key === anchor) : -1;
  const wanting = found >= 0 ? placed.first + found : (keys.wish ?? keys.cursor);
  const cursor = Math.max(0, placed.first, Math.min(wanting, placed.first + placed.rows.length - 1, placed.total - 1));
  const isOnTheWay = keys.wish !== null && keys.wish !== cursor && keys.wish < placed.total && page.result.kvs.length > 0;
  const wish = isOnTheWay ? keys.wish : null;
  const fresh = { revision, loadedAt: state.now, stale: page.stale, loading: null, problem: null };
  return { ...state, keys: { ...keys, ...placed, ...fresh, cursor, wish } };
}

type Placed = Pick<KeyList, 'rows' | 'first' | 'total'>;

/** `count` counts the keys of the asked range, so it tells where the page stands among all. */
function place(keys: KeyList, kind: KeysRequest['kind'], kvs: KeyList['rows'], count: number): Placed {
  switch (kind) {
    case 'from':
      return { rows: kvs, first: 0, total: count };
    case 'end':
      return { rows: kvs.toReversed(), first: Math.max(0, count - kvs.length), total: count };
    case 'around':
      return { rows: kvs, first: keys.first, total: keys.first + count };
    case 'after': {
      const rows = [...keys.rows, ...kvs];
      const cut = Math.max(0, rows.length - MOST_ROWS);
      return { rows: rows.slice(cut), first: keys.first + cut, total: keys.first + keys.rows.length + count };
    }
    case 'before': {
      const first = Math.max(0, count - kvs.length);
      return { rows: [...kvs.toReversed(), ...keys.rows].slice(0, MOST_ROWS), first, total: keys.total - keys.first + count };
    }
  }
}
