/** Judges histories in a thread of its own, so that neither the load nor the watch over the cluster stands still. */
import { Worker } from 'node:worker_threads';
import type { Operation } from '../check/history.ts';

/** What one check found, for a report. */
export interface Judgement {
  readonly verdict: 'linearizable' | 'not-linearizable' | 'gave-up';
  readonly violations: readonly string[];
  readonly states: number;
  /** The culprit drawn, for a terminal and as a page; empty and null when there is none. */
  readonly picture: readonly string[];
  readonly page: string | null;
}

export interface JudgeRequest {
  readonly id: number;
  readonly title: string;
  readonly operations: readonly Operation[];
}
export interface JudgeAnswer {
  readonly id: number;
  readonly judgement: Judgement;
}

export class Judge {
  // The compiler rewrites the names of imports, and not this one.
  readonly #worker = new Worker(
    new URL(import.meta.url.endsWith('.ts') ? './judge-worker.ts' : './judge-worker.js', import.meta.url),
  );
  readonly #waiting = new Map<
    number,
    { readonly resolve: (value: Judgement) => void; readonly reject: (error: Error) => void }
  >();
  #asked = 0;
  #failure: Error | null = null;

  constructor() {
    this.#worker.on('message', ({ id, judgement }: JudgeAnswer) => {
      this.#waiting.get(id)?.resolve(judgement);
      this.#waiting.delete(id);
    });
    this.#worker.on('error', (error) => {
      this.#failure = error;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** Histories that wait for their verdict. */
  get open(): number {
    return this.#waiting.size;
  }

  judge(title: string, operations: readonly Operation[]): Promise<Judgement> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#asked += 1;
    const id = this.#asked;
    const request: JudgeRequest = { id, title, operations };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
