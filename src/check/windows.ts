/**
 * Cuts the history of a few clients of a busy store into histories that can be judged alone. Others may write as well, the
 * store was not empty when the recording began, and it never ends. Revisions tell where a cut is sound: between two states
 * of which one follows from the other by a write of ours, nobody else wrote. So each window is a run of such states; how it
 * began is what its own earliest answers say, and every later answer must follow from that and from our writes.
 *
 * Within a window the verdict is by the clients' word alone. Which window an answer belongs to is by its revision; that
 * revisions respect real time is checked apart, for each answer.
 */
import { type CheckReport, checkHistory } from './check.ts';
import { type Operation, writtenBy } from './history.ts';
import { isInRange } from './key-span.ts';

/** Where the state of a window's beginning comes from, as a process of its history. */
export const BEFORE = 'before';
/** A key existed, and no answer told its value. */
const SOME_VALUE = '(some value)';

type Answered = Operation & { readonly revision: number };
type OfKey = Exclude<Answered, { readonly op: 'range' }>;

export interface HistoryWindow {
  /** Linearizable if the store is. Holds what was there before as puts of `BEFORE`, and ranges as gets. */
  readonly history: readonly Operation[];
  /** How many of the operations it stands for. */
  readonly answers: number;
}

/** Together they stand for every answer that names its revision and asked for the newest. */
export function windowsOf(operations: readonly Operation[]): readonly HistoryWindow[] {
  const answered = operations.filter((operation): operation is Answered => {
    const told = operation.op !== 'delete' || (operation.result?.deleted ?? null) !== null;
    return operation.outcome === 'ok' && operation.revision !== null && !operation.stale && told;
  });
  const ours = new Set(answered.filter(isChange).map(({ revision }) => revision));
  const firsts = new Map<number, number>();
  for (const revision of [...ours].sort((a, b) => a - b)) {
    firsts.set(revision, ours.has(revision - 1) ? (firsts.get(revision - 1) ?? revision - 1) : revision - 1);
  }
  const windows = new Map<number, Answered[]>();
  for (const operation of answered) {
    const first = firsts.get(operation.revision) ?? operation.revision;
    const window = windows.get(first) ?? [];
    windows.set(first, window);
    window.push(operation);
  }
  return [...windows.values()].map((window) => ({ history: windowOf(window), answers: window.length }));
}

export interface WindowsVerdict {
  /** Operations in windows that were found linearizable. */
  readonly linearizable: number;
  /** Operations in windows whose search was given up. */
  readonly gaveUp: number;
  /** On the first window that is not linearizable. */
  readonly culprit: CheckReport | null;
}

/** `budget` is that of each window, in configurations. */
export function judgeWindows(operations: readonly Operation[], budget: number): WindowsVerdict {
  let linearizable = 0;
  let gaveUp = 0;
  for (const { history, answers } of windowsOf(operations)) {
    const report = checkHistory(history, { budget });
    if (report.verdict === 'not-linearizable') return { linearizable, gaveUp, culprit: report };
    if (report.verdict === 'gave-up') gaveUp += answers;
    else linearizable += answers;
  }
  return { linearizable, gaveUp, culprit: null };
}

function windowOf(operations: readonly Answered[]): readonly Operation[] {
  const touched = new Set(operations.flatMap((operation) => (operation.op === 'range' ? [] : [operation.key])));
  const ofKeys = operations.flatMap((operation) => (operation.op === 'range' ? gets(operation, touched) : [operation]));
  const begin = Math.min(...operations.map(({ call }) => call));
  const initial = new Map<string, string | null>();
  const changed = new Set<string>();
  for (const operation of ofKeys.toSorted(byState)) {
    if (changed.has(operation.key)) continue;
    const seen = seenBy(operation);
    const isOpen = !initial.has(operation.key) || initial.get(operation.key) === SOME_VALUE;
    if (seen !== undefined && isOpen) initial.set(operation.key, seen);
    if (isChange(operation)) changed.add(operation.key);
  }
  const before = [...initial].flatMap(([key, value]): Operation[] => (value === null ? [] : [written(key, value, begin)]));
  return [...before, ...ofKeys];
}

function written(key: string, value: string, begin: number): Operation {
  const nothing = { outcome: 'ok', revision: null, stale: false } as const;
  return { process: BEFORE, op: 'put', key, value, call: begin - 2, return: begin - 1, ...nothing };
}

/** By the state that was seen; of the same state, answers come before the change that ended it. */
function byState(a: OfKey, b: OfKey): number {
  return stateSeen(a) - stateSeen(b) || Number(isChange(a)) - Number(isChange(b));
}

const stateSeen = (operation: OfKey): number => operation.revision - (isChange(operation) ? 1 : 0);

const isChange = (operation: Operation): boolean => operation.op !== 'range' && writtenBy(operation) !== undefined;

/** The value that the answer proves; undefined when it proves none. */
function seenBy(operation: OfKey): string | null | undefined {
  switch (operation.op) {
    case 'put':
      return undefined;
    case 'get':
      return operation.result?.value ?? null;
    case 'delete':
      return operation.result?.deleted === true ? SOME_VALUE : null;
    case 'cas':
      return operation.result?.swapped === true ? operation.expect : operation.result?.current;
  }
}

/** What a range says of single keys: less than it says as a whole, but never more than is true. */
function gets(operation: Answered & { readonly op: 'range' }, touched: ReadonlySet<string>): readonly OfKey[] {
  const { range, result, op: _, ...rest } = operation;
  if (result === null || range.keysOnly || range.countOnly) return [];
  const rows = new Map(result.kvs.map(({ key, value }) => [key, value]));
  const isWhole = result.more === false && (range.limit === 0 || rows.size < range.limit);
  const get = (key: string, value: string | null): OfKey => ({ ...rest, op: 'get', key, result: { value } });
  const found = [...rows].filter(([key]) => touched.has(key)).map(([key, value]) => get(key, value));
  if (!isWhole) return found;
  const missing = [...touched].filter((key) => !rows.has(key) && isInRange(key, range));
  return [...found, ...missing.map((key) => get(key, null))];
}
