/** The frame fits every terminal: never a row too many, never a cell too wide, never a byte that a terminal obeys. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import type { ClusterPicture } from '../../src/cluster/driver.ts';
import { frameOf } from '../../src/console/frame.ts';
import { VIEWS } from '../../src/console/keymap.ts';
import { plainText, rowCells } from '../../src/console/rows.ts';
import type { ConsoleState, Size } from '../../src/console/state.ts';
import { ASCII_GLYPHS, type Glyphs, paint, themeFor, UTF8_GLYPHS } from '../../src/console/theme.ts';
import { consoleState, press, send } from '../support/console-state.ts';
import {
  FAKE_NOW,
  fakeEvent,
  fakeFault,
  fakeNode,
  fakePeer,
  fakePicture,
  fakeRows,
  fakeStatus,
  withNode,
} from '../support/fake-picture.ts';
import { HOSTILE, SCENE_TERMS, scenePicture } from '../support/fake-scene.ts';

const sizes = fc.record({ columns: fc.integer({ min: 40, max: 220 }), rows: fc.integer({ min: 10, max: 70 }) });
const anySize = fc.record({ columns: fc.integer({ min: 1, max: 220 }), rows: fc.integer({ min: 1, max: 70 }) });
const view = fc.constantFrom(...VIEWS.map(({ key }) => key));
/** What may lie over a view. */
const overlay = fc.constantFrom<readonly string[]>(
  [],
  ['f'],
  ['?'],
  [':', 'kill n1,n2'],
  ['enter'],
  ['/', 'x'],
  ['q'],
  ['R'],
  ['a', 'f', 'k'],
);

const kv = (key: string, value: string, i: number) => ({ key, value, createRevision: 1, modRevision: i, version: 1 });

function filled(state: ConsoleState, texts: readonly string[]): ConsoleState {
  const rows = texts.map((text, i) => kv(text, texts[texts.length - 1 - i] ?? '', i));
  const events = texts.map((text, i) =>
    fakeEvent(i + 1, text, { severity: (['info', 'warn', 'error'] as const)[i % 3] ?? 'info' }),
  );
  const data = { type: 'data', picture: state.picture, ownsNodes: true, events, dropped: 0, now: 1, wall: FAKE_NOW } as const;
  const transcript = texts.map((line, id) => ({
    id,
    prompt: `${line}> `,
    line,
    result: { lines: [line, line], trailer: line, exit: id % 4 },
  }));
  const next = send(state, data).state;
  return {
    ...next,
    transcript,
    history: texts,
    keys: { ...next.keys, rows: rows as unknown as ConsoleState['keys']['rows'], total: 1000, loadedAt: 0, prefix: '' },
    log: { ...next.log, loaded: new Map([[nodeId('n1'), fakeRows(SCENE_TERMS).slice(1200)]]) },
  };
}

function check(state: ConsoleState, look: Glyphs = UTF8_GLYPHS): readonly string[] {
  const { rows, cursor } = frameOf(state, look);
  expect(rows).toHaveLength(state.size.rows);
  expect(rows.filter((row) => rowCells(row) > state.size.columns).map(plainText)).toEqual([]);
  if (cursor !== null) {
    expect(cursor.x).toBeLessThan(state.size.columns);
    expect(cursor.y).toBeLessThan(state.size.rows);
  }
  return rows.map(plainText);
}

function hostilePicture(texts: readonly string[]): ClusterPicture {
  const base = scenePicture();
  const text = texts.join(' ');
  return {
    ...base,
    name: text,
    nodes: [...base.nodes, fakeNode(text, fakeStatus(text, { leader: nodeId(text) }), { url: text, state: 'paused' })],
    faults: [...base.faults, fakeFault(9, text, { owner: text, nodes: [nodeId(text)] })],
  };
}

