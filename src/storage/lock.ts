/**
 * One process per directory and purpose, for as long as it lives. The lock is always something that the kernel takes
 * back at the process's death, whatever the way, so there is never a stale one to judge:
 * - Linux: a listening socket in the abstract namespace, named after the directory's device and inode (so two paths to
 *   one directory meet). It sees the processes of one network namespace: containers that share a volume but not their
 *   network do not exclude each other.
 * - macOS and the BSDs: a file opened with O_EXLOCK.    - Windows: a named pipe.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { StorageError } from './storage-error.ts';

export interface Lock {
  /** Lets the next one in; calling it twice is harmless. */
  release(): Promise<void>;
}

/** Another process (or this one) already holds the lock. */
export class LockHeldError extends StorageError {
  override readonly name = 'LockHeldError';
  readonly directory: string;
  /** The holder's process id; null when it did not tell, for instance because it is paused. */
  readonly pid: number | null;

  constructor(directory: string, purpose: string, pid: number | null) {
    const holder = pid === null ? 'another process, which does not answer (it may be paused)' : `process ${pid}`;
    super({ kind: 'locked', file: directory, offset: null, detail: `its ${purpose} lock is held by ${holder}` });
    this.directory = directory;
    this.pid = pid;
  }
}

/** A live holder answers at once; a paused one never does. */
const ANSWER_MS = 500;
const MAX_TRIES = 5;
/** open(2) on macOS and the BSDs; Node passes the flags through but does not name these. */
const O_NONBLOCK = 0x04;
const O_EXLOCK = 0x20;
const WITH_FILE_LOCKS: readonly string[] = ['darwin', 'freebsd', 'openbsd', 'netbsd'];

/** Rejects with LockHeldError when the lock is taken, or with the system's error when `dir` cannot be looked at. */
export async function acquireLock(dir: string, purpose: string): Promise<Lock> {
  const { dev, ino } = statSync(dir, { bigint: true });
  const hash = createHash('sha256').update(`${dev}:${ino}:${purpose}`).digest('hex');
  if (process.platform === 'linux') return listenAs(`\0raftkv-tui/${hash}`, dir, purpose);
  if (process.platform === 'win32') return listenAs(`\\\\.\\pipe\\raftkv-tui-${hash}`, dir, purpose);
  if (WITH_FILE_LOCKS.includes(process.platform)) return lockFile(dir, purpose);
  throw new StorageError({ kind: 'io', file: dir, offset: null, detail: `no safe lock is known for ${process.platform}` });
}

async function listenAs(name: string, dir: string, purpose: string): Promise<Lock> {
  for (let tries = 1; ; tries += 1) {
    const lock = await listen(name);
    if (lock !== null) return lock;
    const answer = await askHolder(name);
    // The holder died between our two calls: the name is free again.
    if (answer === 'gone' && tries < MAX_TRIES) continue;
    throw new LockHeldError(dir, purpose, answer === 'gone' ? null : answer);
  }
}

/** Null when the name is taken. */
function listen(name: string): Promise<Lock | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      // Whoever asked need not hang up first: an open connection would hold up `release`.
      socket.end(`${process.pid}\n`);
      socket.destroySoon();
    });
    server.once('error', (error) => ('code' in error && error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen({ path: name, exclusive: true }, () => {
      // Holding a lock is no reason to stay alive.
      server.unref();
      resolve({ release: () => new Promise((released) => void server.close(() => released())) });
    });
  });
}

function askHolder(name: string): Promise<number | null | 'gone'> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(name);
    const answer = (value: number | null | 'gone'): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(ANSWER_MS, () => answer(null));
    socket.once('error', (error) => answer('code' in error && error.code === 'ECONNREFUSED' ? 'gone' : null));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.length > 16) answer(null);
    });
    socket.once('end', () => answer(/^\d{1,10}\n$/.test(text) ? Number(text) : null));
  });
}

function lockFile(dir: string, purpose: string): Lock {
  const path = `${dir}/.${purpose}.lock`;
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | O_NONBLOCK | O_EXLOCK;
  try {
    const descriptor = openSync(path, flags, 0o600);
    ftruncateSync(descriptor);
    writeSync(descriptor, `${process.pid}\n`);
    let isHeld = true;
    return {
      release: async () => {
        if (isHeld) closeSync(descriptor);
        isHeld = false;
      },
    };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK'))) throw error;
    throw new LockHeldError(dir, purpose, holderIn(path));
  }
}

function holderIn(path: string): number | null {
  try {
    const text = readFileSync(path, 'latin1');
    return /^\d{1,10}\n$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}
