/** What a benchmark starts ends with it, however it ends: at its end, by an error or by a signal, and only once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listClusters, stopCluster } from '../src/cluster/native/lifecycle.ts';

/** As a shell tells of who was ended by that signal. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export class Cleanup {
  readonly #steps: (() => unknown)[] = [];
  #ending: Promise<void> | null = null;

  constructor() {
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        // Whoever asks twice does not want to wait.
        if (this.#ending !== null) process.exit(EXIT_CODES[signal]);
        void this.run().then(() => process.exit(EXIT_CODES[signal]));
      });
  }

  /** To be called before what `step` ends is started: it throws when the end has come. The last step is the first to be done. */
  add(step: () => unknown): void {
    if (this.#ending !== null) throw new Error('it was told to end');
    this.#steps.push(step);
  }

  /** A new folder for temporary files, which goes at the end with all clusters in it. */
  home(prefix: string): string {
    const home = mkdtempSync(join(tmpdir(), prefix));
    this.add(async () => {
      for (const { name } of await listClusters(home)) await stopCluster({ home, name });
      rmSync(home, { recursive: true, force: true });
    });
    return home;
  }

  /** Whoever calls it again waits for the same end. Never rejects: what a step could not do is told. */
  run(): Promise<void> {
    this.#ending ??= this.#runAll();
    return this.#ending;
  }

  async #runAll(): Promise<void> {
    for (const step of this.#steps.toReversed()) {
      try {
        await step();
      } catch (error) {
        console.error(error);
      }
    }
  }
}
