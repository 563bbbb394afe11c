/**
 * Somebody who presses anything at any time on a real terminal and a real cluster. `npm run monkey` plays for a minute with each of some
 * seeds; MONKEY_SEED and MONKEY_SECONDS say which and for how long.
 */
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { freshHome } from '../process/in-home.ts';
import { PtyScreen } from '../support/pty-screen.ts';
import { BYTES, strayBytes } from '../support/terminal-bytes.ts';

const SEEDS = (process.env['MONKEY_SEED'] ?? '1').split(',').map(Number);
const SECONDS = Number(process.env['MONKEY_SECONDS'] ?? 8);

const home = freshHome();
const pick = <T>(random: Random, items: readonly T[]): T => {
  const item = items[random.integer(0, items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
};

const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?1049l';
const FRAME_END = '\x1b[?2026l';

/**
 * Looks at the frames that are whole; returns the rest, which begins where the next part goes on. While the console is away, and
 * between its last frame and its end, the terminal may echo keys.
 */
function checked(written: string, told: string): string {
  const frame = written.lastIndexOf(FRAME_END);
  if (frame < 0) return written;
  const end = frame + FRAME_END.length;
  const parts = written.slice(0, end).split(ENTER);
  for (const part of parts) expect(strayBytes(part.split(LEAVE)[0] ?? ''), told).not.toMatch(/\p{Cc}/u);
  return ((parts.at(-1) ?? '').includes(LEAVE) ? LEAVE : '') + written.slice(end);
}

/** Presses and resizes until the console is left or time is up; then leaves it. */
async function play(random: Random, end: number, told: string): Promise<void> {
  const screen = new PtyScreen(['attach', '--write'], home.path);
  home.atEnd(() => screen.close());
  let code: number | null = null;
  void screen.exited.then((exit) => {
    code = exit;
  });
  await Promise.race([screen.until((text) => text.includes('NODES')), screen.exited]);
  expect(code, `${told}: ${screen.text}`).toBeNull();
  screen.takeWritten();
  let rest = '';
  while (code === null && performance.now() < end) {
    if (random.next() < 0.06) screen.resize(random.integer(1, 220), random.integer(1, 66));
    else screen.keys(Array.from({ length: random.integer(1, 4) }, () => pick(random, BYTES)).join(''));
    await new Promise((resolve) => setTimeout(resolve, random.integer(5, 40)));
    rest = checked(rest + screen.takeWritten(), told);
  }
  while (code === null) {
    screen.keys('\x1b');
    await new Promise((resolve) => setTimeout(resolve, 100));
    screen.keys('\x03\x03');
    await Promise.race([screen.exited, new Promise((resolve) => setTimeout(resolve, 200))]);
  }
  expect(await screen.exited, `${told}: ${screen.text}`).toBe(0);
  await screen.flushed();
  expect({ alternate: screen.alternate, paste: screen.bracketedPaste }, told).toEqual({ alternate: false, paste: false });
}

describe('a monkey at a real terminal', () => {
  it.each(SEEDS)(
    `breaks nothing with seed %i in ${SECONDS} s, and gets its terminal back`,
    async (seed) => {
      await home.start();
      const random = seededRandom(seed);
      const end = performance.now() + SECONDS * 1_000;
      let consoles = 0;
      while (performance.now() < end) {
        consoles += 1;
        await play(random, end, `seed ${seed}, console ${consoles}`);
      }
      expect(consoles).toBeGreaterThan(0);
    },
    (SECONDS + 120) * 1_000,
  );
});
