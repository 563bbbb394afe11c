/** What `?` lists: the keys of this view, the keys of all views, and every command. One list, from the same data as the dispatch. */
import { usageOf } from '../commands/parse.ts';
import { commandsFor } from '../commands/registry.ts';
import { type Action, bindingsFor, shownKey } from './keymap.ts';
import type { ConsoleState } from './state.ts';

export type HelpEntry = { readonly group: string; readonly left: string; readonly right: string } & (
  | { readonly type: 'key'; readonly action: Action }
  | { readonly type: 'command'; readonly line: string }
);

export function helpEntries(state: ConsoleState, filter: string): readonly HelpEntry[] {
  const bindings = bindingsFor(state.view, state.capabilities);
  const keys = [...bindings.filter(({ views }) => views !== null), ...bindings.filter(({ views }) => views === null)].map(
    (binding): HelpEntry => ({
      type: 'key',
      group: binding.views === null ? 'everywhere' : 'in this view',
      left: binding.keys.map(shownKey).join(' '),
      right: binding.summary,
      action: binding.action,
    }),
  );
  const commands = commandsFor('console', state.capabilities).map(
    (spec): HelpEntry => ({
      type: 'command',
      group: `commands: ${spec.group}`,
      left: `:${usageOf({ ...spec, flags: [] })}`,
      right: spec.summary,
      line: spec.params.length === 0 ? spec.name : `${spec.name} `,
    }),
  );
  const words = filter.toLowerCase().split(/\s+/);
  return [...keys, ...commands].filter(({ left, right, group }) => {
    const text = `${left} ${right} ${group}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
