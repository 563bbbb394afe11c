/** What a console that only looks says, and what it does not offer. */
import { expect, it } from 'vitest';
import { frameOf } from '../../src/console/frame.ts';
import { plainText } from '../../src/console/rows.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { UTF8_GLYPHS } from '../../src/console/theme.ts';
import { consoleState } from '../support/console-state.ts';
import { fakePicture } from '../support/fake-picture.ts';

const screen = (change: Partial<ConsoleState>): string =>
  frameOf({ ...consoleState({ columns: 120, rows: 40 }, fakePicture(3)), ...change }, UTF8_GLYPHS)
    .rows.map(plainText)
    .join('\n');

it('does not tell how to break something, nor that links can be edited', () => {
  expect(screen({ view: 'faults' })).toContain('press f there');
  expect(screen({ view: 'faults', writable: false })).not.toContain('press f there');
  expect(screen({ view: 'faults', writable: false })).toContain('Nothing is broken on purpose.');
  expect(screen({})).toContain('3 edits');
  expect(screen({ writable: false })).toContain('3 shows all');
});

it('begins the footer of the log with what moves along it', () => {
  expect(screen({ view: 'log' })).toMatch(/\n h j k l move {2}\{ \} term {2}w why {2}f fault .*$/);
});
