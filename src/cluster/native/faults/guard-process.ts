/** Starts guards and speaks with them. */
import { randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
import { paths } from '../folder/directory.ts';
import { spawnProgram } from '../process/program.ts';
import { KEEP_NODES, RELEASE } from './guard-words.ts';

/** Cleans up behind a console. */
export interface Guard {
  /** Resolves when it is there: to be awaited before anything is done that it would have to undo. */
  stand(): Promise<void>;
  /** The nodes stay when this program ends. */
  keepNodes(): void;
  /** All was put in order here: the guard ends without doing anything. */
  release(): void;
}

/** The console's end of its guard. When this program ends, however it ends, the guard notices. */
export class GuardHandle implements Guard {
  readonly #input: Writable;

  constructor(input: Writable) {
    this.#input = input;
    // A guard that is gone cannot be spoken to; that is not worth the end of this program.
    input.on('error', () => {});
  }

  stand(): Promise<void> {
    return Promise.resolve();
  }

  keepNodes(): void {
    this.#input.write(`${KEEP_NODES}\n`);
  }

  release(): void {
    this.#input.end(`${RELEASE}\n`);
  }
}

/** Is started when it is first wanted: a console that only looks leaves nothing behind, and opens sooner without. */
export class LateGuard implements Guard {
  readonly #start: () => Promise<Guard>;
  #started: Promise<Guard> | null = null;

  constructor(start: () => Promise<Guard>) {
    this.#start = start;
  }

  async stand(): Promise<void> {
    this.#started ??= this.#start();
    try {
      await this.#started;
    } catch (error) {
      this.#started = null;
      throw error;
    }
  }

  keepNodes(): void {
    this.#tell((guard) => guard.keepNodes());
  }

  release(): void {
    this.#tell((guard) => guard.release());
  }

  #tell(word: (guard: Guard) => void): void {
    this.#started?.then(word, () => {});
  }
}

/** The id of a new console: its faults and its guard carry it. */
export function newOwner(): string {
  return `console-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** A guard for everything `owner` does to a cluster, and for its nodes with `stopNodes`. */
export async function spawnGuard(dir: string, owner: string, options: { readonly stopNodes: boolean }): Promise<GuardHandle> {
  const args = ['guard', '--dir', dir, '--owner', owner, ...(options.stopNodes ? ['--stop-nodes'] : [])];
  const { input } = await spawnProgram(args, { logFile: paths.guardLog(dir), piped: true });
  if (input === null) throw new TypeError('a guard without standard input');
  return new GuardHandle(input);
}

/** A guard that ends one fault at a wall-clock time, in milliseconds since 1970, though this program ends before. */
export async function spawnTimer(dir: string, fault: number, at: number): Promise<void> {
  const args = ['guard', '--dir', dir, '--at', String(at), '--fault', String(fault)];
  await spawnProgram(args, { logFile: paths.guardLog(dir) });
}
