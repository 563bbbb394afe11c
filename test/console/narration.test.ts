import { describe, expect, it } from 'vitest';
import { ASCII_GLYPHS } from '../../src/console/theme.ts';
import { statusLine } from '../../src/console/views/chrome.ts';
import { consoleState, send } from '../support/console-state.ts';
import { FAKE_NOW } from '../support/fake-picture.ts';

const shown = (state: ReturnType<typeof consoleState>): string =>
  statusLine(state, 40, ASCII_GLYPHS, FAKE_NOW)
    .row.map(({ text }) => text)
    .join('');

describe('a story in the console', () => {
  it('stands on the status line, escaped and cut, below what has just happened', () => {
    const told = send(consoleState(), {
      type: 'narration',
      text: 'n1 dies.\x1b[2J Nobody knows it yet, and nobody will for a while.',
    });
    expect(shown(told.state)).toMatch(/^ n1 dies\.\S* Nobody knows/);
    expect(shown(told.state)).not.toContain('\x1b');
    expect(shown(told.state).length).toBeLessThanOrEqual(40);
    const flashed = send(told.state, { type: 'flash', text: 'killed n2', severity: 'info' });
    expect(shown(flashed.state)).toBe(' killed n2');
  });

  it('leaves the line when it has ended', () => {
    const told = send(consoleState(), { type: 'narration', text: 'n1 dies.' });
    const ended = send(told.state, { type: 'narration', text: null });
    expect(shown(ended.state)).toBe(shown(consoleState()));
  });
});
