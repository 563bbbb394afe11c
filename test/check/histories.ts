/** Histories for tests: written by hand in a short notation, or lived by clients of one honest copy. */
import type { Random } from '../../src/base/random.ts';
import { type HistoryRange, type Operation, type RangeAnswer, writtenBy } from '../../src/check/history.ts';

const NOW = { revision: null, stale: false, outcome: 'ok' } as const;
const ALL: HistoryRange = { start: '', end: null, prefix: null, limit: 0, reverse: false, keysOnly: false, countOnly: false };

type Interval = readonly [call: number, end: number | null];
type Extra = Partial<Pick<Operation, 'outcome' | 'revision' | 'stale'>>;

/** A null end makes the outcome unknown. */
const base = (process: string, [call, end]: Interval, extra: Extra = {}) => ({
  process,
  call,
  return: end,
  ...NOW,
  ...(end === null ? ({ outcome: 'unknown' } as const) : {}),
  ...extra,
});

export const put = (process: string, at: Interval, key: string, value: string, extra?: Extra): Operation => ({
  ...base(process, at, extra),
  op: 'put',
  key,
  value,
});

export const get = (process: string, at: Interval, key: string, value: string | null, extra?: Extra): Operation => ({
  ...base(process, at, extra),
  op: 'get',
  key,
  result: { value },
});

export const del = (process: string, at: Interval, key: string, deleted: boolean | null, extra?: Extra): Operation => ({
  ...base(process, at, extra),
  op: 'delete',
  key,
  result: at[1] === null ? null : { deleted },
});

export const cas = (
  process: string,
  at: Interval,
  [key, expect, value]: readonly [string, string | null, string],
  result: { swapped: boolean; current?: string | null } | null,
  extra?: Extra,
): Operation => ({ ...base(process, at, extra), op: 'cas', key, expect, value, result: at[1] === null ? null : result });

export const range = (
  process: string,
  at: Interval,
  asked: Partial<HistoryRange>,
  answer: Partial<RangeAnswer>,
  extra?: Extra,
): Operation => ({
  ...base(process, at, extra),
  op: 'range',
  range: { ...ALL, ...asked },
  result: { kvs: [], count: null, more: null, ...answer },
});

export interface LifeOptions {
  readonly operations: number;
  readonly processes: number;
  readonly keys: number;
  /** Share of writes whose answer is lost; half of those never happen. */
  readonly unknown: number;
  readonly ranges: boolean;
  /** Each written value is new; else there are three for all. */
  readonly unique: boolean;
  readonly revisions: boolean;
}

/** Clients of one honest copy: each operation happens at one instant between its call and its return. */
export function life(random: Random, options: LifeOptions): Operation[] {
  const plans: { process: string; call: number; at: number; end: number; number: number }[] = [];
  const free = new Array<number>(options.processes).fill(0);
  for (let number = 0; number < options.operations; number += 1) {
    const process = random.integer(0, options.processes);
    const call = (free[process] ?? 0) + random.integer(0, 30);
    const at = call + random.integer(0, 40);
    const end = at + random.integer(0, 40);
    free[process] = end + 1;
    plans.push({ process: `c${process}`, call, at, end, number });
  }
  plans.sort((a, b) => a.at - b.at || a.number - b.number);
  const copy = new Copy(random, options);
  return plans
    .map(({ process, call, end, number }) => {
      const mayBeLost = random.next() < options.unknown;
      const { stored, ...operation } = copy.perform(number, mayBeLost && random.next() < 0.5);
      const base = { process, call, return: end, outcome: 'ok', stale: false, revision: stored } as const;
      if (!mayBeLost || !writes(operation)) return { ...base, ...operation } as Operation;
      return { ...base, ...operation, return: null, outcome: 'unknown', revision: null, ...forgotten(operation) } as Operation;
    })
    .sort((a, b) => a.call - b.call);
}

type Done = { readonly op: Operation['op'] } & Record<string, unknown>;

const writes = ({ op }: Done): boolean => op !== 'get' && op !== 'range';
const forgotten = ({ op }: Done): object => (op === 'put' ? {} : { result: null });

class Copy {
  readonly #random: Random;
  readonly #options: LifeOptions;
  readonly #data = new Map<string, string>();
  #revision = 0;
  #inVain = false;

  constructor(random: Random, options: LifeOptions) {
    this.#random = random;
    this.#options = options;
  }

