/**
 * The process that cleans up when nobody else is left to: a console that was killed can neither heal the faults it has
 * set nor stop the nodes it has launched, and a fault set from the command line for ten seconds outlives its command.
 * A guard only waits; whatever it needs is loaded when it has something to do.
 */
import { watch } from 'node:fs';
import { KEEP_NODES, RELEASE } from './guard-words.ts';

export interface GuardOptions {
  /** The cluster's folder. */
  readonly dir: string;
  /** Heal this owner's faults when standard input ends; null for a guard that only ends one fault. */
  readonly owner: string | null;
  /** Stop the nodes as well. */
  readonly stopNodes: boolean;
  /** End `fault` at this wall-clock time, in milliseconds since 1970. */
  readonly at: number | null;
  readonly fault: number | null;
}

const LONGEST_TIMER_MS = 2_147_483_647;

/** `raftkv-tui guard`: resolves with the exit code. */
export async function runGuard(options: GuardOptions): Promise<number> {
  // No signal meant for the console may end the one who cleans up behind it.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  if (options.at !== null && options.fault !== null) return waitForTime(options.dir, options.at, options.fault);
  const words = await readToEnd();
  if (words.includes(RELEASE) || options.owner === null) return 0;
  const { cleanUp } = await import('./guard-work.ts');
  await cleanUp(options.dir, options.owner, options.stopNodes && !words.includes(KEEP_NODES));
  return 0;
}

/** The words on standard input, one a line, once its other end has closed. */
async function readToEnd(): Promise<readonly string[]> {
  let text = '';
  try {
    for await (const chunk of process.stdin) text = (text + String(chunk)).slice(-4_096);
  } catch {
    // A pipe that breaks has ended too.
  }
  return text.split('\n');
}

/** Waits for the time, or for the fault to be healed by somebody else. */
async function waitForTime(dir: string, at: number, fault: number): Promise<number> {
  const { expire, isActive } = await import('./guard-work.ts');
  if (await isActive(dir, fault)) await timeOrChange(dir, at, () => isActive(dir, fault));
  await expire(dir, Date.now());
  return 0;
}

/** Resolves at the time, or as soon as `isActive` says no after the ledger has changed. */
function timeOrChange(dir: string, at: number, isActive: () => Promise<boolean>): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      watcher.close();
      resolve();
    };
    const timer = setTimeout(end, Math.min(Math.max(0, at - Date.now()), LONGEST_TIMER_MS));
    const watcher = watch(dir, (_event, name) => {
      if (name === 'faults.json' || name === null) void isActive().then((active) => active || end());
    });
    watcher.on('error', end);
  });
}
