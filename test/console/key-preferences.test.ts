/** Keys of one's own: what is refused, and that every place that names a key follows. */
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../src/console/frame.ts';
import { chosen, KeyProblem, keymapOf, keyRows, parseKeys, REBINDABLE, typedKey } from '../../src/console/key-preferences.ts';
import { BINDINGS, bindingsFor, FIXED, VIEWS } from '../../src/console/keymap.ts';
import { plainText } from '../../src/console/rows.ts';
import { type ConsoleState, initialState } from '../../src/console/state.ts';
import { UTF8_GLYPHS } from '../../src/console/theme.ts';
import { update } from '../../src/console/update.ts';
import { consoleState, press } from '../support/console-state.ts';
import { ALL_CAPABILITIES } from '../support/fake-driver.ts';
import { FAKE_NOW } from '../support/fake-picture.ts';
import { scenePicture } from '../support/fake-scene.ts';

/** Letters that no binding has, one for each action that can have another key. */
const GREEK = 'αβγδεζηθικλμνξοπρστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩбгджзийлпцчшщъыьэюя';
const letterOf = new Map(REBINDABLE.map((action, i) => [action, [...GREEK][i] ?? '']));

function withKeys(choices: ReadonlyMap<string, string>, columns = 200): ConsoleState {
  return initialState({
    size: { columns, rows: 60 },
    picture: scenePicture(),
    capabilities: ALL_CAPABILITIES,
    ownsNodes: true,
    replay: false,
    writable: true,
    theme: 'dark',
    keymap: keymapOf(choices).keymap,
    history: [],
    now: 0,
    wall: FAKE_NOW,
  });
}

const screen = (state: ConsoleState): readonly string[] => frameOf(state, UTF8_GLYPHS).rows.map(plainText);
const footer = (state: ConsoleState): string => screen(state).at(-1) ?? '';

describe('the keys of an action', () => {
  it.each([
    ['z', ['z']],
    ['z,Ctrl-X', ['z', 'ctrl-x']],
    ['Space,PgUp,alt-Q', ['space', 'page-up', 'alt-q']],
    [',', [',']],
    ['comma,;', [',', ';']],
    ['none', []],
    ['é,é', ['é']],
  ])('%s', (text, keys) => expect(parseKeys(text)).toEqual(keys));

  it.each([
    ['Ctrl-H', 'for a terminal it is Backspace'],
    ['ctrl-i', 'for a terminal it is Tab'],
    ['Ctrl-J', 'for a terminal it is Enter'],
    ['ctrl-m', 'for a terminal it is Enter'],
    ['F5', 'terminals disagree'],
    ['shift-f12', 'terminals disagree'],
    ['Ctrl-C', 'it interrupts'],
    ['Esc', 'it closes whatever is open'],
    ['zz', 'there is no key "zz"'],
    ['', 'there is no key ""'],
    ['\x1b', 'there is no key'],
    ['a,b,c,d,e,f,g', 'at most 6 keys'],
  ])('cannot be %j', (text, why) => expect(() => parseKeys(text)).toThrow(why));

  it('cannot be that of another action in the same view, which is named with what it does', () => {
    expect(() => chosen(BINDINGS, 'undo', ['f'])).toThrow('f is taken: "fault-menu" has it in Overview, Log');
    expect(() => chosen(BINDINGS, 'cut-link', ['q'])).toThrow('q is taken: "quit" has it everywhere');
    // The links have no marks, and so may share the key of the views that have.
    expect(chosen(BINDINGS, 'slow-link', ['a']).find(({ action }) => action === 'slow-link')?.keys).toEqual(['a']);
    expect(() => chosen(BINDINGS, 'interrupt', ['z'])).toThrow('stay as they are');
    expect(() => chosen(BINDINGS, 'dance', ['z'])).toThrow('there is no action "dance"');
  });

  it('can be exchanged with those of another, and what is wrong in the file is passed over and told', () => {
    const { keymap, problems } = keymapOf(
      new Map([
        ['undo', 'H'],
        ['heal-all', 'u'],
      ]),
    );
    expect(problems).toEqual([]);
    expect(keymap.find(({ action }) => action === 'heal-all')?.keys).toEqual(['u']);
    const bad = keymapOf(
      new Map([
        ['undo', 'f'],
        ['quit', 'F9'],
        ['nothing', 'x'],
        ['help', 'X'],
      ]),
    );
    expect(bad.problems).toHaveLength(3);
    expect(bad.problems[0]).toContain('keys.undo is passed over: f is taken');
    expect(bad.keymap.find(({ action }) => action === 'undo')?.keys).toEqual(['u']);
    expect(bad.keymap.find(({ action }) => action === 'help')?.keys).toEqual(['X']);
  });

  it('are listed as they can be typed again', () => {
    for (const [name, keys] of keyRows(BINDINGS)) {
      const action = name.replace('keys.', '');
      expect(parseKeys(keys), name).toEqual(BINDINGS.find((binding) => binding.action === action)?.keys);
    }
    expect(typedKey(',')).toBe('comma');
    expect(() => parseKeys('F1')).toThrow(KeyProblem);
  });
});

