/** Which keys a person has chosen for which actions. Pure; wrong choices are told in words, with the action that is in the way. */
import { type Action, BINDINGS, type Binding, FIXED, type Keymap, shownKey, VIEWS } from './keymap.ts';

/** By action: its keys as one types them, `z,Ctrl-X`. */
export type KeyChoices = ReadonlyMap<string, string>;

/** A choice that cannot be, and what to do instead. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem';
  readonly next: string;

  constructor(message: string, next: string) {
    super(message);
    this.next = next;
  }
}

/** What a terminal sends for these is another key as well. */
const SAME: Readonly<Record<string, string>> = {
  'ctrl-h': 'Backspace',
  'ctrl-i': 'Tab',
  'ctrl-j': 'Enter',
  'ctrl-m': 'Enter',
  'ctrl-[': 'Esc',
};
const NAMED = [
  'space',
  'enter',
  'tab',
  'shift-tab',
  'up',
  'down',
  'left',
  'right',
  'home',
  'end',
  'page-up',
  'page-down',
  'delete',
];
const ALSO: Readonly<Record<string, string>> = { comma: ',', pgup: 'page-up', pgdn: 'page-down', del: 'delete', esc: 'escape' };
/** Inside menus, questions and prompts these are what they are everywhere. */
const RESERVED: Readonly<Record<string, string>> = {
  escape: 'it closes whatever is open',
  'ctrl-c': 'it interrupts',
  'ctrl-z': 'it puts the console into the background',
};
/** More than anybody remembers. */
const MOST_KEYS = 6;

export const REBINDABLE: readonly Action[] = BINDINGS.map(({ action }) => action).filter((action) => !FIXED.includes(action));

/** `Ctrl-S,s` as key names; `none` is no key. Throws KeyProblem. */
export function parseKeys(text: string): readonly string[] {
  if (text === 'none') return [];
  const keys = text === ',' ? [','] : text.split(',').map((part) => keyOf(part.trim()));
  if (keys.length > MOST_KEYS) throw new KeyProblem(`at most ${MOST_KEYS} keys for one action`, 'leave some out');
  return [...new Set(keys)];
}

function keyOf(text: string): string {
  const lower = text.toLowerCase();
  const name = ALSO[lower] ?? (NAMED.includes(lower) ? lower : null);
  const [letter = ''] = [...text];
  if (name !== null) return usable(name, text);
  if (text === letter && text !== '' && !/[\p{C}\p{Z}\p{M}]/u.test(text)) return text;
  if (/^(?:ctrl|alt)-\S$/.test(lower)) return usable(lower, text);
  if (/^(?:ctrl-|alt-|shift-)*f\d+$/.test(lower))
    throw new KeyProblem(`"${text}" cannot be used: terminals disagree on what it sends`, HOW);
  throw new KeyProblem(`there is no key "${text}"`, HOW);
}

const HOW =
  'a character, Space, Enter, Tab, PgUp, Home, Ctrl-X or Alt-X; several with commas between them; the comma itself is "comma"';

function usable(name: string, text: string): string {
  const same = SAME[name];
  if (same !== undefined) throw new KeyProblem(`"${text}" cannot be used: for a terminal it is ${same}`, HOW);
  const reserved = RESERVED[name];
  if (reserved !== undefined) throw new KeyProblem(`"${text}" cannot be used: ${reserved}`, HOW);
  return name;
}

/** The key map with one more choice. Throws KeyProblem when another action has the key in the same view. */
export function chosen(keymap: Keymap, action: string, keys: readonly string[]): Keymap {
  const wanted = keymap.find((binding) => binding.action === action);
  if (wanted === undefined) throw new KeyProblem(`there is no action "${action}"`, 'config keys lists them');
  if (FIXED.includes(wanted.action))
    throw new KeyProblem(`the keys of "${action}" stay as they are`, 'config keys lists those that can change');
  for (const key of keys) {
    const other = keymap.find((binding) => binding !== wanted && binding.keys.includes(key) && meets(binding, wanted));
    if (other !== undefined) {
      const where = other.views === null ? 'everywhere' : `in ${titles(other)}`;
      throw new KeyProblem(
        `${shownKey(key)} is taken: "${other.action}" has it ${where} (${other.summary.replace(/\.$/, '')})`,
        `give that one another key first: config keys.${other.action} KEY, or none`,
      );
    }
  }
  return keymap.map((binding) => (binding === wanted ? { ...binding, keys } : binding));
}

const meets = (a: Binding, b: Binding): boolean =>
  a.views === null || b.views === null || a.views.some((view) => b.views?.includes(view));

function titles({ views }: Binding): string {
  return VIEWS.filter(({ id }) => views?.includes(id))
    .map(({ title }) => title)
    .join(', ');
}

/**
 * All choices together: only what they leave can be in conflict, so two actions may change their keys with each other.
 * What cannot be is passed over, and told: a bad preference must not lock anyone out.
 */
export function keymapOf(choices: KeyChoices): { readonly keymap: Keymap; readonly problems: readonly string[] } {
  const problems: string[] = [];
  let keymap: Keymap = BINDINGS.map((binding) => (choices.has(binding.action) ? { ...binding, keys: [] } : binding));
  for (const [action, keys] of choices) {
    try {
      keymap = chosen(keymap, action, parseKeys(keys));
    } catch (error) {
      if (!(error instanceof KeyProblem)) throw error;
      problems.push(`keys.${action} is passed over: ${error.message}.`);
      keymap = withDefault(keymap, action);
    }
  }
  return { keymap, problems };
}

/** As it is without any choice, as far as its keys are free. */
function withDefault(keymap: Keymap, action: string): Keymap {
  const usual = BINDINGS.find((binding) => binding.action === action);
  const free = usual?.keys.filter(
    (key) => !keymap.some((other) => other.action !== action && other.keys.includes(key) && meets(other, usual)),
  );
  return keymap.map((binding) => (binding.action === action ? { ...binding, keys: free ?? [] } : binding));
}

/** For a list of all: `undo   u   End the newest fault.` */
export function keyRows(keymap: Keymap): readonly (readonly [string, string, string])[] {
  return keymap
    .filter(({ action }) => !FIXED.includes(action))
    .map(({ action, keys, summary }) => [`keys.${action}`, keys.length === 0 ? 'none' : keys.map(typedKey).join(','), summary]);
}

/** As it can be typed for `config`. */
export const typedKey = (key: string): string => (key === ',' ? 'comma' : shownKey(key));
