/** What `?` lists: the keys of this view, the keys of all views, and every command. One list, from the same data as the dispatch. */
import { usageOf } from '../commands/parse.ts';
import { commandsFor } from '../commands/registry.ts';
import { type Action, bindingsFor, shownKey } from './keymap.ts';
import { lessonBindings } from './lesson-keys.ts';
import type { ConsoleState } from './state.ts';

export type HelpEntry = { readonly group: string; readonly left: string; readonly right: string } & (
  | { readonly type: 'key'; readonly action: Action }
  | { readonly type: 'command'; readonly line: string }
  /** A key of the lesson, by its name. */
  | { readonly type: 'lesson'; readonly key: string }
);

/** `palette`: commands first, the best match on top, any of the letters in their order will do. */
export function helpEntries(state: ConsoleState, filter: string, palette = false): readonly HelpEntry[] {
  const bindings = bindingsFor(state.keymap, state.view, state.capabilities);
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
  if (palette) return ranked([...commands, ...keys], filter);
  const words = filter.toLowerCase().split(/\s+/);
  return [...lessonEntries(state), ...keys, ...commands].filter(({ left, right, group }) => {
    const text = `${left} ${right} ${group}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** While a lesson runs its keys come before those of the view. */
function lessonEntries({ lesson, view }: ConsoleState): readonly HelpEntry[] {
  if (lesson === null || view === 'shell') return [];
  const { kind, past } = lesson.shown;
  return lessonBindings(kind, past).map(({ key, summary }) => ({
    type: 'lesson',
    group: 'in this lesson',
    left: key,
    right: summary,
    key: key.length === 1 ? key : key.toLowerCase(),
  }));
}

function ranked(entries: readonly HelpEntry[], filter: string): readonly HelpEntry[] {
  const wanted = filter.toLowerCase().replaceAll(' ', '');
  if (wanted === '') return entries;
  const scored = entries.flatMap((entry) => {
    const score = scoreOf(entry, wanted);
    return score === null ? [] : [{ entry, score }];
  });
  return scored.sort((a, b) => a.score - b.score).map(({ entry }) => entry);
}

/** Lower is better: the name begins with it, has it, has its letters in order, or the summary has it. Null for no match. */
function scoreOf({ left, right }: HelpEntry, wanted: string): number | null {
  const name = left.toLowerCase().replace(/^:/, '');
  const at = name.indexOf(wanted);
  if (at >= 0) return at;
  const spread = spreadOf(name, wanted);
  if (spread !== null) return 100 + spread;
  const told = right.toLowerCase().replaceAll(' ', '').indexOf(wanted);
  return told < 0 ? null : 1_000 + told;
}

/** How many letters stand between the first and the last of `wanted`, which must come in this order. */
function spreadOf(text: string, wanted: string): number | null {
  let at = -1;
  let first = -1;
  for (const letter of wanted) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return null;
    if (first < 0) first = at;
  }
  return at - first;
}
