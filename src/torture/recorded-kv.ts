/** One process of a history: every call to the store becomes an operation, whatever comes of it. */
import { RpcError } from '../base/errors.ts';
import type { HistoryRange } from '../check/history.ts';
import type { Answer, Recorder, Request } from '../check/recorder.ts';
import type { KvClient, Written } from '../cluster/driver.ts';

/** Microseconds on the clock of this machine, the same for all its programs. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n);

export type CallOutcome = 'ok' | 'failed' | 'unknown';

export interface RecordedKvListener {
  readonly onOutcome?: (outcome: CallOutcome) => void;
  /** A put has its answer, which names its place in the log. */
  readonly onWritten?: (written: Written) => void;
}

export class RecordedKv {
  readonly #kv: KvClient;
  readonly #recorder: Recorder;
  readonly #process: string;
  readonly #deadlineMs: number;
  readonly #listener: RecordedKvListener;

  constructor(kv: KvClient, recorder: Recorder, process: string, deadlineMs: number, listener: RecordedKvListener = {}) {
    this.#kv = kv;
    this.#recorder = recorder;
    this.#process = process;
    this.#deadlineMs = deadlineMs;
    this.#listener = listener;
  }

  put(key: string, value: string): Promise<Answer | null> {
    return this.#record({ op: 'put', key, value }, async (options) => {
      const written = await this.#kv.put(key, value, options);
      this.#listener.onWritten?.(written);
      return written;
    });
  }

  get(key: string): Promise<Answer | null> {
    return this.#record({ op: 'get', key }, async (options) => {
      const { kv, revision } = await this.#kv.get(key, options);
      return { value: kv?.value ?? null, revision };
    });
  }

  delete(key: string): Promise<Answer | null> {
    return this.#record({ op: 'delete', key }, (options) => this.#kv.delete(key, options));
  }

  cas(key: string, expect: string | null, value: string): Promise<Answer | null> {
    return this.#record({ op: 'cas', key, expect, value }, (options) => this.#kv.cas(key, expect, value, options));
  }

  range(range: Partial<HistoryRange>): Promise<Answer | null> {
    return this.#record({ op: 'range', range }, async (options) => {
      const { kvs, count, more, revision } = await this.#kv.range(range, options);
      return { range: { kvs: kvs.map(({ key, value }) => ({ key, value })), count, more }, revision };
    });
  }

  /** The answer, or null. Only what the store itself calls definite is a failure; all else is unknown. */
  async #record(request: Request, run: (options: { readonly deadlineMs: number }) => Promise<Answer>): Promise<Answer | null> {
    const call = this.#recorder.call(this.#process, now(), request);
    try {
      const answer = await run({ deadlineMs: this.#deadlineMs });
      this.#recorder.ok(call, now(), answer);
      this.#listener.onOutcome?.('ok');
      return answer;
    } catch (error) {
      const definite = error instanceof RpcError && error.outcome === 'definite';
      if (definite) this.#recorder.failed(call, now());
      else this.#recorder.unknown(call);
      this.#listener.onOutcome?.(definite ? 'failed' : 'unknown');
      return null;
    }
  }
}
