import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Deadline, LATE } from '../../src/cluster/client/deadline.ts';

const never = new Promise<never>(() => undefined);

describe('a deadline', () => {
  it('lets a promise settle as it does', async () => {
    const deadline = new Deadline(60_000, new AbortController().signal);
    expect(await deadline.within(Promise.resolve(1))).toBe(1);
    await expect(deadline.within(Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('ends what takes longer, by its own time or by the patience given', async () => {
    expect(await new Deadline(5).within(never)).toBe(LATE);
    const patient = new Deadline(60_000);
    expect(await patient.within(never, 5)).toBe(LATE);
    expect(patient.remainingMs).toBeGreaterThan(0);
  });

  it('ends all that share a signal when it aborts, over one listener', async () => {
    const controller = new AbortController();
    const calls = Array.from({ length: 300 }, () => new Deadline(60_000, controller.signal).within(never));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    expect(new Set(await Promise.all(calls))).toEqual(new Set([LATE]));
    const after = new Deadline(60_000, controller.signal);
    expect([after.remainingMs, await after.within(never)]).toEqual([0, LATE]);
  });

  it('keeps the process alive while it sleeps', async () => {
    const file = resolve(import.meta.dirname, '../../src/cluster/client/deadline.ts');
    const script = `const { Deadline } = await import(${JSON.stringify(file)}); await new Deadline(60_000).sleep(20); console.log('slept');`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 30_000,
    });
    expect(stdout).toBe('slept\n');
  });
});
