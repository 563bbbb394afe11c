/** How fast a story is told to somebody who reads along. */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CliIo } from './io.ts';

/** Waits until the reader has read a text; longer when it asks something. */
export type Pace = (text: string, asks: boolean, signal: AbortSignal) => Promise<void>;

/** About 20 characters a second, and a breath. */
const CHARACTER_MS = 50;
const BREATH_MS = 600;
const THOUGHT_MS = 4_000;

export const AT_ONCE: Pace = () => Promise.resolve();

/** `speed` 2 is twice as fast. */
export function readingPace(speed: number): Pace {
  return async (text, asks, signal) => {
    const ms = BREATH_MS + text.length * CHARACTER_MS + (asks ? THOUGHT_MS : 0);
    await sleep(ms / speed, undefined, { signal });
  };
}

/** Enter goes on. The end of the input is an Enter for all that is left. */
export function steppingPace(io: CliIo): { readonly pace: Pace; readonly close: () => void } {
  const lines = createInterface({ input: io.input });
  let isOver = false;
  let goOn = (): void => {};
  lines.on('line', () => goOn());
  lines.on('close', () => {
    isOver = true;
    goOn();
  });
  const pace: Pace = (_, __, signal) =>
    isOver
      ? Promise.resolve()
      : new Promise((resolve) => {
          goOn = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
  return { pace, close: () => lines.close() };
}
