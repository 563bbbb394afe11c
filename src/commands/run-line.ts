/** From a typed line to a result. Never throws: whatever goes wrong becomes a result that says so. */
import type { ClusterAction } from '../cluster/driver.ts';
import {
  type Arguments,
  type CommandContext,
  type CommandResult,
  type CommandSpec,
  type Surface,
  UsageError,
} from './command.ts';
import { type Consequence, consequenceOf } from './consequence.ts';
import { failureOf } from './failure.ts';
import { commandHelp, helpLines } from './help-text.ts';
import { OUTPUT, outputOf, shaped, shapedEmit } from './output.ts';
import { parseArguments } from './parse.ts';
import { commandsFor, findCommand, unknownCommand } from './registry.ts';
import { refuseRepeat, repeat, repeatOf } from './repeat.ts';
import { runAction } from './run-action.ts';
import { FOREIGN_NAMES, translated } from './spellings.ts';
import { splitWords, type Word } from './words.ts';

/** A line that can be run. What it would do is settled here, once: `random` means the same node when it runs. */
export interface PreparedLine {
  readonly spec: CommandSpec | null;
  readonly action: ClusterAction | null;
  /** For actions: what will happen, to be confirmed where its level asks for it. */
  readonly consequence: Consequence | null;
  readonly run: () => Promise<CommandResult>;
}

export type Preparation =
  | { readonly ok: true; readonly line: PreparedLine }
  | { readonly ok: false; readonly problem: CommandResult };

/** Reads one line. An empty line, or one that begins with `#`, does nothing. */
export function prepareLine(line: string, context: CommandContext, surface: Surface = 'shell'): Preparation {
  try {
    const words = splitWords(line);
    const [first] = words;
    if (first === undefined || first.text.startsWith('#')) return inert({ lines: [], json: null, exit: 0 });
    const among = commandsFor(surface, context.driver.capabilities);
    if (first.text === 'help' || first.text === '?') return inert(help(words, among));
    return { ok: true, line: prepareWords(words, among, context, surface) };
  } catch (error) {
    return { ok: false, problem: pointAt(line, error) };
  }
}

function prepareWords(
  all: readonly Word[],
  among: readonly CommandSpec[],
  given: CommandContext,
  surface: Surface,
): PreparedLine {
  const { words, form } = outputOf(all, given);
  const repeated = repeatOf(words);
  const [name, ...rest] = withoutGroup(translated(repeated?.rest ?? words, among), among);
  const spec = findCommand(name.text, among);
  if (spec === null) throw missing(name, surface, among);
  const emit = shapedEmit(given.emit, form);
  const context = { ...given, ...(emit === undefined ? {} : { emit }) };
  const once = prepareCommand(spec, parseArguments(spec, rest), context);
  if (repeated !== null) refuseRepeat(spec, repeated.count);
  const whole = repeated === null ? once.run : () => repeat(repeated.times, context, once.run);
  return { ...once, run: async () => shaped(await whole(), spec === OUTPUT ? 'simple' : form) };
}

/** Settles what a command with these arguments would do. Throws UsageError. */
export function prepareCommand(spec: CommandSpec, args: Arguments, context: CommandContext): PreparedLine {
  if (context.readOnly !== undefined && changesAnything(spec)) return refused(spec, context.readOnly);
  const action = spec.action?.(context, args) ?? null;
  const consequence = action === null ? null : consequenceOf(context.driver.picture(), action);
  const start = (): Promise<CommandResult> => (action === null ? spec.run(context, args) : runAction(context.driver, action));
  const run = async (): Promise<CommandResult> => {
    try {
      return await start();
    } catch (error) {
      return failureOf(error, changesAnything(spec));
    }
  };
  return { spec, action, consequence, run };
}

function refused(spec: CommandSpec, reason: string): PreparedLine {
  const json = { error: { kind: 'FAILED', outcome: 'definite', message: reason, next: null } };
  const run = (): Promise<CommandResult> => Promise.resolve({ lines: [`(error) ${reason}`], json, exit: 1 });
  return { spec, action: null, consequence: null, run };
}

/** Reads and runs a line without asking: for scripts. */
export async function runLine(line: string, context: CommandContext, surface: Surface = 'shell'): Promise<CommandResult> {
  const prepared = prepareLine(line, context, surface);
  return prepared.ok ? prepared.line.run() : prepared.problem;
}

/** Whether it may change the cluster or the store. */
export function changesAnything(spec: CommandSpec): boolean {
  return spec.name === 'put' || spec.name === 'del' || spec.name === 'cas' || spec.name === 'retry' || spec.action !== undefined;
}

/** On a command line faults stand under one word, and the shell takes that spelling too: `fault kill n2`, `fault ls`. */
function withoutGroup(words: readonly Word[], among: readonly CommandSpec[]): readonly [Word, ...Word[]] {
  const [first, second] = words;
  if (first === undefined) throw new UsageError('the line is empty');
  if (first.text !== 'fault') return [first, ...words.slice(1)];
  const faults = among.filter((spec) => spec.group === 'faults');
  if (second === undefined) {
    throw new UsageError('which fault?', { column: first.end, next: `one of ${faults.map((spec) => spec.name).join(', ')}` });
  }
  if (findCommand(second.text, faults) === null) throw unknownCommand(second.text, faults, second.start);
  return [second, ...words.slice(2)];
}

function missing(name: Word, surface: Surface, among: readonly CommandSpec[]): UsageError {
  const elsewhere = findCommand(name.text, commandsFor(surface, null));
  if (elsewhere === null) return unknownCommand(name.text, among, name.start, FOREIGN_NAMES);
  return new UsageError(`${elsewhere.name} does not work on this cluster: it lacks ${elsewhere.needs}`, { column: name.start });
}

function help(words: readonly Word[], among: readonly CommandSpec[]): CommandResult {
  const about = words[1];
  if (about === undefined) return { lines: helpLines(among), json: { help: helpLines(among) }, exit: 0, prose: true };
  const spec = findCommand(about.text === 'fault' ? (words[2]?.text ?? '') : about.text, among);
  if (spec === null) throw unknownCommand(about.text, among, about.start);
  return { lines: commandHelp(spec), json: { help: commandHelp(spec) }, exit: 0, prose: true };
}

function inert(result: CommandResult): Preparation {
  return { ok: true, line: { spec: null, action: null, consequence: null, run: () => Promise.resolve(result) } };
}

/** Shows where in the line the trouble is, when that is known. */
function pointAt(line: string, error: unknown): CommandResult {
  const result = failureOf(error, false);
  if (!(error instanceof UsageError) || error.column === null) return result;
  const [first = '', ...others] = result.lines;
  return { ...result, lines: [`${first} (column ${Math.min(error.column, line.length) + 1})`, ...others] };
}
