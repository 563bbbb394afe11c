/** Help in text, from the registry alone. */
import type { CommandSpec, Group } from './command.ts';
import { usageOf, valueName } from './parse.ts';

/** All commands in their groups, one line each. */
export function helpLines(among: readonly CommandSpec[]): readonly string[] {
  const groups: readonly Group[] = [...new Set(among.map((spec) => spec.group))];
  const width = Math.max(...among.map((spec) => spec.name.length)) + 2;
  const lines = groups.flatMap((group) => [
    group,
    ...among.filter((spec) => spec.group === group).map((spec) => `  ${spec.name.padEnd(width)}${spec.summary}`),
    '',
  ]);
  return [
    ...lines,
    'help COMMAND tells more. Nodes: n2, n1,n3, leader, followers, random, minority, all, !leader.',
    'A number before a command repeats it, until one fails: 5 put k v. -w table or -w json behind it shows the result so.',
    'Spellings of redis-cli and etcdctl are understood where there is such a thing: setnx, exists, keys user:*, get P --prefix, member list.',
  ];
}

/** One command: usage, words, flags, examples. */
export function commandHelp(spec: CommandSpec): readonly string[] {
  const rows = [
    ...spec.params.map((param) => [param.name.toUpperCase(), param.summary] as const),
    ...spec.flags.map((flag) => [`--${flag.name}${flag.value === null ? '' : ` ${valueName(flag)}`}`, flag.summary] as const),
  ];
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  const aliases = spec.aliases.length === 0 ? [] : [`also: ${spec.aliases.join(', ')}`];
  return [
    usageOf(spec),
    spec.summary,
    ...aliases,
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
    ...spec.examples.map((example) => `  > ${example}`),
  ];
}
