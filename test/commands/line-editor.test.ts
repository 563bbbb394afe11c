import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EditKey, EMPTY_LINE, editLine, type LineState } from '../../src/commands/line-editor.ts';

const HISTORY = ['put a 1', 'get a', 'put b 2'];

/** Text as it is; `<left>` and the like as keys. */
function keysOf(script: string): EditKey[] {
  return script.split(/(<[a-z-]+>)/).flatMap((part): EditKey[] => {
    if (part === '') return [];
    return part.startsWith('<') ? [{ type: 'key', name: part.slice(1, -1) }] : [{ type: 'text', text: part }];
  });
}

function type(script: string, start: LineState = EMPTY_LINE): LineState {
  return keysOf(script).reduce((state, key) => editLine(state, key, HISTORY).state, start);
}

const shown = (state: LineState): string => `${state.text.slice(0, state.cursor)}|${state.text.slice(state.cursor)}`;

describe('editLine', () => {
  it.each([
    ['abc', 'abc|'],
    ['abc<left>X', 'abX|c'],
    ['abc<ctrl-a>X', 'X|abc'],
    ['abc<home><end>X', 'abcX|'],
    ['abc<backspace>', 'ab|'],
    ['abc<ctrl-b><ctrl-b><ctrl-d>', 'a|c'],
    ['put user:42 x<alt-b><alt-b>', 'put user:|42 x'],
    ['put user:42 x<ctrl-a><alt-f><alt-f>', 'put user|:42 x'],
    ['put user:42 x<ctrl-w><ctrl-w>', 'put |'],
    ['put k v<ctrl-a><alt-f><ctrl-k>', 'put|'],
    ['put k v<ctrl-u>', '|'],
    ['put k v<ctrl-u>X<ctrl-y>', 'Xput k v|'],
    ['one two<ctrl-a><alt-d>', '| two'],
    ['ab<ctrl-t>', 'ba|'],
    ['<up>', 'put b 2|'],
    ['<up><up><up><up>', 'put a 1|'],
    ['draft<up><down>', 'draft|'],
    ['draft<up><up><down>', 'put b 2|'],
    ['<ctrl-r>ge', '|get a'],
    ['<ctrl-r>put', '|put b 2'],
    ['<ctrl-r>put<ctrl-r>', '|put a 1'],
    ['<ctrl-r>put<ctrl-r><end>X', 'put a 1X|'],
    ['old<ctrl-r>get<ctrl-g>', 'old|'],
    ['<nonsense>', '|'],
  ])('%s gives %s', (script, expected) => {
    expect(shown(type(script))).toBe(expected);
  });

  it('moves over what a reader takes for one character', () => {
    expect(shown(type('a👨‍👩‍👧b<left><left>'))).toBe('a|👨‍👩‍👧b');
    expect(shown(type('e\u0301x<left><backspace>'))).toBe('|x');
  });

  it('goes behind the whole character when new text melts into what stands there', () => {
    expect(shown(type('\u0301x<ctrl-a>e'))).toBe('e\u0301|x');
  });

  it('never stops inside a character, however many marks it has', () => {
    const heavy = type(`ax${'\u{e0100}'.repeat(80)}b`);
    let state = heavy;
    for (const direction of ['<left>', '<right>']) {
      for (let i = 0; i < 8; i += 1) {
        state = type(direction, state);
        expect(state.text.slice(state.cursor)).not.toMatch(/^[\udc00-\udfff]/);
      }
    }
    expect(state.cursor).toBe(heavy.text.length);
  });

  it.each([
    ['<enter>', 'submit'],
    ['<tab>', 'complete'],
    ['<ctrl-c>', 'cancel'],
    ['<ctrl-d>', 'end-of-input'],
    ['<ctrl-l>', 'redraw'],
  ])('%s asks for %s', (script, effect) => {
    const [key] = keysOf(script);
    expect(key && editLine(EMPTY_LINE, key, HISTORY).effect).toBe(effect);
  });

  it('never runs what is pasted', () => {
    const paste = (text: string, state = EMPTY_LINE) => editLine(state, { type: 'paste', text }, HISTORY);
    expect(paste('del a\rdel b\r\n')).toEqual({ state: expect.objectContaining({ text: 'del a del b' }), effect: null });
    expect(paste('a\nb\tc', type('put k "')).state.text).toBe('put k "a\\nb\\tc');
    expect(paste('\x1b[31mred').state.text).toBe('[31mred');
  });

  it('ends a search with Enter by running what was found', () => {
    const searching = type('<ctrl-r>get');
    const edit = editLine(searching, { type: 'key', name: 'enter' }, HISTORY);
    expect(edit.effect).toBe('submit');
    expect(edit.state.text).toBe('get a');
  });
});

