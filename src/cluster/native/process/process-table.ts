/** What the operating system says about a process. A pid alone is no name: it is used again after the process ends. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessFacts {
  readonly state: 'running' | 'stopped' | 'ended';
  /** Together with the pid it names one process for ever: boot and ticks since then, or the start date. */
  readonly started: string;
  /** Processor time used so far, in a unit of the system's: good for nothing but to see it grow. */
  readonly used: string;
}

const run = promisify(execFile);
let bootId: Promise<string> | null = null;

/** The facts about a pid; null when there is no such process. One that ended but was not yet reaped is `ended`. */
export async function inspectProcess(pid: number): Promise<ProcessFacts | null> {
  return process.platform === 'linux' ? inspectByProc(pid) : inspectByPs(pid);
}

async function inspectByProc(pid: number): Promise<ProcessFacts | null> {
  try {
    bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const [boot, stat] = await Promise.all([bootId, readFile(`/proc/${pid}/stat`, 'utf8')]);
    // proc(5): "pid (comm) state ppid ...". The name may hold blanks and parentheses, so fields count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', threads = '', ticks = ''] = [fields[0], fields[17], fields[19]];
    // While other threads of it still end, the first one is a zombie already: ports and locks are not free yet.
    const ending = stateOf(state) === 'ended' && Number(threads) > 1;
    const used = `${fields[11]}+${fields[12]}`;
    return { state: ending ? 'running' : stateOf(state), started: `${boot.trim()}/${ticks}`, used };
  } catch {
    return null;
  }
}

async function inspectByPs(pid: number): Promise<ProcessFacts | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,time=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [state = '', used = '', ...date] = stdout.trim().split(/\s+/);
    return state === '' ? null : { state: stateOf(state), started: date.join(' '), used };
  } catch {
    return null;
  }
}

function stateOf(letter: string): ProcessFacts['state'] {
  if (letter.startsWith('Z') || letter.startsWith('X')) return 'ended';
  return letter.startsWith('T') || letter.startsWith('t') ? 'stopped' : 'running';
}
