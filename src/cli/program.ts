/** From argv to one invocation. commander routes and writes help; what can be said comes from two tables. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { assert } from '../base/assert.ts';
import { type CommandSpec, OUTPUTS, UsageError } from '../commands/command.ts';
import { valueName } from '../commands/parse.ts';
import { commandsFor } from '../commands/registry.ts';
import { ARGV_COMMANDS, type ArgvCommand } from './argv-commands.ts';
import type { CliIo, Globals, Invocation } from './io.ts';
import { LOADERS, type Run } from './loaders.ts';
import { printError } from './print.ts';

const EXAMPLES = ['start 5', 'put user:42 ann', 'get user:42', 'fault kill leader', 'status --json'];

/** Runs one command line; resolves with the exit code. Never rejects. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exit = 0;
  const onExit = (code: number): void => {
    exit = code;
  };
  const program = buildProgram(io, onExit, argv[0]);
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const json = argv.includes('--json') || /^(.* )?(-w|--write-out)[ =]?json( .*)?$/.test(argv.join(' '));
    return printError(io, { json, color: false }, error instanceof CommanderError ? usageError(error, argv) : error);
  }
}

/**
 * All commands; of those, when `first` is the name of one, that one alone: to describe the others takes longer than most commands run,
 * and nobody is told of them.
 */
export function buildProgram(io: CliIo, onExit: (code: number) => void, first = ''): Command {
  const program = new Command('raftkv-tui')
    .description('A Raft-replicated key-value store with a terminal operations console.')
    .version(packageVersion(), '--version', 'print the version')
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.out.columns ?? 100, 120) })
    .addHelpText('after', examplesText(EXAMPLES))
    .helpCommand('help [command]', 'explain a command');
  quietly(program, io);
  addGlobals(program, false);
  const dispatch = (run: (invocation: Invocation) => Promise<number>) => async (command: Command) => {
    onExit(await run(await invocationOf(io, command)));
  };
  const own = ARGV_COMMANDS.filter(({ name }) => name === first);
  const specs = commandsFor('argv', null);
  const named = specs.filter((spec) => spec.group !== 'faults' && argvNames(spec).includes(first));
  if (own.length > 0) addArgvCommands(program, own, dispatch, io);
  else if (named.length > 0) addSpecs(program, named, dispatch, io);
  else addAll(program, specs, dispatch, io);
  return program;
}

function addAll(program: Command, specs: readonly CommandSpec[], dispatch: Dispatch, io: CliIo): void {
  const of = (group: CommandSpec['group']): readonly CommandSpec[] => specs.filter((spec) => spec.group === group);
  const own = new Set(ARGV_COMMANDS.map(({ name }) => name));
  addSpecs(program, of('keys and values'), dispatch, io);
  addArgvCommands(program, ARGV_COMMANDS, dispatch, io);
  addSpecs(
    program,
    of('cluster').filter(({ name }) => !own.has(name)),
    dispatch,
    io,
  );
  const fault = program.command('fault').helpGroup('faults').description('Break the cluster, see what is broken, heal it.');
  fault.addHelpText('after', examplesText(['fault kill leader --for 10s', 'fault partition n1,n2 / n3,n4,n5', 'fault heal'], ''));
  quietly(fault, io);
  addGlobals(fault, true);
  fault.enablePositionalOptions().action(() => fault.outputHelp());
  addSpecs(fault, of('faults'), dispatch, io, 'fault ');
}

type Dispatch = (run: (invocation: Invocation) => Promise<number>) => (command: Command) => Promise<void>;

function addSpecs(parent: Command, specs: readonly CommandSpec[], dispatch: Dispatch, io: CliIo, prefix = ''): void {
  for (const spec of specs) {
    const [name, ...aliases] = argvNames(spec);
    const command = parent
      .command(name)
      .description(spec.summary)
      .aliases(aliases)
      .helpGroup(spec.group === 'cluster' ? 'clusters' : spec.group);
    for (const param of spec.params) {
      const word = param.rest === true ? `${param.name}...` : param.name;
      const summary = param.name === 'value' ? `${param.summary}; - reads standard input` : param.summary;
      command.argument(param.required ? `<${word}>` : `[${word}]`, summary);
    }
    for (const flag of spec.flags) {
      if (flag.name === 'secret') continue;
      const option = new Option(
        flag.value === null ? `--${flag.name}` : `--${flag.name} <${valueName(flag).toLowerCase()}>`,
        flag.summary,
      );
      command.addOption(flag.choices === undefined ? option : option.choices([...flag.choices]));
    }
    const examples = spec.examples.map((example) => prefix + argvForm(example.replace(spec.name, name)));
    command.addHelpText('after', examplesText(examples));
    quietly(command, io);
    addGlobals(command, true);
    const run = dispatch(async (invocation) => (await import('./one-shot.ts')).runOneShot(spec, invocation));
    command.action(() => run(command));
  }
}

/** `fault faults` would stammer: there the list is `fault ls`. */
export function argvNames(spec: CommandSpec): readonly [string, ...string[]] {
  const [first = spec.name, ...others] = spec.name === 'faults' ? [...spec.aliases, spec.name] : [spec.name, ...spec.aliases];
  return [first, ...others];
}

