/**
 * `npm run museum`: plants each famous bug in turn and shows that our checks catch it. Exit code 1 when one is not caught.
 *
 *   --only NAME    this one alone (may be repeated)      --jobs N    processes at a time (default: the processors)
 *   --seeds N      the most seeds for each (200)         --search    search from seed 1, not from the remembered one
 *   --json         one line of JSON for each bug     --remember  write the seeds that were found into the exhibits
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Bug } from './bug.ts';
import { BUGS } from './catalogue.ts';
import { remember } from './remember.ts';
import { heading, jsonRow, row, summary } from './table.ts';
import { type ExhibitLine, isExhibitLine, type Verdict } from './verdict.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: String(availableParallelism()) },
    seeds: { type: 'string', default: '200' },
    search: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    remember: { type: 'boolean', default: false },
  },
});

/** Runs one exhibit's process to its end; null is the control. */
function show(bug: Bug | null, onSeeds: (seeds: number) => void): Promise<Verdict> {
  return new Promise((resolve) => {
    const args = [bug?.name ?? 'control', '--seeds', values.seeds, ...(values.search ? ['--search'] : [])];
    const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'exhibit.ts'), ...args]);
    let verdict: Verdict = { caught: bug === null, seeds: null, seed: null, how: 'its process ended without a verdict' };
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = `${errors}${text}`.slice(-2_000);
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = lineOf(text);
      if (line?.type === 'progress') onSeeds(line.seeds);
      if (line?.type === 'verdict') verdict = line;
    });
    child.on('close', (code) => {
      const reason = /^\w*Error: .*/m.exec(errors)?.[0] ?? errors.trim();
      resolve(code === 0 ? verdict : { ...verdict, caught: bug === null, how: reason });
    });
  });
}

function lineOf(text: string): ExhibitLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return isExhibitLine(value) ? value : null;
  } catch {
    return null;
  }
}

/** What is under way, on one line of the terminal. */
class Progress {
  readonly #running = new Map<string, number>();
  readonly #of: number;
  #done = 0;

  constructor(of: number) {
    this.#of = of;
  }

  set(name: string, seeds: number): void {
    this.#running.set(name, seeds);
    this.#draw();
  }

  end(name: string): void {
    this.#running.delete(name);
    this.#done += 1;
    this.clear();
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }

  #draw(): void {
    if (!process.stderr.isTTY) return;
    const running = [...this.#running].map(([name, seeds]) => (seeds === 0 ? name : `${name} (${seeds} seeds)`));
    const text = `${this.#done} of ${this.#of}  ${running.join(', ')}`;
    process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }
}

async function main(): Promise<number> {
  const unknown = values.only.filter((name) => name !== 'control' && !BUGS.some((bug) => bug.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`no such bug: ${unknown.join(', ')}\n`);
    return 2;
  }
  const chosen = BUGS.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
  const waiting: (Bug | null)[] = values.only.length === 0 || values.only.includes('control') ? [null, ...chosen] : [...chosen];
  const progress = new Progress(waiting.length);
  const controls: Verdict[] = [];
  const verdicts = new Map<Bug, Verdict>();
  if (!values.json) process.stdout.write(`${heading()}\n`);
  const work = async (): Promise<void> => {
    for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
      const name = bug?.name ?? 'control';
      progress.set(name, 0);
      const verdict = await show(bug, (seeds) => progress.set(name, seeds));
      progress.end(name);
      if (bug === null) controls.push(verdict);
      else verdicts.set(bug, verdict);
      if (bug !== null && verdict.seed !== null && values.remember) remember(bug.name, verdict.seed);
      if (bug !== null || verdict.caught) process.stdout.write(`${values.json ? jsonRow(bug, verdict) : row(bug, verdict)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
  process.stdout.write(values.json ? '' : `\n${summary(verdicts, controls[0] ?? null)}\n`);
  return controls.some(({ caught }) => caught) || [...verdicts.values()].some(({ caught }) => !caught) ? 1 : 0;
}

process.exitCode = await main();
