/** From what a terminal sends to keys. Input arrives in arbitrary pieces; an escape sequence may be cut in two. */
import type { EditKey } from './line-editor.ts';

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
/** Longer than any sequence a terminal sends; what is longer is not one. */
const LONGEST_SEQUENCE = 32;
const MOST_PASTE = 4_194_304;

const FINALS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'shift-tab',
};
const TILDES: Readonly<Record<string, string>> = {
  '1': 'home',
  '3': 'delete',
  '4': 'end',
  '5': 'page-up',
  '6': 'page-down',
  '7': 'home',
  '8': 'end',
};

/** Keeps what is unfinished between two pieces. `flush` when nothing followed an Escape for a while. */
export class TerminalKeys {
  #pending = '';
  #paste: string | null = null;

  /** True while an escape sequence may still be going on. */
  get waiting(): boolean {
    return this.#paste === null && this.#pending !== '';
  }

  feed(chunk: string): readonly EditKey[] {
    const keys: EditKey[] = [];
    let input = this.#pending + chunk;
    this.#pending = '';
    while (input !== '') {
      const rest = this.#paste === null ? this.#step(input, keys) : this.#stepPaste(this.#paste, input, keys);
      if (rest === null) {
        this.#pending = input;
        break;
      }
      input = rest;
    }
    return keys;
  }

  flush(): readonly EditKey[] {
    const alone = this.#pending === '\x1b';
    this.#pending = '';
    return alone ? [{ type: 'key', name: 'escape' }] : [];
  }

  /** Takes one key off the front and returns the rest; null when the front is unfinished. */
  #step(input: string, keys: EditKey[]): string | null {
    if (input.startsWith(PASTE_START)) {
      this.#paste = '';
      return input.slice(PASTE_START.length);
    }
    if (input.startsWith('\x1b')) return stepEscape(input, keys);
    const controlAt = firstControl(input);
    if (controlAt > 0) {
      keys.push({ type: 'text', text: input.slice(0, controlAt) });
      return input.slice(controlAt);
    }
    keys.push({ type: 'key', name: controlName(input.charCodeAt(0)) });
    return input.slice(1);
  }

  #stepPaste(sofar: string, input: string, keys: EditKey[]): string | null {
    const end = input.indexOf(PASTE_END);
    if (end >= 0) {
      this.#paste = null;
      keys.push({ type: 'paste', text: (sofar + input.slice(0, end)).slice(0, MOST_PASTE) });
      return input.slice(end + PASTE_END.length);
    }
    // The end mark itself may be cut in two: its possible beginning stays behind.
    const keep = Math.min(input.length, PASTE_END.length - 1);
    this.#paste = (sofar + input.slice(0, input.length - keep)).slice(0, MOST_PASTE);
    this.#pending = input.slice(input.length - keep);
    return '';
  }
}

/** The position of the first control character, or the length. */
function firstControl(input: string): number {
  for (let at = 0; at < input.length; at += 1) {
    const code = input.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return at;
  }
  return input.length;
}

/** Only parameters so far, and not too many: more may come. */
function unfinished(input: string): boolean {
  return input.length < LONGEST_SEQUENCE && /^[ -?]*$/.test(input.slice(2));
}

function controlName(code: number): string {
  if (code === 0x0d) return 'enter';
  if (code === 0x09) return 'tab';
  if (code === 0x7f || code === 0x08) return 'backspace';
  if (code === 0) return 'ctrl-space';
  return code <= 26 ? `ctrl-${String.fromCharCode(code + 96)}` : 'unknown';
}

function stepEscape(input: string, keys: EditKey[]): string | null {
  if (input.length === 1) return null;
  const introducer = input[1] ?? '';
  if (introducer === '[') {
    const match = /^([0-9;:<=>?]*)[ -/]*([@-~])/.exec(input.slice(2, LONGEST_SEQUENCE));
    if (match === null) return unfinished(input) ? null : input.slice(2);
    keys.push({ type: 'key', name: csiName(match[1] ?? '', match[2] ?? '') });
    return input.slice(2 + match[0].length);
  }
  if (introducer === 'O') {
    if (input.length === 2) return null;
    keys.push({ type: 'key', name: FINALS[input[2] ?? ''] ?? 'unknown' });
    return input.slice(3);
  }
  if (introducer === '\x1b') {
    keys.push({ type: 'key', name: 'escape' });
    return input.slice(1);
  }
  const character = String.fromCodePoint(input.codePointAt(1) ?? 0);
  keys.push({
    type: 'key',
    name: character === '\x7f' || character === '\b' ? 'alt-backspace' : `alt-${character.toLowerCase()}`,
  });
  return input.slice(1 + character.length);
}

/** `ESC [ 1 ; 5 C` is Ctrl-Right: the second number is 1 plus shift 1, alt 2, ctrl 4. */
function csiName(parameters: string, final: string): string {
  const [first = '', modifier = ''] = parameters.split(';');
  const name = final === '~' ? TILDES[first] : FINALS[final];
  if (name === undefined) return 'unknown';
  const bits = modifier === '' ? 0 : Number(modifier) - 1;
  if ((bits & 4) !== 0) return `ctrl-${name}`;
  return (bits & 2) !== 0 ? `alt-${name}` : name;
}
