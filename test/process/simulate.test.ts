/** `simulate` on several threads: the same as on one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROGRAM = join(resolve(import.meta.dirname, '../..'), 'bin', 'raftkv-tui.js');

function launch(args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, 'simulate', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const ended = once(child, 'close').then(([exit]) => ({ exit: Number(exit), out }));
  return { child, ended };
}

async function totals(...args: string[]): Promise<unknown> {
  const { exit, out } = await launch([...args, '--json']).ended;
  expect(exit).toBe(0);
  const { elapsedMs, jobs, ...same }: Record<string, unknown> = JSON.parse(out);
  expect(elapsedMs).toEqual(expect.any(Number));
  expect(jobs).toEqual(expect.any(Number));
  return same;
}

describe('simulate --jobs', () => {
  it('comes to the same figures with any number of threads', async () => {
    const seeds = ['--seed', '31', '--seeds', '9', '--seconds', '2'];
    const alone = await totals(...seeds, '--jobs', '1');
    expect(alone).toMatchObject({ verdict: 'kept', seeds: 9 });
    expect(await totals(...seeds, '--jobs', '3')).toEqual(alone);
  });

  it('says after Ctrl-C what was done until then', async () => {
    const { child, ended } = launch(['--seed', '1', '--seeds', '1000000', '--seconds', '2', '--jobs', '2']);
    // Its first line of progress comes when seeds are done.
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const { exit, out } = await ended;
    expect(exit).toBe(130);
    expect(out).toMatch(/^seeds +[1-9]/m);
    expect(out).toMatch(/^verdict +every promise was kept$/m);
  });
});
