/** A lesson beside the views: its pane at three sizes in both languages, its keys, and what they leave alone. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import { frameOf } from '../../src/console/frame.ts';
import { helpEntries } from '../../src/console/help-entries.ts';
import { lessonBindings } from '../../src/console/lesson-keys.ts';
import { plainText, rowCells } from '../../src/console/rows.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { ASCII_GLYPHS, UTF8_GLYPHS } from '../../src/console/theme.ts';
import { wrapProse } from '../../src/console/width.ts';
import { LESSONS } from '../../src/lesson/lessons.ts';
import type { ShownLesson } from '../../src/lesson/shown.ts';
import type { Language } from '../../src/lesson/text.ts';
import { VirtualWorld } from '../../src/scenario/virtual-world.ts';
import { consoleState, press, send } from '../support/console-state.ts';
import { expectGolden } from '../support/golden.ts';
import { choosing, learn } from '../support/learner.ts';

const golden = (name: string): string => join(import.meta.dirname, 'goldens', `${name}.golden.txt`);
const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const page: ShownLesson = {
  lesson: 'cap',
  language: 'en',
  title: 'CAP in practice',
  part: 'Three and two',
  step: 3,
  of: 16,
  page: 7,
  kind: 'ask',
  text: 'A client reaches only n4, and asks it to write x = 2. What does n4 do?',
  scene: 'links',
  deeds: [],
  waiting: null,
  choices: [
    { id: 'takes', text: 'Takes it, and merges when the link is back' },
    { id: 'refuses', text: 'Refuses it' },
  ],
  chosen: null,
  unit: '',
  verdict: null,
  predicted: null,
  because: null,
  figure: null,
  caption: '',
  past: false,
  repeats: false,
};

const shownIn = (state: ConsoleState, change: Partial<ShownLesson> = {}): ConsoleState =>
  send(state, { type: 'lesson', shown: { ...page, ...change } }).state;

const text = (state: ConsoleState): string => frameOf(state, UTF8_GLYPHS).rows.map(plainText).join('\n');

/** Whole pages of a lesson, as somebody meets them who predicts the first answer everywhere. */
async function pagesOf(name: string, language: Language): Promise<readonly ShownLesson[]> {
  const lesson = LESSONS.find((each) => each.name === name);
  if (lesson === undefined) throw new Error(`there is no lesson ${name}`);
  const world = await VirtualWorld.open({ nodes: lesson.nodes, snapshotEntries: null });
  return (await learn(lesson, world, { react: choosing(0), language })).pages;
}

describe.each(['en', 'zh'] as const)('a lesson in %s', (language) => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('stands under the view at %ix%i, and every row has its width', async (columns, rows) => {
    const pages = await pagesOf('stale-read', language);
    // What this read answers is the same whoever came to lead.
    const wanted = [pages.find(({ kind }) => kind === 'ask'), pages.filter(({ kind }) => kind === 'outcome')[1]];
    for (const shown of wanted) {
      if (shown === undefined) throw new Error('the page is missing');
      const state = send(consoleState({ columns, rows }), { type: 'lesson', shown }).state;
      expectGolden(text(state), golden(`lesson-${shown.kind}-${language}-${columns}x${rows}`));
    }
    for (const shown of pages) {
      for (const look of [UTF8_GLYPHS, ASCII_GLYPHS]) {
        const { rows: drawn } = frameOf(send(consoleState({ columns, rows }), { type: 'lesson', shown }).state, look);
        expect(drawn).toHaveLength(rows);
        expect(drawn.filter((row) => rowCells(row) > columns).map(plainText)).toEqual([]);
      }
    }
  });
});

it('draws the skip list in the middle of its search', async () => {
  const lesson = LESSONS.find(({ name }) => name === 'skip-list');
  if (lesson === undefined) throw new Error('the lesson is missing');
  const frames: ShownLesson[] = [];
  const world = await VirtualWorld.open({ nodes: 1, snapshotEntries: null });
  const [search] = lesson.parts;
  if (search === undefined) throw new Error('the part is missing');
  await learn({ ...lesson, parts: [search] }, world, {
    react: (shown) => {
      if (shown.figure !== null) frames.push(shown);
      return choosing(0)(shown);
    },
  });
  const middle = frames.find(({ caption }) => caption.startsWith('Comparison 2'));
  if (middle === undefined) throw new Error('the search is not drawn step by step');
  expectGolden(text(send(consoleState(), { type: 'lesson', shown: middle }).state), golden('lesson-search-80x24'));
});

