import { Worker } from 'node:worker_threads';
import type { Operation } from '../../../check/history.ts';
import type { WindowsVerdict } from '../../../check/windows.ts';

export interface TrafficTask {
  readonly id: number;
  readonly operations: readonly Operation[];
}
export interface TrafficAnswer {
  readonly id: number;
  readonly verdict: WindowsVerdict;
}

/** Young objects of a search die at once: the default of 64 MiB would be touched in full for nothing. */
const YOUNG_MEGABYTES = 8;

/** Judges operations on a thread of its own, which begins with the first of them. It keeps no program from ending. */
export class TrafficJudge {
  #thread: Worker | null = null;
  #last = 0;

  /** Null when the thread failed: then nothing is known about these operations. One call at a time. */
  judge(operations: readonly Operation[]): Promise<WindowsVerdict | null> {
    this.#thread ??= startThread();
    const thread = this.#thread;
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      const settle = (verdict: WindowsVerdict | null): void => {
        thread.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
        resolve(verdict);
      };
      const onMessage = (answer: TrafficAnswer): void => {
        if (answer.id === id) settle(answer.verdict);
      };
      const onEnd = (): void => {
        if (this.#thread === thread) this.#thread = null;
        settle(null);
      };
      thread.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
      thread.postMessage({ id, operations } satisfies TrafficTask);
    });
  }

  stop(): void {
    void this.#thread?.terminate();
    this.#thread = null;
  }
}

function startThread(): Worker {
  const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const thread = new Worker(new URL(`traffic-thread.${kind}`, import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  thread.unref();
  return thread;
}
