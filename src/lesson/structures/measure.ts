/** Times of one operation on a structure of some size, as they are measured here and now. */
import { seededRandom } from '../../base/random.ts';
import type { Structure } from './structure.ts';

/** Mean nanoseconds. */
export interface Times {
  readonly insertNs: number;
  readonly findNs: number;
  readonly deleteNs: number;
  /** Null where there is no order. */
  readonly rangeNs: number | null;
}

/** Keys of 16 characters that a structure holds, the same in order, and others that it does not hold. */
export interface Sample {
  readonly present: readonly string[];
  readonly sorted: readonly string[];
  readonly others: readonly string[];
}

const MOST_SAMPLES = 20_000;
const TURN = 100;
const RANGE_ROWS = 100;

export function sampleOf(keys: number): Sample {
  const random = seededRandom(keys);
  const present = Array.from({ length: keys }, () => flatKey(random.next(), random.next()));
  const others = Array.from({ length: Math.min(keys, MOST_SAMPLES) }, () => flatKey(random.next(), random.next()));
  return { present, sorted: present.toSorted(), others };
}

/** Through JSON, so that each key is one flat string as in a node. */
function flatKey(high: number, low: number): string {
  const hex = (fraction: number): string =>
    Math.floor(fraction * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  return JSON.parse(`"${hex(high)}${hex(low)}"`);
}

/** Milliseconds: by how much it grows. */
export type Watch = () => number;
const wallTime: Watch = () => performance.now();

/** Repeats each operation until its budget is used, and stops between them, so that others can have a turn. */
export function* timesOf(
  made: Structure,
  { present, others }: Sample,
  budgetMs: number,
  watch: Watch = wallTime,
): Generator<void, Times> {
  const asked = present.slice(0, MOST_SAMPLES);
  const { range } = made;
  const findNs = nanos(asked, (key) => made.find(key), budgetMs, watch);
  yield;
  const rangeNs = range === null ? null : nanos(asked, (key) => range(key, RANGE_ROWS), budgetMs, watch);
  yield;
  return { findNs, rangeNs, ...changes(made, others, budgetMs, watch) };
}

function nanos(keys: readonly string[], run: (key: string) => unknown, budgetMs: number, watch: Watch): number {
  const startedAt = watch();
  let calls = 0;
  do {
    for (let i = 0; i < 64; i += 1) run(keys[(calls + i) % keys.length] ?? '');
    calls += 64;
  } while (watch() - startedAt < budgetMs);
  return ((watch() - startedAt) / calls) * 1e6;
}

/** Keys come and go in turns of at most `TURN`, so that the size stays what it is. */
function changes(
  made: Structure,
  keys: readonly string[],
  budgetMs: number,
  watch: Watch,
): { readonly insertNs: number; readonly deleteNs: number } {
  let [insertMs, deleteMs, calls] = [0, 0, 0];
  for (let from = 0; insertMs + deleteMs < 2 * budgetMs; from = (from + TURN) % keys.length) {
    const turn = keys.slice(from, from + TURN);
    const startedAt = watch();
    for (const key of turn) made.insert(key);
    const insertedAt = watch();
    for (const key of turn) made.delete(key);
    insertMs += insertedAt - startedAt;
    deleteMs += watch() - insertedAt;
    calls += turn.length;
  }
  return { insertNs: (insertMs / calls) * 1e6, deleteNs: (deleteMs / calls) * 1e6 };
}

/** `312 ns`, `4.1 us`, `1.27 ms`. */
export function nanosText(ns: number): string {
  if (ns < 1_000) return `${ns.toFixed(0)} ns`;
  return ns < 1_000_000 ? `${(ns / 1_000).toFixed(1)} us` : `${(ns / 1_000_000).toFixed(2)} ms`;
}
