/** What all commands have in common that break or mend something. */
import type { ClusterAction } from '../cluster/driver.ts';
import { type Arguments, type CommandContext, type CommandSpec, type ParamSpec, UsageError } from './command.ts';
import { scopeOf } from './flags.ts';
import { parseNodeSet } from './node-set.ts';
import { runAction } from './run-action.ts';

export const NODES: ParamSpec = {
  name: 'nodes',
  kind: 'node-set',
  summary: 'n2, n1,n3, leader, followers, random, minority, all, !leader (in the console: the marked ones)',
  required: false,
};
type Build = (context: CommandContext, args: Arguments) => ClusterAction;
type Base = Pick<CommandSpec, 'name' | 'summary' | 'params' | 'flags' | 'examples' | 'needs'> & {
  readonly aliases?: readonly string[];
};

export function fault(base: Base, action: Build): CommandSpec {
  return {
    aliases: [],
    ...base,
    group: 'faults',
    surfaces: ['argv', 'shell', 'key'],
    action,
    run: (context, args) => runAction(context.driver, action(context, args)),
  };
}

export function nodesOf(context: CommandContext, args: Arguments): ReturnType<typeof parseNodeSet> {
  const text = args.values.get('nodes');
  if (text !== undefined) return parseNodeSet(text, scopeOf(context));
  if (context.marked.length === 0 && context.cursor === null) {
    throw new UsageError('which nodes?', { next: 'name them: n2, n1,n3, leader, followers, random, minority, all' });
  }
  return parseNodeSet('marked', scopeOf(context));
}
