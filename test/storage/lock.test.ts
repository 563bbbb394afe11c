/** One process per directory: the kernel gives the lock back however its holder ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, LockHeldError } from '../../src/storage/lock.ts';

const LOCK_FILE = resolve(import.meta.dirname, '../../src/storage/lock.ts');

let dir = '';
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftkv-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  await rm(dir, { recursive: true });
});

/** A process that takes the lock and keeps it. */
async function holder(path: string): Promise<ChildProcess> {
  const program = `import { acquireLock } from ${JSON.stringify(LOCK_FILE)};
    await acquireLock(${JSON.stringify(path)}, 'node'); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout ?? child, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('the lock of a directory', () => {
  it('is held by one, by whatever path he came, and free again after release', async () => {
    await mkdir(join(dir, 'data'));
    await symlink(join(dir, 'data'), join(dir, 'alias'));
    const lock = await acquireLock(join(dir, 'data'), 'node');
    await expect(acquireLock(join(dir, 'data'), 'node')).rejects.toBeInstanceOf(LockHeldError);
    await expect(acquireLock(join(dir, 'alias'), 'node')).rejects.toMatchObject({
      pid: process.pid,
      directory: join(dir, 'alias'),
    });
    await Promise.all([lock.release(), lock.release()]);
    await (await acquireLock(join(dir, 'data'), 'node')).release();
  });

  it('is another for another purpose or directory', async () => {
    await mkdir(join(dir, 'data'));
    const locks = await Promise.all([
      acquireLock(dir, 'node'),
      acquireLock(dir, 'control'),
      acquireLock(join(dir, 'data'), 'node'),
    ]);
    await Promise.all(locks.map((lock) => lock.release()));
  });

  it('tells whose process has it, and SIGKILL frees it at once', async () => {
    const child = await holder(dir);
    const refusal = await acquireLock(dir, 'node').catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'LockHeldError', kind: 'locked', pid: child.pid });
    expect(String(refusal)).toContain(`process ${child.pid}`);
    await end(child);
    await (await acquireLock(dir, 'node')).release();
  });

  it('stays held while its holder is paused, who then cannot tell', async () => {
    const child = await holder(dir);
    child.kill('SIGSTOP');
    await expect(acquireLock(dir, 'node')).rejects.toMatchObject({ name: 'LockHeldError', pid: null });
  });

  it('goes to exactly one of many who ask at the same time', async () => {
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(dir, 'node')));
    const won = all.filter((each) => each.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(all.every((each) => each.status === 'fulfilled' || each.reason instanceof LockHeldError)).toBe(true);
    await Promise.all(won.map((each) => each.value.release()));
  });

  it('needs a directory', async () => {
    await expect(acquireLock(join(dir, 'none'), 'node')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
