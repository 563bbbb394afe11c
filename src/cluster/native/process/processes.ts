/** The node processes of one local cluster: start, look, signal. A process is signalled only if it is still the same one. */
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_RUNTIME } from '../../../node/runtime.ts';
import type { NodeState } from '../../driver.ts';
import { ClusterError, systemCode } from '../cluster-error.ts';
import { paths } from '../folder/directory.ts';
import { readPrivateFile, replacePrivateFile } from '../folder/private-files.ts';
import type { ProcessRecord } from '../shapes.ts';
import { inspectProcess } from './process-table.ts';
import { spawnProgram } from './program.ts';
import type { ReadyWords } from './ready-words.ts';

export interface NodeProcess {
  readonly state: NodeState;
  /** Null when it is down. */
  readonly pid: number | null;
}

const DOWN: NodeProcess = { state: 'down', pid: null };
/** A node that does not end within this time after SIGTERM is killed. */
const STOP_PATIENCE_MS = 3_000;
const POLL_MS = 10;

/** What is known about the process of node `id`. Costs two reads of small files. */
export async function nodeProcess(dir: string, id: string): Promise<NodeProcess> {
  const record = await readRecord(dir, id);
  return record === null ? DOWN : inspectRecord(record);
}

/**
 * Starts node `id` as a process of its own session: no signal of this terminal reaches it, and its output goes to its
 * log file alone. Returns as soon as the process exists. Throws when it runs already. `words` hear when it serves.
 */
export async function spawnNode(dir: string, id: string, words: ReadyWords | null = null): Promise<ProcessRecord> {
  const running = await nodeProcess(dir, id);
  if (running.state !== 'down') throw new ClusterError(`${id} is already running (pid ${running.pid}).`);
  const options = { logFile: paths.log(dir, id), tells: words !== null, runtime: NODE_RUNTIME };
  const { pid, word } = await spawnProgram(['node', '--config', paths.config(dir, id)], options);
  if (word !== null) words?.hear(id, word);
  const facts = await inspectProcess(pid);
  const record = { pid, started: facts?.started ?? 'unknown' };
  await replacePrivateFile(paths.process(dir, id), `${JSON.stringify(record)}\n`, { durable: false });
  return record;
}

/** SIGKILL; resolves when the process is gone. The pid that was killed, or null when the node was down already. */
export async function killNode(dir: string, id: string): Promise<number | null> {
  const pid = await signalNode(dir, id, 'SIGKILL');
  if (pid !== null) await waitUntilDown(dir, id, STOP_PATIENCE_MS);
  return pid;
}

/** A clean stop: SIGTERM, and SIGKILL for one that has not ended 3 s later. False when the node was down already. */
export async function stopNode(dir: string, id: string): Promise<boolean> {
  // A stopped process keeps SIGTERM waiting until it is continued.
  const pid = await signalNode(dir, id, 'SIGTERM');
  if (pid === null) return false;
  await signalNode(dir, id, 'SIGCONT');
  if (await waitUntilDown(dir, id, STOP_PATIENCE_MS)) return true;
  await killNode(dir, id);
  return true;
}

/** SIGSTOP: the process stands still with all its connections open. The pid, or null when the node is down. */
export async function pauseNode(dir: string, id: string): Promise<number | null> {
  const pid = await signalNode(dir, id, 'SIGSTOP');
  if (pid !== null) await waitForState(dir, id, 'paused');
  return pid;
}

/** SIGCONT. The pid, or null when the node is down. */
export async function resumeNode(dir: string, id: string): Promise<number | null> {
  const pid = await signalNode(dir, id, 'SIGCONT');
  if (pid !== null) await waitForState(dir, id, 'up');
  return pid;
}

/** The last `count` lines of the node's log, for a message about its end. */
export async function lastLogLines(dir: string, id: string, count: number): Promise<readonly string[]> {
  let file: FileHandle;
  try {
    file = await open(paths.log(dir, id), 'r');
  } catch {
    return [];
  }
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 16_384);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    await file.close();
  }
}

/** The line of a log's end that tells why: of an exception the sentence, not the stack or the version that Node prints last. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const trace = lines.findLastIndex((line) => /^Node\.js v\d/.test(line));
  if (trace < 0 || trace < lines.length - 1) return lines.at(-1);
  const thrown = lines.findLast((line) => /^(?:\w*Error\b|Error \[)/.test(line));
  return thrown ?? lines.findLast((line, i) => i < trace && !/^\s/.test(line)) ?? lines.at(-1);
}

/** What of a node changes as long as it does something, though it answers nobody yet: processor time, and what it says in its log. */
export async function signOfLife(dir: string, id: string): Promise<string> {
  const record = await readRecord(dir, id);
  const [facts, lines] = await Promise.all([record === null ? null : inspectProcess(record.pid), lastLogLines(dir, id, 1)]);
  return `${facts?.used} ${lines[0]}`;
}

async function signalNode(dir: string, id: string, signal: NodeJS.Signals): Promise<number | null> {
  const record = await readRecord(dir, id);
  if (record === null || (await inspectRecord(record)).state === 'down') return null;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return null;
    throw error;
  }
  return record.pid;
}

async function waitUntilDown(dir: string, id: string, patienceMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + patienceMs;
  while ((await nodeProcess(dir, id)).state !== 'down') {
    if (performance.now() > giveUpAt) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** A signal takes effect a moment after it was sent; a picture drawn in between would show the old state. */
async function waitForState(dir: string, id: string, wanted: NodeState): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { state } = await nodeProcess(dir, id);
    if (state === wanted || state === 'down') return;
    await sleep(2);
  }
}

async function inspectRecord(record: ProcessRecord): Promise<NodeProcess> {
  const facts = await inspectProcess(record.pid);
  if (facts === null || facts.state === 'ended' || facts.started !== record.started) return DOWN;
  return { state: facts.state === 'stopped' ? 'paused' : 'up', pid: record.pid };
}

async function readRecord(dir: string, id: string): Promise<ProcessRecord | null> {
  const path = paths.process(dir, id);
  const text = await readPrivateFile(path, 4_096);
  if (text === null) return null;
  const { parseChecked, ProcessRecord } = await import('../shapes.ts');
  return parseChecked(ProcessRecord, text, path);
}
