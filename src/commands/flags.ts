/** Typed readings of what the parser left as words. All throw UsageError. */
import type { CallOptions, Consistency, ReadFrom, ReadOptions } from '../cluster/driver.ts';
import { type Arguments, type CommandContext, type FlagSpec, UsageError } from './command.ts';
import { parseDuration } from './duration.ts';
import type { NodeScope } from './node-set.ts';

export const DEADLINE: FlagSpec = { name: 'deadline', value: 'duration', summary: 'give up after this long (default 5s)' };
export const CONSISTENCY: FlagSpec = {
  name: 'consistency',
  value: 'choice',
  summary: 'linearizable (default) asks a majority; lease asks nobody while the leader holds one; stale answers from one node',
  choices: ['linearizable', 'lease', 'stale'],
};
export const READ_FROM: FlagSpec = {
  name: 'read-from',
  value: 'choice',
  summary: 'who answers: the leader (default), or any node, which asks the leader only how new its answer must be',
  choices: ['leader', 'any'],
};
export const REVISION: FlagSpec = { name: 'rev', value: 'number', summary: 'as it was at this revision' };
export const FOR: FlagSpec = { name: 'for', value: 'duration', summary: 'heal by itself after this long' };

export function required(args: Arguments, name: string): string {
  const value = args.values.get(name);
  if (value === undefined) throw new UsageError(`${name.toUpperCase()} is missing`);
  return value;
}

export function textFlag(args: Arguments, name: string): string | null {
  const value = args.flags.get(name);
  return typeof value === 'string' ? value : null;
}

export function durationFlag(args: Arguments, name: string): number | null {
  const text = textFlag(args, name);
  return text === null ? null : parseDuration(text);
}

/** A whole number in [least, most]. */
export function integerFlag(args: Arguments, name: string, least: number, most: number): number | null {
  const text = textFlag(args, name);
  return text === null ? null : parseInteger(text, `--${name}`, least, most);
}

export function parseInteger(text: string, name: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${name} cannot be "${text}"`, { next: `write a whole number from ${least} to ${most}` });
}

/** A probability: `0.3` or `30%`. */
export function probabilityFlag(args: Arguments, name: string): number | null {
  const text = textFlag(args, name);
  if (text === null) return null;
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : /^\d*\.?\d+$/.test(text) ? Number(text) : -1;
  if (value >= 0 && value <= 1) return value;
  throw new UsageError(`--${name} cannot be "${text}"`, { next: 'write a probability: 0.3 or 30%' });
}

export function callOptions(context: CommandContext, args: Arguments): CallOptions {
  const deadlineMs = durationFlag(args, 'deadline');
  return deadlineMs === null ? { signal: context.signal } : { signal: context.signal, deadlineMs };
}

export function readOptions(context: CommandContext, args: Arguments): ReadOptions {
  const consistency = (textFlag(args, 'consistency') ?? 'linearizable') as Consistency;
  const revision = args.flags.has('rev') ? integerFlag(args, 'rev', 0, Number.MAX_SAFE_INTEGER) : null;
  const readFrom = textFlag(args, 'read-from') as ReadFrom | null;
  return {
    ...callOptions(context, args),
    consistency,
    ...(revision === null ? {} : { revision }),
    ...(readFrom === null ? {} : { readFrom }),
  };
}

export function scopeOf(context: CommandContext): NodeScope {
  return { picture: context.driver.picture(), marked: context.marked, cursor: context.cursor, random: Math.random };
}