describe('with other keys for everything', () => {
  const choices = new Map([...letterOf].map(([action, letter]) => [action, letter]));
  const state = withKeys(choices);

  it('there are letters enough', () => {
    expect([...GREEK].length).toBeGreaterThanOrEqual(REBINDABLE.length);
    expect(keymapOf(choices).problems).toEqual([]);
  });

  it.each(VIEWS.filter(({ id }) => id !== 'shell'))('the footer of $title names them, and each does its work', ({ id }) => {
    const here = { ...state, view: id };
    for (const binding of bindingsFor(here.keymap, id, ALL_CAPABILITIES)) {
      if (FIXED.includes(binding.action)) continue;
      const key = letterOf.get(binding.action) ?? '';
      const always = ['command', 'help', 'quit'].includes(binding.action);
      if (always) expect(footer(here), binding.action).toContain(` ${key} ${binding.hint}`);
      const old = BINDINGS.find(({ action }) => action === binding.action)?.keys[0] ?? '';
      if (binding.hint !== null) expect(footer(here), binding.action).not.toContain(` ${old} ${binding.hint} `);
    }
    const quit = press(here, [letterOf.get('quit') ?? '']);
    expect(quit.state.overlay?.type).toBe('confirm');
    expect(press(here, ['q']).state).toMatchObject({ overlay: null });
  });

  it('no view tells of the old ones', () => {
    const told = VIEWS.flatMap(({ id }) => screen({ ...state, view: id })).join('\n');
    expect(told).toContain(`${letterOf.get('heal-all')} heals all`);
    expect(told).toContain(`${letterOf.get('undo')} undoes`);
    expect(told).toContain(` ${letterOf.get('view-events')} shows all`);
    expect(told).not.toMatch(/\b[A-Za-z0-9] (?:heals all|undoes|shows all|edits|breaks|writes the first|follows)\b/);
    const idle = { ...state, writable: false };
    expect(press(idle, [letterOf.get('undo') ?? '']).state.flash?.text).toContain(`${letterOf.get('write')} lets it change`);
  });

  it('help and palette list them, and the documentation has a row for each', () => {
    const tall = { ...state, size: { columns: 120, rows: 200 } };
    const help = screen(update(tall, keyMessage(letterOf.get('help') ?? '')).state).join('\n');
    const palette = screen(update(tall, keyMessage(letterOf.get('palette') ?? '')).state).join('\n');
    for (const binding of bindingsFor(state.keymap, 'overview', ALL_CAPABILITIES)) {
      if (FIXED.includes(binding.action)) continue;
      const row = new RegExp(`${letterOf.get(binding.action)} +${binding.summary.slice(0, 20).replace(/[.?+*()[\]]/g, '\\$&')}`);
      expect(help, binding.action).toMatch(row);
      expect(palette, binding.action).toMatch(row);
    }
  });

  it('an action without a key has none, and the footer leaves it out', () => {
    const none = withKeys(new Map([['fault-menu', 'none']]));
    expect(press(none, ['f']).state.overlay).toBeNull();
    expect(footer(none)).not.toContain('fault');
    expect(footer(consoleState({ columns: 200, rows: 60 }))).toContain('f fault');
  });
});

const keyMessage = (text: string) => ({ type: 'key', key: { type: 'text', text }, now: 1_000, wall: FAKE_NOW }) as const;
