/**
 * What the console costs and how quick it is, on a pseudo-terminal of 120x40 and five nodes of its own. Run with:
 * node bench/console.ts [--seconds N] [--warm N] [--trials N] [--only attach,idle,load,full] [--program FILE]; needs `npm run build`.
 * `full`: keys while 64 clients write as fast as they can. `--warm`: seconds before a figure of processor time, while V8 compiles
 * what turns out to be run often. `--program`: another build, to be measured in turn.
 * Figures: docs/performance.md.
 */
import { type ChildProcess, execFileSync, spawn as spawnProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IPty, spawn } from '@lydell/node-pty';
import { argumentsOf } from './arguments.ts';
import { Cleanup } from './cleanup.ts';

const { values } = argumentsOf(import.meta.filename, {
  seconds: { type: 'string', default: '15' },
  warm: { type: 'string', default: '1.5' },
  trials: { type: 'string', default: '15' },
  only: { type: 'string', default: 'attach,idle,load' },
  program: { type: 'string', default: join(import.meta.dirname, '../bin/raftkv-tui.js') },
});
const PROGRAM = values.program;
const only = values.only.split(',');
const seconds = Number(values.seconds);
const trials = Number(values.trials);
const cleanup = new Cleanup();
const home = cleanup.home('raftkv-console-');
const env = {
  ...process.env,
  RAFTKV_HOME: home,
  XDG_STATE_HOME: home,
  XDG_CONFIG_HOME: home,
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
};

/** Of the console's main thread: how long it ran, and how long it could have run and had no processor. */
interface Scheduled {
  readonly ranMs: number;
  readonly waitedMs: number;
}

interface Pressed extends Scheduled {
  readonly tookMs: number;
}

/** Since its start (Documentation/scheduler/sched-stats.rst of the Linux kernel). */
function scheduled(pid: number): Scheduled {
  const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
  return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
}

/** A console on a terminal; `bytes` counts what it wrote. */
class Watched {
  readonly #pty: IPty;
  readonly exited: Promise<void>;
  bytes = 0;
  #tail = '';
  #heard: () => void = () => {};

  constructor(columns: number, rows: number) {
    this.#pty = spawn(process.execPath, [PROGRAM, 'attach'], { name: 'xterm-256color', cols: columns, rows, cwd: home, env });
    this.#pty.onData((data) => {
      this.bytes += data.length;
      this.#tail = (this.#tail + data).slice(-65_536);
      this.#heard();
    });
    this.exited = new Promise((resolve) => this.#pty.onExit(() => resolve()));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  async until(wanted: string): Promise<void> {
    while (!this.#tail.includes(wanted)) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** From the byte of a key to the bytes of the view that it opens. */
  async press(key: string, wanted: string): Promise<Pressed> {
    this.#tail = '';
    const before = scheduled(this.pid);
    const from = performance.now();
    this.#pty.write(key);
    await this.until(wanted);
    const tookMs = performance.now() - from;
    const after = scheduled(this.pid);
    return { tookMs, ranMs: after.ranMs - before.ranMs, waitedMs: after.waitedMs - before.waitedMs };
  }

  async leave(): Promise<void> {
    this.#pty.write('d');
    await this.exited;
  }
}

function summary(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  return `median ${at(0.5)} ms, p99 ${at(0.99)}, worst ${at(1)} (${sorted.length} times)`;
}

/** Processor seconds of a process so far (proc(5): fields 14 and 15, in ticks of 10 ms). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function opening(): Promise<void> {
  const times: number[] = [];
  const processor: number[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const from = performance.now();
    const screen = new Watched(120, 40);
    await screen.until('NODES 5/5');
    times.push(performance.now() - from);
    processor.push(1_000 * processorSeconds(screen.pid));
    await sleep(300);
    await screen.leave();
  }
  console.log(`attach to the first frame with all five nodes: ${summary(times)}`);
  console.log(`  processor time until then: ${summary(processor)}`);
}

async function watching(name: string, columns: number, rows: number): Promise<void> {
  const screen = new Watched(columns, rows);
  await screen.until('NODES 5/5');
  await sleep(Number(values.warm) * 1_000);
  const bytes = screen.bytes;
  const processor = processorSeconds(screen.pid);
  await sleep(seconds * 1_000);
  const perSecond = (screen.bytes - bytes) / seconds;
  const share = (100 * (processorSeconds(screen.pid) - processor)) / seconds;
  console.log(`${name}, ${columns}x${rows}: ${Math.round(perSecond)} bytes/s, ${share.toFixed(1)} % of a core`);
  await screen.leave();
}

async function keys(name: string): Promise<void> {
  const screen = new Watched(120, 40);
  await screen.until('NODES 5/5');
  const pressed: Pressed[] = [];
  for (let i = 0; i < 100; i += 1) {
    pressed.push(await screen.press('3', 'FROM'));
    await sleep(30);
    pressed.push(await screen.press('1', 'NODES'));
    await sleep(30);
  }
  const late = pressed.filter(({ tookMs }) => tookMs > 50).length;
  console.log(
    `key to the bytes of the view, ${name}, 120x40: ${summary(pressed.map(({ tookMs }) => tookMs))}, ${late} over 50 ms`,
  );
  console.log(`  of that the console ran: ${summary(pressed.map(({ ranMs }) => ranMs))}`);
  console.log(`  and waited for a processor: ${summary(pressed.map(({ waitedMs }) => waitedMs))}`);
  await screen.leave();
}

function load(...pace: readonly string[]): ChildProcess {
  const args = [PROGRAM, 'bench', '--seconds', '600', '--mix', 'put', ...pace];
  let writer: ChildProcess | null = null;
  cleanup.add(() => writer?.kill('SIGTERM'));
  writer = spawnProcess(process.execPath, args, { env, stdio: 'ignore' });
  return writer;
}

async function under(writer: ChildProcess, measure: () => Promise<void>): Promise<void> {
  try {
    await sleep(2_000);
    await measure();
  } finally {
    writer.kill('SIGTERM');
  }
}

try {
  execFileSync(process.execPath, [PROGRAM, 'start', '5', '--detach'], { env, stdio: 'pipe' });
  if (only.includes('attach')) await opening();
  if (only.includes('idle')) {
    await watching('watching an idle cluster', 120, 40);
    await keys('idle');
  }
  if (only.includes('load')) {
    await under(load('--rate', '1000'), async () => {
      await watching('watching 1,000 puts/s', 80, 24);
      await watching('watching 1,000 puts/s', 120, 40);
      await keys('under 1,000 puts/s');
    });
  }
  if (only.includes('full')) {
    await under(load('--clients', '64'), async () => {
      await watching('watching all the puts that 64 clients can make', 120, 40);
      await keys('the same');
    });
  }
} finally {
  await cleanup.run();
}
