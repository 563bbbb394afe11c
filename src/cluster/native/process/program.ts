/** Starts this program again, as a process of its own that outlives the one that started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { READY_VARIABLE } from '../../../node/ready-word.ts';
import { ClusterError } from '../cluster-error.ts';

const LOG_FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;
/** A log that has grown over this is put aside at the next start; the one put aside before goes. */
const LOG_TURNOVER_BYTES = 8 * 1_024 * 1_024;

export interface StartedProgram {
  readonly pid: number;
  /** Null unless a pipe was asked for. */
  readonly input: Writable | null;
  /** What it says when it serves; null unless that was asked for. */
  readonly word: Readable | null;
}

export interface ProgramOptions {
  readonly logFile: string;
  /** Standard input is a pipe from this program. */
  readonly piped?: boolean;
  /** It is asked to say when it serves. */
  readonly tells?: boolean;
  /** Options of Node itself. */
  readonly runtime?: readonly string[];
}

/** The first after the standard ones. */
const READY_FD = 3;

/** The program's entry file: the built one also when this file runs from its source. */
function programFile(): string {
  const beside = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../../../dist/cli/main.js', import.meta.url));
}

/**
 * Starts `raftkv-tui ARGS` in a session of its own: no signal of this terminal reaches it, its output goes to `logFile`
 * alone, and this program may end before it. Resolves as soon as the process exists.
 */
export async function spawnProgram(args: readonly string[], options: ProgramOptions): Promise<StartedProgram> {
  const log = await openLog(options.logFile);
  try {
    return await spawnDetached([...(options.runtime ?? []), programFile(), ...args], log.fd, options);
  } finally {
    await log.close();
  }
}

function spawnDetached(
  args: readonly string[],
  logFd: number,
  { piped = false, tells = false }: ProgramOptions,
): Promise<StartedProgram> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      detached: true,
      stdio: [piped ? 'pipe' : 'ignore', logFd, logFd, ...(tells ? (['pipe'] as const) : [])],
      // What this program itself was given to say that it is ready is not theirs to write to.
      env: { ...process.env, NODE_ENV: 'production', [READY_VARIABLE]: tells ? String(READY_FD) : undefined },
    });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      const { pid, stdin } = child;
      // Nor does the pipe keep this program from ending.
      if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
      if (pid === undefined) reject(new ClusterError('The operating system gave no process id.'));
      else resolve({ pid, input: stdin, word: tells ? wordOf(child) : null });
    });
  });
}

function wordOf({ stdio }: ChildProcess): Readable | null {
  const stream = stdio[READY_FD];
  return stream !== null && stream !== undefined && 'read' in stream ? stream : null;
}

async function openLog(path: string): Promise<FileHandle> {
  const file = await open(path, LOG_FLAGS, 0o600);
  if ((await file.stat()).size < LOG_TURNOVER_BYTES) return file;
  await file.close();
  await rename(path, `${path}.1`);
  return open(path, LOG_FLAGS, 0o600);
}