describe('the keys of a lesson', () => {
  const inputs = (state: ConsoleState, ...names: readonly string[]): readonly unknown[] =>
    press(state, names).effects.flatMap((effect) => (effect.type === 'lesson' ? [effect.input] : []));

  it('predict, go on, go back, repeat and leave', () => {
    const state = shownIn(consoleState());
    expect(inputs(state, 'b')).toEqual([{ type: 'choose', choice: 1 }]);
    expect(inputs(state, 'enter')).toEqual([{ type: 'next' }]);
    expect(inputs(state, 'backspace')).toEqual([{ type: 'back' }]);
    expect(inputs(state, 'Q')).toEqual([null]);
    expect(inputs(state, 'r')).toEqual([]);
    expect(inputs(shownIn(state, { kind: 'outcome', repeats: true }), 'r')).toEqual([{ type: 'repeat' }]);
  });

  it('write a number, which Backspace corrects before it leads back', () => {
    const state = shownIn(consoleState(), { kind: 'guess', choices: [] });
    expect(inputs(state, '7', '5', 'backspace', '0', '0', 'enter')).toEqual([{ type: 'guess', value: 700 }]);
    expect(text(press(state, ['7', '0']).state)).toContain('> 70_');
    expect(inputs(state, '7', 'backspace', 'backspace')).toEqual([{ type: 'back' }]);
  });

  it('leave the views alone: one may look around, and a page opens its view once', () => {
    const asked = shownIn(consoleState());
    expect(asked.view).toBe('links');
    const log = press(asked, ['2']).state;
    expect(log.view).toBe('log');
    expect(shownIn(log, { waiting: 'all agree' }).view).toBe('log');
    expect(shownIn(log, { page: 8, scene: 'overview' }).view).toBe('overview');
    expect(press(log, [':', 'a', 'b']).state.overlay).toMatchObject({ type: 'command', prompt: { line: { text: 'ab' } } });
    expect(inputs(press(asked, ['8']).state, 'a', 'enter')).toEqual([]);
  });

  it('stand first in ?, where Enter presses them', () => {
    const state = shownIn(consoleState());
    const entries = helpEntries(state, '');
    const own = entries.filter(({ group }) => group === 'in this lesson');
    expect(entries.slice(0, own.length)).toEqual(own);
    expect(own.map(({ left }) => left)).toEqual(lessonBindings(state.lesson?.shown.kind ?? 'ask', false).map(({ key }) => key));
    const at = own.findIndex(({ left }) => left === 'Q');
    const help = { type: 'help', palette: false, filter: '', filtering: false, cursor: at } as const;
    const { state: closed, effects } = press({ ...state, overlay: help }, ['enter']);
    expect(closed.overlay).toBeNull();
    expect(effects).toEqual([{ type: 'lesson', input: null }]);
    expect(helpEntries(consoleState(), '').some(({ group }) => group === 'in this lesson')).toBe(false);
  });

  it('leave room for the logs of all nodes, whatever there is to say about an entry', () => {
    const deeds = Array.from({ length: 16 }, () => ({ text: 'wait until n5 has 2 entries', state: 'to-do', lines: [] }) as const);
    const shown = press(shownIn(consoleState(), { kind: 'ready', scene: 'log', deeds }), ['h']).state;
    const row = {
      index: logIndex(1_285),
      term: term(8),
      kind: 'command',
      text: 'put k v',
      time: clusterTime(0),
      request: null,
    } as const;
    const state = { ...shown, log: { ...shown.log, loaded: new Map([[nodeId('n1'), [row]]]) } };
    expect(state.view).toBe('log');
    for (const node of ['n1', 'n2', 'n3', 'n4', 'n5']) expect(text(state)).toMatch(new RegExp(`^..\\S ${node} `, 'm'));
    expect(text(state)).toContain('ENTRY 1285');
  });

  it('fold the lesson away and back', () => {
    const folded = press(shownIn(consoleState()), ['z']).state;
    expect(text(folded)).toContain('LESSON CAP in practice');
    expect(text(folded)).not.toContain('Refuses it');
    expect(text(press(folded, ['z']).state)).toContain('Refuses it');
  });

  it('say where to go from the last page', () => {
    expect(text(send(shownIn(consoleState(), { kind: 'end' }), { type: 'lesson', shown: null }).state)).toContain(
      ':lesson lists them',
    );
  });

  it('are gone with the lesson', () => {
    const left = send(shownIn(consoleState()), { type: 'lesson', shown: null }).state;
    expect(text(left)).not.toContain('LESSON');
    expect(inputs(left, 'enter', 'Q', 'a')).toEqual([]);
  });
});

it('breaks Chinese between characters, and never before a closing sign or after an opening one', () => {
  const sentence = '领导者（leader）每秒发送心跳，跟随者「听到」之后，重新计时。';
  for (let width = 12; width < 40; width += 1) {
    const lines = wrapProse(sentence, width, '…');
    expect(lines.join('')).toBe(sentence);
    for (const line of lines) {
      expect(line).not.toMatch(/^[，。、；：？！）」》]/);
      expect(line).not.toMatch(/[（「《]$/);
    }
  }
  expect(wrapProse('one two three', 7, '…')).toEqual(['one two', 'three']);
});
