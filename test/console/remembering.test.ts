import { expect, it } from 'vitest';
import { remembering } from '../../src/console/remembering.ts';
import { consoleState } from '../support/console-state.ts';

it('draws again when a part that is named, or what else is given, is another', () => {
  let drawn = 0;
  const draw = remembering(['view', 'events'], ({ view }, width: number) => {
    drawn += 1;
    return `${view} ${width}`;
  });
  const state = consoleState();
  const later = { ...state, now: state.now + 1 };
  expect([draw(state, 80), draw(state, 80), draw(later, 80)]).toEqual(Array(3).fill('overview 80'));
  expect(drawn).toBe(1);
  expect(draw(state, 120)).toBe('overview 120');
  expect(draw({ ...state, view: 'links' }, 120)).toBe('links 120');
  expect(draw({ ...state, view: 'links', events: { ...state.events } }, 120)).toBe('links 120');
  expect(drawn).toBe(4);
});