  /** `inVain`: a write does not happen. */
  perform(number: number, inVain: boolean): Done & { stored: number | null } {
    this.#inVain = inVain;
    const done = this.#choose(number);
    return { ...done, stored: this.#options.revisions ? this.#revision : null };
  }

  #choose(number: number): Done {
    const random = this.#random;
    const key = `k${random.integer(0, this.#options.keys)}`;
    const value = this.#options.unique ? `v${number}` : `v${random.integer(0, 3)}`;
    const current = this.#data.get(key) ?? null;
    const choice = random.next();
    if (choice < 0.3) {
      this.#set(key, value);
      return { op: 'put', key, value };
    }
    if (choice < 0.4) {
      this.#set(key, null);
      return { op: 'delete', key, result: { deleted: random.next() < 0.2 ? null : current !== null } };
    }
    if (choice < 0.6) {
      const expect = random.next() < 0.7 ? current : random.next() < 0.5 ? null : 'v0';
      const swapped = expect === current;
      if (swapped) this.#set(key, value);
      const after = this.#data.get(key) ?? null;
      return { op: 'cas', key, expect, value, result: { swapped, ...(random.next() < 0.3 ? {} : { current: after }) } };
    }
    if (choice < 0.75 && this.#options.ranges) return this.#range();
    return { op: 'get', key, result: { value: current } };
  }

  #set(key: string, value: string | null): void {
    if (this.#inVain || (value === null && !this.#data.has(key))) return;
    this.#revision += 1;
    if (value === null) this.#data.delete(key);
    else this.#data.set(key, value);
  }

  #range(): Done {
    const random = this.#random;
    const asked: HistoryRange = {
      ...ALL,
      start: random.next() < 0.5 ? '' : `k${random.integer(0, this.#options.keys)}`,
      end: random.next() < 0.5 ? null : `k${random.integer(0, this.#options.keys + 1)}`,
      limit: random.next() < 0.5 ? 0 : random.integer(1, 3),
      reverse: random.next() < 0.3,
      keysOnly: random.next() < 0.2,
      countOnly: random.next() < 0.1,
    };
    return { op: 'range', range: asked, result: answer(this.#data, asked) };
  }
}

/** Keys in tests are plain ASCII, where every order agrees. */
export function answer(data: ReadonlyMap<string, string>, asked: HistoryRange): RangeAnswer {
  const { start, end, prefix, limit, reverse, keysOnly, countOnly } = asked;
  const keys = [...data.keys()]
    .filter((key) => key >= start && (end === null || key < end) && key.startsWith(prefix ?? ''))
    .sort();
  if (reverse) keys.reverse();
  if (countOnly) return { kvs: [], count: keys.length, more: false };
  const rows = limit === 0 ? keys : keys.slice(0, limit);
  const kvs = rows.map((key) => ({ key, value: keysOnly ? '' : (data.get(key) ?? '') }));
  return { kvs, count: keys.length, more: rows.length < keys.length };
}

/** One lie somewhere: reads swapped, a write left out, a read of another value, a cas that says the opposite. */
export function mutate(history: readonly Operation[], random: Random): Operation[] {
  const copy = [...history];
  const at = random.integer(0, copy.length);
  const operation = copy[at];
  if (operation === undefined) return copy;
  if (operation.op === 'get' && operation.result !== null) {
    const other = copy[random.integer(0, copy.length)];
    const value = other === undefined ? null : (writtenBy(other) ?? null);
    copy[at] = { ...operation, result: { value } };
  } else if (operation.op === 'cas' && operation.result !== null) {
    copy[at] = { ...operation, result: { swapped: !operation.result.swapped } };
  } else if (operation.op === 'delete' && operation.result !== null) {
    copy[at] = { ...operation, result: { deleted: operation.result.deleted !== true } };
  } else if (operation.op === 'range' && operation.result !== null) {
    copy[at] = { ...operation, result: { ...operation.result, kvs: operation.result.kvs.slice(1) } };
  } else copy.splice(at, 1);
  return copy;
}

/** What a store that lies would have answered, one kind of lie at a time; null where the history has no place for it. */
export const LIES: Readonly<Record<string, (history: readonly Operation[], random: Random) => Operation[] | null>> = {
  'two reads with their values swapped': (history, random) => {
    const reads = history.flatMap((each, at) => (each.op === 'get' && each.result !== null ? [{ at, each }] : []));
    const first = drawn(reads, random);
    const second = drawn(
      reads.filter(({ each }) => each.key === first?.each.key && each.result?.value !== first.each.result?.value),
      random,
    );
    if (first === undefined || second === undefined) return null;
    return history.with(first.at, { ...first.each, result: second.each.result }).with(second.at, {
      ...second.each,
      result: first.each.result,
    });
  },
  'a write left out': (history, random) => {
    const write = drawn(
      history.filter((each) => writtenBy(each) !== undefined),
      random,
    );
    return write === undefined ? null : history.filter((each) => each !== write);
  },
  'a write that is said to have failed': (history, random) => {
    const write = drawn(
      history.filter((each) => each.op === 'put' && each.outcome === 'ok'),
      random,
    );
    return write === undefined
      ? null
      : history.map((each) => (each === write ? { ...each, outcome: 'failed', return: each.call } : each));
  },
  'an unknown put that is said to be done': (history, random) => {
    const write = drawn(
      history.filter((each) => each.op === 'put' && each.outcome === 'unknown'),
      random,
    );
    return write === undefined
      ? null
      : history.map((each) => (each === write ? { ...each, outcome: 'ok', return: each.call + 1 } : each));
  },
  'an answer that came before its question': (history, random) => {
    const late = drawn(
      history.filter((each) => each.outcome === 'ok' && each.call > 40),
      random,
    );
    return late === undefined ? null : history.map((each) => (each === late ? { ...each, call: 0, return: 1 } : each));
  },
};

function drawn<T>(from: readonly T[], random: Random): T | undefined {
  return from[random.integer(0, Math.max(1, from.length))];
}
