/** All commands that act on a cluster. Keys, shell, argv, help and completion read this one list. */
import type { Capability } from '../cluster/driver.ts';
import { CLUSTER_COMMANDS } from './cluster-commands.ts';
import { type CommandSpec, type Surface, UsageError } from './command.ts';
import { CONSOLE_COMMANDS } from './console-commands.ts';
import { FAULT_COMMANDS } from './fault-commands.ts';
import { KV_COMMANDS } from './kv-commands.ts';
import { OUTPUT } from './output.ts';
import { PAST_COMMANDS } from './past-commands.ts';
import { didYouMean } from './suggest.ts';
import { WHY } from './why-command.ts';

export const COMMANDS: readonly CommandSpec[] = [
  ...KV_COMMANDS,
  ...PAST_COMMANDS,
  ...FAULT_COMMANDS,
  ...CLUSTER_COMMANDS,
  WHY,
  OUTPUT,
  ...CONSOLE_COMMANDS,
];

/** Those that can be used here. `capabilities` null means: whatever the cluster can do. */
export function commandsFor(surface: Surface, capabilities: ReadonlySet<Capability> | null): readonly CommandSpec[] {
  return COMMANDS.filter(
    (spec) =>
      (spec.surfaces.includes(surface) || (surface === 'console' && spec.surfaces.includes('shell'))) &&
      (capabilities === null || spec.needs === null || capabilities.has(spec.needs)),
  );
}

/** By name or alias; null when there is none. */
export function findCommand(name: string, among: readonly CommandSpec[] = COMMANDS): CommandSpec | null {
  const wanted = name.toLowerCase();
  return among.find((spec) => spec.name === wanted || spec.aliases.includes(wanted)) ?? null;
}

/** Every name a command answers to. */
export function namesOf(among: readonly CommandSpec[]): readonly string[] {
  return among.flatMap((spec) => [spec.name, ...spec.aliases]);
}

/** `others`: words that would have been understood too. */
export function unknownCommand(
  name: string,
  among: readonly CommandSpec[],
  column: number | null = null,
  others: readonly string[] = [],
): UsageError {
  const next = didYouMean(name, [...namesOf(among), ...others, 'help', 'fault']) ?? 'help lists all commands';
  return new UsageError(`there is no command "${name}"`, { column, next });
}
