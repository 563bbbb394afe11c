import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { inspectProcess } from '../../src/cluster/native/process/process-table.ts';
import {
  killNode,
  lastLogLines,
  nodeProcess,
  pauseNode,
  resumeNode,
  signOfLife,
  stopNode,
  tellingLine,
} from '../../src/cluster/native/process/processes.ts';

let dir = '';
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftkv-proc-'));
  await mkdir(paths.node(dir, 'n1'), { mode: 0o700 });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

/** A process that does what `script` says, in the place of a node; resolves when it has said that it is ready. */
async function stand(script: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ['-e', `${script}; setInterval(() => {}, 1000); console.log('ready')`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout !== null) await once(child.stdout, 'data');
  const { pid } = child;
  if (pid === undefined) expect.fail('no pid');
  return Object.assign(child, { pid });
}

async function record(pid: number, started?: string): Promise<void> {
  const facts = await inspectProcess(pid);
  const text = JSON.stringify({ pid, started: started ?? facts?.started ?? 'none' });
  await writeFile(paths.process(dir, 'n1'), text, { mode: 0o600 });
}

describe('the process of a node', () => {
  it('is seen up, paused, up again and down', async () => {
    expect(await nodeProcess(dir, 'n1')).toEqual({ state: 'down', pid: null });
    const { pid } = await stand('');
    await record(pid);
    expect(await nodeProcess(dir, 'n1')).toEqual({ state: 'up', pid });
    expect(await pauseNode(dir, 'n1')).toBe(pid);
    expect(await nodeProcess(dir, 'n1')).toEqual({ state: 'paused', pid });
    expect(await resumeNode(dir, 'n1')).toBe(pid);
    expect(await nodeProcess(dir, 'n1')).toEqual({ state: 'up', pid });
    expect(await killNode(dir, 'n1')).toBe(pid);
    expect(await nodeProcess(dir, 'n1')).toEqual({ state: 'down', pid: null });
    expect(await killNode(dir, 'n1')).toBeNull();
  });

  it('is never a stranger that got the same pid', async () => {
    const stranger = await stand('');
    await record(stranger.pid, 'another boot/1');
    expect(await nodeProcess(dir, 'n1')).toEqual({ state: 'down', pid: null });
    for (const signal of [killNode, pauseNode, resumeNode]) expect(await signal(dir, 'n1')).toBeNull();
    expect(await stopNode(dir, 'n1')).toBe(false);
    expect((await inspectProcess(stranger.pid))?.state).toBe('running');
  });

  it('shows by its processor time and its log that it does something', async () => {
    const { pid, stdin } = await stand(
      "process.stdin.on('data', () => { for (const end = Date.now() + 60; Date.now() < end; ); console.log('done') })",
    );
    await record(pid);
    const quiet = await signOfLife(dir, 'n1');
    expect(await signOfLife(dir, 'n1')).toBe(quiet);
    await writeFile(paths.log(dir, 'n1'), 'a line\n');
    const told = await signOfLife(dir, 'n1');
    expect(told).not.toBe(quiet);
    stdin?.write('work');
    const child = children.at(-1)?.stdout;
    if (child != null) await once(child, 'data');
    expect(await signOfLife(dir, 'n1')).not.toBe(told);
  });

  it('differs from every other process by when it started', async () => {
    const [one, other] = [await stand(''), await stand('')];
    const [first, second] = await Promise.all([inspectProcess(one.pid), inspectProcess(other.pid)]);
    expect(first?.started).not.toBe(second?.started);
    expect((await inspectProcess(one.pid))?.started).toBe(first?.started);
  });

  it('is asked to stop, also while it is paused', async () => {
    const child = await stand("process.on('SIGTERM', () => process.exit(7))");
    await record(child.pid);
    await pauseNode(dir, 'n1');
    const exit = once(child, 'exit');
    expect(await stopNode(dir, 'n1')).toBe(true);
    expect((await exit)[0]).toBe(7);
    expect(await stopNode(dir, 'n1')).toBe(false);
  });

  it('is killed when it does not stop', async () => {
    const child = await stand("process.on('SIGTERM', () => {})");
    await record(child.pid);
    const exit = once(child, 'exit');
    expect(await stopNode(dir, 'n1')).toBe(true);
    expect((await exit)[1]).toBe('SIGKILL');
  });

  it('refuses a damaged record instead of guessing', async () => {
    await writeFile(paths.process(dir, 'n1'), '{"pid":1,"started":"x"}', { mode: 0o600 });
    await expect(nodeProcess(dir, 'n1')).rejects.toThrow(/pid/);
  });
});

describe('the log of a node', () => {
  it('is quoted from its end', async () => {
    expect(await lastLogLines(dir, 'n1', 3)).toEqual([]);
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}`);
    await writeFile(paths.log(dir, 'n1'), `${lines.join('\n')}\n`);
    expect(await lastLogLines(dir, 'n1', 2)).toEqual(['line 4998', 'line 4999']);
  });
});

describe('the line that tells why a node ended', () => {
  it('is the sentence of an exception, not its stack or the version of Node', () => {
    const trace = [
      'started',
      '/x/main.js:3',
      '    throw new Error(',
      'TypeError [ERR_X]: no such thing',
      '    at run (/x:3:1)',
      'Node.js v24.21.0',
    ];
    expect(tellingLine(trace)).toBe('TypeError [ERR_X]: no such thing');
    expect(tellingLine(['started', 'ready'])).toBe('ready');
    expect(tellingLine(['started', 'what was thrown', 'Node.js v24.21.0'])).toBe('what was thrown');
    expect(tellingLine([])).toBeUndefined();
  });
});
