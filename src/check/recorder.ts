import { assert } from '../base/assert.ts';
import type { HistoryRange, Operation, RangeAnswer } from './history.ts';

/** What a process is about to do. */
export type Request =
  | { readonly op: 'put'; readonly key: string; readonly value: string }
  | { readonly op: 'get' | 'delete'; readonly key: string }
  | { readonly op: 'cas'; readonly key: string; readonly expect: string | null; readonly value: string }
  | { readonly op: 'range'; readonly range: Partial<HistoryRange> };

/** What it was answered; fields that an operation does not have are left out. */
export interface Answer {
  /** get: the value, null for none. */
  readonly value?: string | null;
  readonly deleted?: boolean;
  readonly swapped?: boolean;
  readonly current?: string | null;
  readonly range?: RangeAnswer;
  readonly revision?: number;
}

interface Open {
  readonly name: string;
  readonly process: string;
  readonly call: number;
  readonly request: Request;
  readonly stale: boolean;
}

const WHOLE_RANGE: HistoryRange = {
  start: '',
  end: null,
  prefix: null,
  limit: 0,
  reverse: false,
  keysOnly: false,
  countOnly: false,
};

/**
 * Turns calls and returns into operations, handed to `sink` as each one ends: keep them, or write `encodeOperation` of each
 * to a file. Call `end` last: what is open then is written as unknown, for without it a write that took effect would be missing
 * and the store would be blamed. Times are microseconds of one monotonic clock, given by the caller.
 */
export class Recorder {
  readonly #sink: (operation: Operation) => void;
  readonly #open = new Map<number, Open>();
  /** How many outcomes of a process are unknown; it goes on under a new name each time. */
  readonly #renamed = new Map<string, number>();
  #calls = 0;

  constructor(sink: (operation: Operation) => void) {
    this.#sink = sink;
  }

  /** The number that `ok`, `failed` or `unknown` takes. */
  call(process: string, now: number, request: Request, options: { readonly stale?: boolean } = {}): number {
    const renamed = this.#renamed.get(process) ?? 0;
    const name = renamed === 0 ? process : `${process}.${renamed}`;
    this.#calls += 1;
    this.#open.set(this.#calls, { name, process, call: now, request, stale: options.stale === true });
    return this.#calls;
  }

  ok(call: number, now: number, answer: Answer = {}): void {
    this.#close(call, now, 'ok', answer);
  }

  /** Only for what certainly did not happen and never will. In doubt it is `unknown`. */
  failed(call: number, now: number): void {
    this.#close(call, now, 'failed', null);
  }

  unknown(call: number): void {
    this.#close(call, null, 'unknown', null);
  }

  end(): void {
    for (const call of [...this.#open.keys()]) this.unknown(call);
  }

  #close(call: number, now: number | null, outcome: Operation['outcome'], answer: Answer | null): void {
    const open = this.#open.get(call);
    assert(open !== undefined, 'an operation returns once, after its call');
    this.#open.delete(call);
    if (outcome === 'unknown') this.#renamed.set(open.process, (this.#renamed.get(open.process) ?? 0) + 1);
    const { name: process, stale } = open;
    const revision = answer?.revision ?? null;
    this.#sink({ process, call: open.call, return: now, outcome, revision, stale, ...completed(open.request, answer) });
  }
}

function completed(request: Request, answer: Answer | null) {
  switch (request.op) {
    case 'put':
      return request;
    case 'get':
      return { op: 'get', key: request.key, result: answer && { value: answer.value ?? null } } as const;
    case 'delete':
      return { op: 'delete', key: request.key, result: answer && { deleted: answer.deleted ?? null } } as const;
    case 'cas':
      return { ...request, result: answer && swap(answer) };
    case 'range':
      return { op: 'range', range: { ...WHOLE_RANGE, ...request.range }, result: answer && (answer.range ?? NOTHING) } as const;
  }
}

const NOTHING: RangeAnswer = { kvs: [], count: null, more: null };

function swap({ swapped = false, current }: Answer): { readonly swapped: boolean; readonly current?: string | null } {
  return current === undefined ? { swapped } : { swapped, current };
}
