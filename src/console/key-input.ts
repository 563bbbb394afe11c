/** From Ink's input events to key names: one place that knows Ink's habits. */
import type { EditKey } from '../commands/line-editor.ts';
import type { Key } from './ink.ts';

/** Keys that Ink reports as flags, in the order in which they are looked at. */
const FLAGS = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['delete', 'delete'],
  ['backspace', 'backspace'],
  ['escape', 'escape'],
] as const satisfies readonly (readonly [keyof Key, string])[];

const CONTROL_NAMES: Readonly<Record<number, string>> = { 13: 'enter', 10: 'enter', 9: 'tab', 8: 'backspace', 127: 'backspace' };

/**
 * Fast typing and pastes without brackets arrive as one event, so text is split by code point, with Enter where a
 * carriage return stands. Keys that cannot be told apart or named (F-keys) give nothing.
 */
export function keysOf(input: string, key: Key): readonly EditKey[] {
  if (key.return) return [named('enter')];
  if (key.tab) return [named(key.shift ? 'shift-tab' : 'tab')];
  for (const [flag, name] of FLAGS) {
    if (key[flag] === true) return [named(modified(name, key))];
  }
  if (input === '') return [];
  if (key.ctrl) return [named(input === ' ' ? 'ctrl-space' : `ctrl-${input.toLowerCase()}`)];
  if (key.meta) return [named(`alt-${input.toLowerCase()}`)];
  return splitText(input);
}

const named = (name: string): EditKey => ({ type: 'key', name });

function modified(name: string, key: Key): string {
  if (key.ctrl && (name === 'left' || name === 'right')) return `ctrl-${name}`;
  if (key.meta && (name === 'backspace' || name === 'delete')) return 'alt-backspace';
  return name;
}

/** Every code point by itself: `jjj` is three presses of j. */
function splitText(input: string): readonly EditKey[] {
  return [...input].flatMap((character): readonly EditKey[] => {
    const code = character.codePointAt(0) ?? 0;
    const control = CONTROL_NAMES[code];
    if (control !== undefined) return [named(control)];
    if (code === 0x1b) return [named('escape')];
    if (code < 0x20) return code === 0 ? [] : [named(`ctrl-${String.fromCharCode(code + 96)}`)];
    return [{ type: 'text', text: character }];
  });
}

/** The name under which the key map knows a key: the character itself, `space`, or the name. */
export function keyName(key: EditKey): string | null {
  if (key.type === 'paste') return null;
  if (key.type === 'key') return key.name;
  return key.text === ' ' ? 'space' : key.text;
}
