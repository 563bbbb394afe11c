/** One process of a history: every call to the store becomes an operation, whatever comes of it. */
import { RpcError } from '../../src/base/errors.ts';
import type { HistoryRange } from '../../src/check/history.ts';
import type { Answer, Recorder, Request } from '../../src/check/recorder.ts';
import type { KvClient } from '../../src/cluster/driver.ts';

/** Microseconds on the clock of this machine, the same for all its programs. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n);

export class RecordedKv {
  readonly #kv: KvClient;
  readonly #recorder: Recorder;
  readonly #process: string;
  readonly #deadlineMs: number;

  constructor(kv: KvClient, recorder: Recorder, process: string, deadlineMs: number) {
    this.#kv = kv;
    this.#recorder = recorder;
    this.#process = process;
    this.#deadlineMs = deadlineMs;
  }

  put(key: string, value: string): Promise<boolean> {
    return this.#record({ op: 'put', key, value }, (options) => this.#kv.put(key, value, options));
  }

  get(key: string): Promise<boolean> {
    return this.#record({ op: 'get', key }, async (options) => {
      const { kv, revision } = await this.#kv.get(key, options);
      return { value: kv?.value ?? null, revision };
    });
  }

  delete(key: string): Promise<boolean> {
    return this.#record({ op: 'delete', key }, (options) => this.#kv.delete(key, options));
  }

  cas(key: string, expect: string | null, value: string): Promise<boolean> {
    return this.#record({ op: 'cas', key, expect, value }, (options) => this.#kv.cas(key, expect, value, options));
  }

  range(range: Partial<HistoryRange>): Promise<boolean> {
    return this.#record({ op: 'range', range }, async (options) => {
      const { kvs, count, more, revision } = await this.#kv.range(range, options);
      return { range: { kvs: kvs.map(({ key, value }) => ({ key, value })), count, more }, revision };
    });
  }

  /** Whether it was answered. Only what the store itself calls definite is one. */
  async #record(request: Request, run: (options: { readonly deadlineMs: number }) => Promise<Answer>): Promise<boolean> {
    const call = this.#recorder.call(this.#process, now(), request);
    try {
      const answer = await run({ deadlineMs: this.#deadlineMs });
      this.#recorder.ok(call, now(), answer);
      return true;
    } catch (error) {
      if (error instanceof RpcError && error.outcome === 'definite') this.#recorder.failed(call, now());
      else this.#recorder.unknown(call);
      return false;
    }
  }
}
