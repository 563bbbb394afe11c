/** One key in depth: what became of it, and what each node has of it. Asked for while it is looked at, one question at a time. */
import type { NodeId } from '../base/brand.ts';
import type { KeyValue } from '../kv/commands.ts';
import type { HistoryResult } from '../kv/key-history.ts';
import { hasKeys, type KeyMoment, keyMomentOf } from './key-moment.ts';
import { sizeClass } from './layout.ts';
import type { Message, Step } from './messages.ts';
import type { ConsoleState } from './state.ts';

/** What one node has, read from it alone; or why it did not say. */
export type ReplicaAnswer =
  | { readonly kv: KeyValue | null; readonly revision: number }
  /** `down`, `paused`, `no answer`. */
  | { readonly problem: string };

export interface KeyDetail {
  readonly key: string;
  /** The moment of the past that is meant; null: now. */
  readonly at: KeyMoment | null;
  readonly loading: number | null;
  /** `performance.now()` of the newest answer; null before the first. */
  readonly loadedAt: number | null;
  readonly history: HistoryResult | null;
  /** Why there is no history. */
  readonly problem: string | null;
  readonly answers: ReadonlyMap<NodeId, ReplicaAnswer>;
}

export type Verdict = 'same' | 'behind' | 'ahead' | 'differs' | 'silent';

export interface ReplicaRow {
  readonly node: NodeId;
  readonly verdict: Verdict;
  readonly text: string;
  /** What it has, where that is another version. */
  readonly other: KeyValue | null;
}

const RELOAD_MS = 1_000;

/** The key that is looked at: the one that is open, or on a large screen the one under the cursor. */
function lookedAt({ overlay, view, size, keys }: ConsoleState): string | null {
  if (overlay?.type === 'value') return overlay.key;
  if (view !== 'keys' || sizeClass(size) !== 'L') return null;
  return keys.rows[keys.cursor - keys.first]?.key ?? null;
}

export function detailEffects(state: ConsoleState): Step<ConsoleState> {
  const { detail, nextId } = state;
  const key = lookedAt(state);
  if (key === null || !hasKeys(state) || (detail !== null && detail.loading !== null)) return { state, effects: [] };
  const moment = keyMomentOf(state);
  const known = detailOf(state, key);
  if (known !== null && !isOld(known, state)) return { state, effects: [] };
  const fresh = { key, at: moment, loadedAt: null, history: null, problem: null, answers: new Map() };
  const asking: KeyDetail = { ...(known ?? fresh), loading: nextId };
  return {
    state: { ...state, nextId: nextId + 1, detail: asking },
    effects: [{ type: 'load-key', id: nextId, key, at: moment }],
  };
}

function isSameMoment(a: KeyMoment | null, b: KeyMoment | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What is known of a key at the moment that is shown; null when nothing is, or only of another moment. */
export function detailOf(state: ConsoleState, key: string): KeyDetail | null {
  const { detail } = state;
  return detail?.key === key && isSameMoment(detail.at, keyMomentOf(state)) ? detail : null;
}

/** Something was written since, or not all have answered. What is past stays as it was. */
function isOld({ at, loadedAt, history, answers }: KeyDetail, { now, picture }: ConsoleState): boolean {
  if (at !== null) return loadedAt === null;
  if (loadedAt === null || now - loadedAt < RELOAD_MS) return loadedAt === null;
  const seen = history?.revision ?? 0;
  if (picture.nodes.some(({ status }) => (status?.revision ?? 0) > seen)) return true;
  return [...answers.values()].some((answer) => 'problem' in answer || answer.revision < seen);
}

export function takeDetail(
  state: ConsoleState,
  { id, history, problem, answers }: Message & { type: 'key-detail' },
): ConsoleState {
  const { detail, now } = state;
  if (detail?.loading !== id) return state;
  return { ...state, detail: { ...detail, loading: null, loadedAt: now, history, problem, answers } };
}

/** Each node's version held against the newest one that is known. */
export function replicaRows({ history, answers }: KeyDetail): readonly ReplicaRow[] {
  const newest = newestOf(history, answers);
  return [...answers].map(([node, answer]): ReplicaRow => {
    if ('problem' in answer) return { node, verdict: 'silent', text: answer.problem, other: null };
    const { kv, revision } = answer;
    const has = kv === null ? 'not there' : `rev ${kv.modRevision}  v${kv.version}`;
    if (isSame(kv, newest.kv)) return { node, verdict: 'same', text: has, other: null };
    if (revision < newest.changedAt)
      return { node, verdict: 'behind', text: `${has}  has applied up to rev ${revision}`, other: kv };
    const ahead = revision > newest.seenAt;
    return { node, verdict: ahead ? 'ahead' : 'differs', text: has, other: kv };
  });
}

interface Newest {
  readonly kv: KeyValue | null;
  /** The revision of its last change, as far as it is remembered. */
  readonly changedAt: number;
  /** The revision at which that was the newest. */
  readonly seenAt: number;
}

function newestOf(history: HistoryResult | null, answers: KeyDetail['answers']): Newest {
  if (history !== null) {
    const version = history.versions[0];
    return {
      kv: version?.type === 'put' ? version.kv : null,
      changedAt: version?.revision ?? history.compactedBelow,
      seenAt: history.revision,
    };
  }
  let newest: Newest = { kv: null, changedAt: 0, seenAt: 0 };
  for (const answer of answers.values()) {
    if ('problem' in answer || answer.revision < newest.seenAt) continue;
    newest = { kv: answer.kv, changedAt: answer.kv?.modRevision ?? answer.revision, seenAt: answer.revision };
  }
  return newest;
}

function isSame(a: KeyValue | null, b: KeyValue | null): boolean {
  return a === null || b === null ? a === b : a.modRevision === b.modRevision && a.version === b.version && a.value === b.value;
}
