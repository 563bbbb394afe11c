/** Completion scripts, printed from the same tables as the commands themselves. */
import { UsageError } from '../commands/command.ts';
import { commandsFor } from '../commands/registry.ts';
import { ARGV_COMMANDS } from './argv-commands.ts';
import { type Invocation, writeAll } from './io.ts';

interface Entry {
  /** `put`, or `fault kill`. */
  readonly path: string;
  readonly summary: string;
  readonly flags: readonly string[];
}

const GLOBAL_FLAGS = [
  '--home',
  '--cluster',
  '--url',
  '--token-file',
  '--ca',
  '--json',
  '--write-out',
  '--no-color',
  '--quiet',
  '--yes',
  '--help',
];

const PRINTERS: Readonly<Record<string, (entries: readonly Entry[]) => string>> = { bash, zsh, fish };

export async function runCompletion({ io, args }: Invocation): Promise<number> {
  const shell = args[0] ?? '';
  const printer = Object.hasOwn(PRINTERS, shell) ? PRINTERS[shell] : undefined;
  if (printer === undefined) throw new UsageError(`there is no completion for "${shell}"`, { next: 'bash, zsh or fish' });
  await writeAll(io.out, printer(completionEntries()));
  return 0;
}

export function completionEntries(): readonly Entry[] {
  const specs = commandsFor('argv', null).map((spec) => ({
    path: spec.group === 'faults' ? `fault ${spec.name === 'faults' ? 'ls' : spec.name}` : spec.name,
    summary: spec.summary,
    flags: spec.flags.filter((flag) => flag.name !== 'secret').map((flag) => `--${flag.name}`),
  }));
  const own = ARGV_COMMANDS.filter((command) => command.hidden !== true).map((command) => ({
    path: command.name,
    summary: command.summary,
    flags: command.options.flatMap(({ flags }) => /--[a-z-]+/.exec(flags) ?? []),
  }));
  const names = new Set(own.map((entry) => entry.path));
  return [
    ...own,
    { path: 'fault', summary: 'Break the cluster, see what is broken, heal it.', flags: [] },
    ...specs.filter((spec) => !names.has(spec.path)),
  ];
}

function bash(entries: readonly Entry[]): string {
  const cases = entries.map(
    ({ path, flags }) => `    ${JSON.stringify(path)}) flags="${[...flags, ...GLOBAL_FLAGS].join(' ')}" ;;`,
  );
  return `# raftkv-tui completion for bash
_raftkv_tui() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words=() word flags="" path
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $word == -* ]] || words+=("$word"); done
  path="\${words[0]:-}"
  [[ $path == fault && \${#words[@]} -gt 1 ]] && path="fault \${words[1]}"
  if [[ \${#words[@]} -eq 0 && $cur != -* ]]; then
    COMPREPLY=($(compgen -W "${topLevel(entries).join(' ')}" -- "$cur"))
  elif [[ $path == fault && $cur != -* ]]; then
    COMPREPLY=($(compgen -W "${faults(entries).join(' ')}" -- "$cur"))
  elif [[ $cur == -* ]]; then
    case "$path" in
${cases.join('\n')}
    *) flags="${GLOBAL_FLAGS.join(' ')}" ;;
    esac
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F _raftkv_tui raftkv-tui
`;
}

function zsh(entries: readonly Entry[]): string {
  const describe = (entry: Entry): string =>
    `    ${quoted(`${entry.path.replace(/^fault /, '')}:${entry.summary.replace(/:/g, ' -')}`)}`;
  const top = entries.filter((entry) => !entry.path.includes(' '));
  const nested = entries.filter((entry) => entry.path.includes(' '));
  const cases = entries.map(({ path, flags }) => `    ${quoted(path)}) flags=(${[...flags, ...GLOBAL_FLAGS].join(' ')}) ;;`);
  return `#compdef raftkv-tui
_raftkv_tui() {
  local -a commands faults flags words_only
  commands=(
${top.map(describe).join('\n')}
  )
  faults=(
${nested.map(describe).join('\n')}
  )
  words_only=(\${\${words[2,CURRENT-1]}:#-*})
  local place="\${words_only[1]}"
  [[ $place == fault && \${#words_only} -gt 1 ]] && place="fault \${words_only[2]}"
  if [[ \${#words_only} -eq 0 && $PREFIX != -* ]]; then _describe command commands; return; fi
  if [[ $place == fault && $PREFIX != -* ]]; then _describe fault faults; return; fi
  case "$place" in
${cases.join('\n')}
    *) flags=(${GLOBAL_FLAGS.join(' ')}) ;;
  esac
  if [[ $PREFIX == -* ]]; then compadd -a flags; else _files; fi
}
compdef _raftkv_tui raftkv-tui
`;
}

function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ path, summary, flags }) => {
    const [first = '', second] = path.split(' ');
    const where = second === undefined ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${first}`;
    const within = `__fish_seen_subcommand_from ${second ?? first}`;
    return [
      `complete -c raftkv-tui -n ${quoted(where)} -f -a ${second ?? first} -d ${quoted(summary)}`,
      ...flags.map((flag) => `complete -c raftkv-tui -n ${quoted(within)} -l ${flag.slice(2)}`),
    ];
  });
  const globals = GLOBAL_FLAGS.map((flag) => `complete -c raftkv-tui -l ${flag.slice(2)}`);
  return `# raftkv-tui completion for fish\n${[...lines, ...globals].join('\n')}\n`;
}

function topLevel(entries: readonly Entry[]): readonly string[] {
  return entries.map((entry) => entry.path).filter((path) => !path.includes(' '));
}

function faults(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ path }) => (path.startsWith('fault ') ? [path.slice(6)] : []));
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
