/** What is longer than its room: it scrolls to its end and not beyond, so that the first key back moves it. */
import { describe, expect, it } from 'vitest';
import type { CommandResult } from '../../src/commands/command.ts';
import { frameOf } from '../../src/console/frame.ts';
import { plainText } from '../../src/console/rows.ts';
import type { ConsoleState, TranscriptEntry } from '../../src/console/state.ts';
import { UTF8_GLYPHS } from '../../src/console/theme.ts';
import { consoleState, press, send } from '../support/console-state.ts';

const screen = (state: ConsoleState): string => frameOf(state, UTF8_GLYPHS).rows.map(plainText).join('\n');

/** Sixty answers of a line each. */
function longShell(): ConsoleState {
  const transcript = Array.from(
    { length: 60 },
    (_, id): TranscriptEntry => ({ id, prompt: '> ', line: `get k${id}`, result: { lines: [`v${id}`], trailer: '', exit: 0 } }),
  );
  return { ...press(consoleState(), ['8']).state, transcript };
}

describe('the shell', () => {
  it('scrolls back to its first line and not beyond', () => {
    const up = press(longShell(), Array<string>(30).fill('page-up')).state;
    expect(screen(up)).toMatch(/SHELL.*\n> get k0\n/);
    const down = press(up, ['page-down']).state;
    expect(screen(down)).not.toContain('get k0\n');
    expect(screen(press(down, Array<string>(30).fill('page-down')).state)).toContain('get k59\nv59\ndemo n1> ');
  });

  it('leaves no line out between two pages', () => {
    const seen = new Set<string>();
    let state = longShell();
    for (let page = 0; page < 10; page += 1) {
      for (const [line] of screen(state).matchAll(/\bv\d+$/gm)) seen.add(line);
      ({ state } = press(state, ['page-up']));
    }
    expect(seen.size).toBe(60);
  });

  it('keeps the lines that are read while more is told', () => {
    const shell = longShell();
    const running = { id: 60, prompt: '> ', line: 'watch', soFar: [], result: null };
    const { state } = press({ ...shell, transcript: [...shell.transcript, running] }, ['page-up', 'page-up']);
    const before = screen(state).split('\n').slice(3, 12);
    const after = send(state, { type: 'told', id: 60, lines: ['one', 'two'] }).state;
    expect(screen(after).split('\n').slice(3, 12)).toEqual(before);
  });

  it('ends a search of the history with Ctrl-C, and does not take it for a wish to quit', () => {
    const { state } = press(press(consoleState(), ['8']).state, ['ctrl-r', 'ctrl-c']);
    expect(state.prompt.line.search).toBeNull();
    expect(state.quitArmedUntil).toBeNull();
  });

  it('takes back with the line what was said of it', () => {
    const typed = press(press(consoleState(), ['8']).state, ['kill']).state;
    const told = send(typed, { type: 'previewed', line: 'kill', text: 'n1: writes stop', severity: 'warn' }).state;
    expect(screen(told)).toContain('n1: writes stop');
    expect(screen(press(told, ['ctrl-c']).state)).not.toContain('n1: writes stop');
  });
});

describe('an answer over a view', () => {
  const answered = (lines: readonly string[], prose: boolean): ConsoleState => {
    const result: CommandResult = { lines, json: null, exit: 0, ...(prose ? { prose } : {}) };
    return send(consoleState(), { type: 'finished', id: 99, line: 'x', result, where: 'command', change: null }).state;
  };

  it.each([
    ['one long value', answered([`${'x'.repeat(4_000)}END`], false)],
    ['sentences that are broken', answered([`${'some words '.repeat(300)}END`, 'b', 'c'], true)],
    ['many lines', answered([...Array.from({ length: 99 }, (_, i) => `line ${i}`), 'END'], false)],
  ])('shows %s to the end, and moves back with the first key', (_, state) => {
    expect(screen(state)).not.toContain('END');
    const end = press(state, Array<string>(40).fill('page-down'), 1).state;
    expect(screen(end)).toMatch(/END|\bc\b/);
    const back = press(end, ['k'], 1).state;
    expect(screen(back)).not.toBe(screen(end));
    expect(screen(press(state, ['G', 'k'], 1).state)).toBe(screen(back));
  });
});

describe('a node in full', () => {
  it('does not scroll where all of it is seen', () => {
    const open = press(consoleState(), ['enter']).state;
    expect(press(press(open, ['G']).state, ['k']).state.overlay).toEqual(press(open, ['G', 'j', 'j', 'k']).state.overlay);
  });
});