function addArgvCommands(program: Command, specs: readonly ArgvCommand[], dispatch: Dispatch, io: CliIo): void {
  for (const spec of specs) {
    const command = program
      .command(spec.name, { hidden: spec.hidden === true })
      .description(spec.summary)
      .helpGroup(spec.group);
    for (const [words, summary] of spec.words) command.argument(words, summary);
    for (const { flags, summary } of spec.options) command.option(flags, summary);
    command.addHelpText('after', examplesText(spec.examples));
    quietly(command, io);
    addGlobals(command, true);
    const run = dispatch(async (invocation) => (await loaderOf(spec.name)())(invocation));
    command.action(() => run(command));
  }
}

function loaderOf(name: string): () => Promise<Run> {
  const load = LOADERS[name];
  assert(load !== undefined, `the command ${name} does nothing`);
  return load;
}

/** Global options may stand before or after the command; after it they are not listed a second time in its help. */
function addGlobals(command: Command, hidden: boolean): void {
  const options = [
    new Option('--home <dir>', 'where clusters live (default: $RAFTKV_HOME, or your data folder)'),
    new Option('--cluster <name>', 'which cluster (default: default)'),
    new Option('--url <url>', 'a cluster elsewhere, by the url of a node; may be repeated').argParser(collect),
    new Option('--token-file <file>', 'the token for --url'),
    new Option('--ca <file>', 'the authorities to trust for wss:// urls'),
    new Option('--json', 'machine-readable standard output, errors too: {"error":{kind,outcome,message,next}}'),
    new Option('-w, --write-out <form>', 'results as simple text, as a table, or as json (the same as --json)').choices([
      ...OUTPUTS,
    ]),
    new Option('--no-color', 'no colours (as with NO_COLOR)'),
    new Option('--quiet', 'no progress on standard error'),
    new Option('--yes', 'do not ask'),
  ];
  for (const option of options) command.addOption(hidden ? option.hideHelp() : option);
}

function collect(value: string, sofar: readonly string[] | undefined): readonly string[] {
  return [...(sofar ?? []), value];
}

function quietly(command: Command, io: CliIo): void {
  command.exitOverride();
  command.configureOutput({ writeOut: (text) => io.out.write(text), writeErr: () => {}, outputError: () => {} });
}

async function invocationOf(io: CliIo, command: Command): Promise<Invocation> {
  const chain: Command[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) chain.unshift(at);
  const options: Record<string, unknown> = Object.assign({}, ...chain.map((each) => each.opts()));
  const color = chain.every((each) => each.opts()['color'] !== false);
  return { io, globals: await globalsOf(options, color, io), args: command.args, options };
}

async function globalsOf(options: Readonly<Record<string, unknown>>, color: boolean, io: CliIo): Promise<Globals> {
  const { readSettings } = await import('./settings-file.ts');
  const settings = readSettings(io.env);
  const text = (name: string): string | null => (typeof options[name] === 'string' ? options[name] : null);
  return {
    home: text('home') ?? io.env['RAFTKV_HOME'] ?? settings.home ?? null,
    cluster: text('cluster') ?? settings.cluster ?? 'default',
    urls: Array.isArray(options['url']) ? options['url'].map(String) : [],
    tokenFile: text('tokenFile'),
    caFile: text('ca'),
    json: asksForJson(options),
    table: options['writeOut'] === 'table',
    color: color && (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb',
    quiet: options['quiet'] === true || asksForJson(options),
    yes: options['yes'] === true,
  };
}

function asksForJson(options: Readonly<Record<string, unknown>>): boolean {
  return options['json'] === true || options['writeOut'] === 'json';
}

/** commander's sentence without its prefix, and where to read on. */
function usageError(error: CommanderError, argv: readonly string[]): UsageError {
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)/s, ' (did you mean $1?)');
  const specs = commandsFor('argv', null);
  const name = [...ARGV_COMMANDS, ...specs].find((command) => argv.includes(command.name))?.name;
  const isFault = specs.some((spec) => spec.name === name && spec.group === 'faults');
  if (isFault && !argv.includes('fault')) return new UsageError(message, { next: `raftkv-tui fault ${argv.join(' ')}` });
  const help = name === undefined ? 'raftkv-tui --help' : `raftkv-tui ${isFault ? 'fault ' : ''}${name} --help`;
  const dashes = /^unknown option '-/.test(message) ? '; put -- before a value that begins with -' : '';
  return new UsageError(message, { next: `see ${help}${dashes}` });
}

/** In a shell of the system, braces and spaces want quotes. */
function argvForm(example: string): string {
  return example.replace(/(^| )(\{.*\})$/, "$1'$2'");
}

function examplesText(examples: readonly string[], prefix = ''): string {
  return `\nExamples:\n${examples.map((example) => `  raftkv-tui ${prefix}${example}`).join('\n')}`;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: { readonly version?: unknown } = JSON.parse(text);
  return String(parsed.version ?? 'unknown');
}