const names = [
  'ctrl-a',
  'ctrl-e',
  'ctrl-b',
  'ctrl-f',
  'ctrl-k',
  'ctrl-u',
  'ctrl-w',
  'ctrl-y',
  'ctrl-d',
  'ctrl-t',
  'alt-b',
  'alt-f',
  'alt-d',
  'alt-backspace',
  'left',
  'right',
  'home',
  'end',
  'backspace',
  'delete',
  'up',
  'down',
  'ctrl-r',
  'ctrl-g',
  'escape',
  'enter',
];
const anyKey: fc.Arbitrary<EditKey> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string({ unit: 'binary', maxLength: 6 }) }),
  fc.record({ type: fc.constant('paste' as const), text: fc.string({ unit: 'binary', maxLength: 6 }) }),
  fc.record({ type: fc.constant('text' as const), text: fc.constantFrom('\u0301', '👨‍👩‍👧', '🇦', '\ud800', '"', '\\') }),
  fc.record({ type: fc.constant('key' as const), name: fc.constantFrom(...names) }),
);

describe('editLine, for any keys', () => {
  it('keeps the cursor inside the text and never inside a character', () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 60 }), (keys) => {
        let state = EMPTY_LINE;
        for (const key of keys) {
          ({ state } = editLine(state, key, HISTORY));
          expect(state.cursor).toBeGreaterThanOrEqual(0);
          expect(state.cursor).toBeLessThanOrEqual(state.text.length);
          expect(
            /[\ud800-\udbff]$/.test(state.text.slice(0, state.cursor)) && /^[\udc00-\udfff]/.test(state.text.slice(state.cursor)),
          ).toBe(false);
          expect(/\p{Cc}|\p{Cs}/u.test(state.text)).toBe(false);
        }
      }),
    );
  });

  it('does what a list of letters with a position does', () => {
    const letters = fc.array(
      fc.oneof(
        fc.constantFrom('a', 'b', ' ', '1'),
        fc.constantFrom('<left>', '<right>', '<home>', '<end>', '<backspace>', '<delete>', '<ctrl-k>', '<ctrl-u>'),
      ),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(letters, (script) => {
        let state = EMPTY_LINE;
        const model: { text: string[]; at: number } = { text: [], at: 0 };
        for (const part of script) {
          state = type(part, state);
          if (part === '<left>') model.at = Math.max(0, model.at - 1);
          else if (part === '<right>') model.at = Math.min(model.text.length, model.at + 1);
          else if (part === '<home>') model.at = 0;
          else if (part === '<end>') model.at = model.text.length;
          else if (part === '<backspace>') {
            if (model.at > 0) model.text.splice(--model.at, 1);
          } else if (part === '<delete>') model.text.splice(model.at, 1);
          else if (part === '<ctrl-k>') model.text.splice(model.at);
          else if (part === '<ctrl-u>') {
            model.text.splice(0, model.at);
            model.at = 0;
          } else model.text.splice(model.at++, 0, part);
          expect(state.text).toBe(model.text.join(''));
          expect(state.cursor).toBe(model.at);
        }
      }),
    );
  });
});
