/** `sh`: a line with -c, lines from a pipe, or a person at a terminal. */
import { createInterface } from 'node:readline';
import { safe } from '../base/safe.ts';
import type { ActiveFault, ClusterDriver } from '../cluster/driver.ts';
import type { LastFailure } from '../commands/command.ts';
import { refusalOf } from '../commands/failure.ts';
import { outputControl } from '../commands/output.ts';
import { runLine } from '../commands/run-line.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { printPart, printResult } from './print.ts';
import { historyFile } from './settings-file.ts';

export async function runSh(invocation: Invocation): Promise<number> {
  const { io, globals, options } = invocation;
  const line = options['command'];
  const interactive = line === undefined && io.input.isTTY === true && io.out.isTTY === true && io.env['TERM'] !== 'dumb';
  const driver = await io.open(globals, { watch: interactive });
  try {
    await driver.refresh(1_000);
    if (interactive) {
      const { ShellSession } = await import('./shell-session.ts');
      return await new ShellSession(io, globals, driver, historyFile(io.env)).run();
    }
    const before = new Set(driver.picture().faults.map(({ id }) => id));
    const exit = await runScript(invocation, driver, typeof line === 'string' ? [line] : lines(io.input));
    const left = driver.picture().faults.filter(({ id, until }) => until === null && !before.has(id));
    if (left.length > 0 && !globals.quiet) io.err.write(`${safe(leftBehind(left, globals.cluster))}\n`);
    return exit;
  } finally {
    await driver.close();
  }
}

/**
 * Faults of a script outlive it, as those of single commands do and those of a person's shell do not: whoever leaves some behind is
 * told, and how to end them.
 */
function leftBehind(faults: readonly ActiveFault[], cluster: string): string {
  const [only, ...others] = faults;
  const flag = cluster === 'default' ? '' : ` --cluster ${cluster}`;
  const listed = faults.map(({ id, command }) => `${id} (${command})`).join(', ');
  return others.length === 0
    ? `fault ${listed} stays active; end it with: raftkv-tui fault heal ${only?.id}${flag}`
    : `faults ${listed} stay active; end all faults with: raftkv-tui fault heal${flag}`;
}

async function* lines(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, terminal: false });
}

/** Runs line after line; the exit code is that of the first that failed. With --json one document for each line. */
async function runScript(
  { io, globals }: Invocation,
  driver: ClusterDriver,
  script: Iterable<string> | AsyncIterable<string>,
): Promise<number> {
  const interrupt = interruptSignal();
  const output = outputControl(globals);
  let lastFailure: LastFailure | null = null;
  let exit = 0;
  try {
    for await (const line of script) {
      if (interrupt.signal.aborted) return exit === 0 ? 1 : exit;
      const text = line.trim();
      if (text === 'quit' || text === 'exit') break;
      const result = await runLine(line, {
        driver,
        marked: [],
        cursor: null,
        signal: interrupt.signal,
        output,
        lastFailure,
        emit: (part) => printPart(io, globals, part),
      });
      lastFailure = refusalOf(line, result, Date.now()) ?? lastFailure;
      if (result.lines.length === 0 && result.json === null) continue;
      // What follows in a script must not stick to a value.
      const raw =
        result.raw === undefined || result.raw.endsWith('\n') || result.raw === ''
          ? result
          : { ...result, raw: `${result.raw}\n` };
      const code = await printResult(io, globals, raw);
      if (exit === 0) exit = code;
      // Who leads may have changed by what was done.
      if (result.json !== null && /^\s*(fault|kill|restart|pause|resume|transfer|elect|heal|undo)/.test(line))
        await driver.refresh(1_000);
    }
  } finally {
    interrupt.done();
  }
  return exit;
}
