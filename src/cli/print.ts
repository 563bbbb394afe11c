/** Where results and failures go, and in which form. With --json, standard output has one JSON document and nothing else. */
import { safe } from '../base/safe.ts';
import type { CommandResult, ResultPart } from '../commands/command.ts';
import { failureOf, isFailure } from '../commands/failure.ts';
import { jsonLine, jsonText, pipeText, terminalLines } from '../commands/render-result.ts';
import { type CliIo, type Globals, writeAll } from './io.ts';

type Style = Pick<Globals, 'json' | 'color'>;

export async function printResult(io: CliIo, style: Style, result: CommandResult): Promise<number> {
  // All was shown before.
  if (result.json === null && result.lines.length === 0 && result.exit === 0) return 0;
  if (style.json) await writeAll(io.out, jsonText(result));
  else if (isFailure(result)) printFailure(io, result);
  else if (io.out.isTTY === true) await writeAll(io.out, terminalText(result, style.color));
  else {
    await writeAll(io.out, pipeText(result));
    if (result.raw === '' && result.exit !== 0) io.err.write(`${terminalLines(result).join('\n')}\n`);
  }
  return result.exit;
}

/** A part of a result that is there before the end. */
export async function printPart(io: CliIo, style: Style, { lines, json, raw }: ResultPart): Promise<void> {
  if (style.json) return json === null ? undefined : writeAll(io.out, `${jsonLine(json)}\n`);
  await writeAll(io.out, io.out.isTTY === true ? lines.map((line) => `${safe(line)}\n`).join('') : raw);
}

/** A result of an argv-only command: text for people, an object for machines. */
export async function print(io: CliIo, style: Style, lines: readonly string[], json: unknown): Promise<void> {
  await writeAll(io.out, style.json ? `${jsonLine(json)}\n` : lines.map((line) => `${safe(line)}\n`).join(''));
}

export async function printError(io: CliIo, style: Style, error: unknown, changes = false): Promise<number> {
  if (io.env['RAFTKV_DEBUG'] === '1' && error instanceof Error) io.err.write(`${error.stack ?? error.message}\n`);
  return printResult(io, style, failureOf(error, changes));
}

/** One line, and a second with what to do next. */
function printFailure(io: CliIo, result: CommandResult): void {
  const [first = '', ...others] = terminalLines(result);
  io.err.write(`raftkv-tui: ${first.replace(/^\(error\) /, '')}\n${others.map((line) => `${line}\n`).join('')}`);
}

function terminalText(result: CommandResult, color: boolean): string {
  const trailer = result.trailer === undefined ? '' : dim(`${safe(result.trailer)}\n`, color);
  return (
    terminalLines(result)
      .map((line) => `${line}\n`)
      .join('') + trailer
  );
}

export function dim(text: string, color: boolean): string {
  return color && text !== '' ? `\x1b[2m${text}\x1b[22m` : text;
}
