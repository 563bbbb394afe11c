/** The store as its callers see it, with each call and its answer noted on the way. */
import { RpcError } from '../../../base/errors.ts';
import type { Answer, Request } from '../../../check/recorder.ts';
import type { KeyValue, RangeQuery, RangeResult } from '../../../kv/commands.ts';
import type { HistoryResult } from '../../../kv/key-history.ts';
import type {
  CallOptions,
  HistoryPage,
  KvClient,
  ReadOptions,
  RetriedWrite,
  WatchEvent,
  WatchOptions,
  WatchQuery,
  Written,
} from '../../driver.ts';
import type { Traffic } from './traffic.ts';

interface Noted {
  readonly answer: Answer;
  readonly changed: boolean;
}

export interface Witness {
  readonly traffic: Traffic;
  /** A write has the answer that names its place in the log. */
  readonly acknowledged: (written: Written) => void;
}

export class RecordedKv implements KvClient {
  readonly #kv: KvClient;
  readonly #witness: Witness;

  constructor(kv: KvClient, witness: Witness) {
    this.#kv = kv;
    this.#witness = witness;
  }

  async put(key: string, value: string, options?: CallOptions): Promise<Written> {
    const written = await this.#note(
      { op: 'put', key, value },
      () => this.#kv.put(key, value, options),
      ({ revision }) => ({ answer: { revision }, changed: true }),
    );
    this.#witness.acknowledged(written);
    return written;
  }

  delete(key: string, options?: CallOptions): Promise<{ readonly deleted: boolean; readonly revision: number }> {
    return this.#note(
      { op: 'delete', key },
      () => this.#kv.delete(key, options),
      ({ deleted, revision }) => ({ answer: { deleted, revision }, changed: deleted }),
    );
  }

  cas(
    key: string,
    expect: string | null,
    value: string,
    options?: CallOptions,
  ): Promise<{ readonly swapped: boolean; readonly current: string | null; readonly revision: number }> {
    return this.#note(
      { op: 'cas', key, expect, value },
      () => this.#kv.cas(key, expect, value, options),
      ({ swapped, current, revision }) => ({ answer: { swapped, current, revision }, changed: swapped }),
    );
  }

  get(key: string, options: ReadOptions = {}): Promise<{ readonly kv: KeyValue | null; readonly revision: number }> {
    if (!isOfNow(options)) return this.#kv.get(key, options);
    return this.#note(
      { op: 'get', key },
      () => this.#kv.get(key, options),
      ({ kv, revision }) => ({ answer: { value: kv?.value ?? null, revision }, changed: false }),
    );
  }

  range(query: Partial<RangeQuery>, options: ReadOptions = {}): Promise<RangeResult> {
    if (!isOfNow(options)) return this.#kv.range(query, options);
    return this.#note(
      { op: 'range', range: query },
      () => this.#kv.range(query, options),
      ({ kvs, count, more, revision }) => ({ answer: { range: { kvs, count, more }, revision }, changed: false }),
    );
  }

  /** It lists the past, in which the present cannot be wrong: nothing to check. */
  history(key: string, page?: HistoryPage, options?: ReadOptions): Promise<HistoryResult> {
    return this.#kv.history(key, page, options);
  }

  watch(query: WatchQuery, options?: WatchOptions): AsyncIterable<WatchEvent> {
    return this.#kv.watch(query, options);
  }

  /** The write is on record already, as one that may take effect at any time. */
  retryUnknown(options?: CallOptions): Promise<RetriedWrite | null> {
    return this.#kv.retryUnknown(options);
  }

  async #note<Result>(request: Request, run: () => Promise<Result>, noted: (result: Result) => Noted): Promise<Result> {
    const { traffic } = this.#witness;
    const call = traffic.called(request);
    try {
      const result = await run();
      const { answer, changed } = noted(result);
      traffic.answered(call, answer, changed);
      return result;
    } catch (error) {
      if (error instanceof RpcError && error.outcome === 'definite') traffic.failed(call);
      else traffic.unknown(call);
      throw error;
    }
  }
}

/** Asks for the newest state, which is what the checks know. */
function isOfNow({ consistency, revision }: ReadOptions): boolean {
  return consistency !== 'stale' && revision === undefined;
}