describe('the frame', { timeout: 30_000 }, () => {
  it('fits every size, in every view, with anything lying over it', () => {
    fc.assert(
      fc.property(sizes, view, overlay, (size, key, over) => {
        const { state } = press(filled(consoleState(size), HOSTILE), [key, ...over]);
        check(state);
      }),
      { numRuns: 200 },
    );
  });

  it('fits sizes that are too small for anything', () => {
    fc.assert(
      fc.property(anySize, view, (size, key) => void check(press(consoleState(size), [key]).state)),
      { numRuns: 200 },
    );
  });

  it('fits clusters of one to nine nodes, with and without a leader', () => {
    fc.assert(
      fc.property(sizes, view, fc.integer({ min: 1, max: 9 }), fc.boolean(), (size, key, count, led) => {
        const picture = { ...fakePicture(count, [1, 1, 2]), ...(led ? {} : { leader: null }) };
        check(press(consoleState(size, picture), [key]).state, ASCII_GLYPHS);
      }),
      { numRuns: 200 },
    );
  });

  it('stays inside after any resize and any keys', () => {
    const key = fc.constantFrom(
      'j',
      'k',
      'h',
      'l',
      'g',
      'G',
      'f',
      '?',
      ':',
      '/',
      'enter',
      'escape',
      'space',
      'tab',
      'R',
      'u',
      'H',
      'a',
      'x',
      'e',
      'page-down',
      'ctrl-u',
      '{',
      '}',
      'F',
      '-',
      'y',
      'n',
      'left',
      'backspace',
      'ctrl-w',
    );
    fc.assert(
      fc.property(sizes, sizes, fc.array(fc.oneof(key, view), { maxLength: 30 }), (before, after: Size, pressed) => {
        const { state } = press(filled(consoleState(before), HOSTILE), pressed);
        check(state);
        check(send(state, { type: 'resize', size: after }).state);
      }),
      { numRuns: 200 },
    );
  });

  it('lets no control, bidi or invisible character through, wherever it came from', () => {
    const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    fc.assert(
      fc.property(
        sizes,
        view,
        overlay,
        fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 8 }),
        (size, key, over, texts) => {
          const state = filled(consoleState(size, hostilePicture(texts)), texts);
          for (const line of check(press(state, [key, ...over]).state))
            expect(unsafe.test(line), JSON.stringify(line)).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('paints with SGR sequences and nothing else', () => {
    for (const { key } of VIEWS) {
      const { rows } = frameOf(press(filled(consoleState(), HOSTILE), [key]).state, UTF8_GLYPHS);
      for (const row of rows) {
        for (const theme of [themeFor('dark', false), themeFor('dark', true)]) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: the only sequence that may appear
          expect(paint(row, theme).replace(/\x1b\[[0-9;]*m/g, '')).toBe(plainText(row));
        }
      }
    }
  });

  it('shows the cursor row without any colour', () => {
    const { rows } = frameOf(consoleState(), ASCII_GLYPHS);
    const row = rows.find((line) => plainText(line).startsWith('> n1')) ?? [];
    expect(paint(row, themeFor('dark', true))).not.toMatch(/\[[0-9;]*(?:3|4|9)[0-7]/);
    expect(plainText(row)).toMatch(/^> n1/);
  });
});

it('cuts no digit of a place in a long log', () => {
  const peers = [fakePeer('n2', 1_234_567), fakePeer('n3', 1_234_566, { state: 'probe' })];
  const picture = withNode(fakePicture(3), 'n1', {}, { peers });
  const { rows } = frameOf(consoleState({ columns: 80, rows: 24 }, picture), UTF8_GLYPHS);
  const text = rows.map(plainText).join('\n');
  expect(text).toContain('m 1234567 › 1234568');
  expect(text).toContain('› 1234567 probe');
});

it('offers in a console that only looks what works there, and the key that changes that', () => {
  const footer = (state: ConsoleState): string => plainText(frameOf(state, UTF8_GLYPHS).rows.at(-1) ?? []);
  const broken = { ...consoleState(), writable: false };
  expect(footer(broken)).toContain('W may change');
  expect(footer(broken)).not.toMatch(/fault|undo|heal|restart/);
  expect(footer({ ...broken, view: 'links' })).not.toMatch(/cut|undo|heal/);
  expect(footer(consoleState())).toMatch(/f fault.*u undo/);
  expect(footer({ ...broken, replay: true })).not.toContain('may change');
});
