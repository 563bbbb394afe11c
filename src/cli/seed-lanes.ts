/** Many seeds at once: each lane runs one after the other, the results come in the order of the seeds whatever the lanes. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { drawOptions, type Overrides } from '../sim/options.ts';
import { type SimResult, simulate } from '../sim/run.ts';

/** Runs one seed at a time. */
export interface Lane {
  run(seed: number): Promise<SimResult>;
  close(): void;
}

export interface Seeds {
  readonly first: number;
  readonly count: number;
  /** Ends the run; what is under way then counts for nothing. */
  readonly signal: AbortSignal;
  /** How many are done. */
  readonly onDone: (done: number) => void;
}

export const seedAt = (first: number, place: number): number => (first + place) % 2 ** 32;

/**
 * All seeds, or all up to the first that fails: no lower one is left out, whichever lane was quicker. After an interruption,
 * all up to the first that was not done. Rejects when a lane breaks down.
 */
export async function runSeeds({ first, count, signal, onDone }: Seeds, lanes: readonly Lane[]): Promise<readonly SimResult[]> {
  const results = new Map<number, SimResult>();
  const interrupted = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
  let next = 0;
  let end = count;
  const work = async (lane: Lane): Promise<void> => {
    while (next < end && !signal.aborted) {
      const place = next;
      next += 1;
      const result = await Promise.race([lane.run(seedAt(first, place)), interrupted]);
      if (result === null) return;
      results.set(place, result);
      if (result.failure !== null) end = Math.min(end, place + 1);
      onDone(results.size);
    }
  };
  try {
    await Promise.all(lanes.map(work));
  } finally {
    for (const lane of lanes) lane.close();
  }
  const inOrder: SimResult[] = [];
  for (let result = results.get(0); result !== undefined && inOrder.length < end; result = results.get(inOrder.length)) {
    inOrder.push(result);
  }
  return inOrder;
}

/** On this thread, for one lane; else on a thread for each. */
export function lanesOf(jobs: number, overrides: Overrides): readonly Lane[] {
  return jobs === 1 ? [ownLane(overrides)] : Array.from({ length: jobs }, () => threadLane(overrides));
}

/** Without the operations: those of thousands of runs would fill the memory. */
export function runSeed(seed: number, overrides: Overrides): SimResult {
  const result = simulate({ options: drawOptions(seed, overrides) });
  return { ...result, schedule: result.failure === null ? [] : result.schedule, operations: [] };
}

function ownLane(overrides: Overrides): Lane {
  return {
    run: async (seed) => {
      await nextTurn();
      return runSeed(seed, overrides);
    },
    close: () => {},
  };
}

function threadLane(overrides: Overrides): Lane {
  const file = new URL(import.meta.url.endsWith('.ts') ? './seed-thread.ts' : './seed-thread.js', import.meta.url);
  const thread = new Worker(file, { workerData: overrides });
  return {
    run: (seed) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        };
        const onMessage = (result: SimResult): void => {
          settle();
          resolve(result);
        };
        const onError = (error: Error): void => {
          settle();
          reject(error);
        };
        const onExit = (code: number): void => onError(new Error(`the thread of seed ${seed} ended with code ${code}`));
        thread.on('message', onMessage).on('error', onError).on('exit', onExit);
        thread.postMessage(seed);
      }),
    close: () => void thread.terminate(),
  };
}
