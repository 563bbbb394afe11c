import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Telling } from '../../src/console/telling.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('hands over what came in the meantime, all at once, and makes a flood wait', async () => {
  const shown: (readonly string[])[] = [];
  const telling = new Telling((lines) => void shown.push(lines));
  expect(telling.emit({ lines: ['a'] })).toBeUndefined();
  expect(telling.emit({ lines: ['b'] })).toBeUndefined();
  expect(shown).toEqual([]);
  vi.advanceTimersByTime(60);
  expect(shown).toEqual([['a', 'b']]);
  const full = telling.emit({ lines: Array.from({ length: 500 }, String) });
  expect(full).toBeInstanceOf(Promise);
  vi.advanceTimersByTime(60);
  await full;
  expect(shown).toHaveLength(2);
  telling.emit({ lines: ['last'] });
  telling.flush();
  telling.flush();
  vi.advanceTimersByTime(60);
  expect(shown.slice(2)).toEqual([['last']]);
});
