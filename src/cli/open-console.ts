/** The only door to the console, and so to Ink: everything else of the command line starts without it. */
import { z } from 'zod';
import type { ClusterDriver } from '../cluster/driver.ts';
import { isTheme, THEMES, type ThemeName, UsageError } from '../commands/command.ts';
import { loadConsole } from '../console/load-console.ts';
import type { ConsoleOptions } from '../console/run.tsx';
import { keepCodeOfStart } from './compiled-start.ts';
import { streamEvents } from './event-stream.ts';
import type { Invocation } from './io.ts';
import { LessonDesk } from './lesson-desk.ts';
import { historyFile, readSettings } from './settings-file.ts';

export function hasScreen({ io }: Invocation): boolean {
  return io.out.isTTY === true && io.input.isTTY === true && io.env['TERM'] !== 'dumb';
}

/** For somebody who listens: asked for here, or for all programs that draw with Ink. */
function isSpoken({ io, options }: Invocation): boolean {
  return options['screenReader'] === true || io.env['INK_SCREEN_READER'] === 'true';
}

/** Begins to load what draws, while something else is waited for. A failure shows when it is needed. */
export function preloadConsole(invocation: Invocation): void {
  // Code that is made for a schema pays from the hundredth value on: what comes that often is checked by hand.
  z.config({ jitless: true });
  if (hasScreen(invocation) && !invocation.globals.json && !isSpoken(invocation)) void loadConsole().catch(() => {});
}

/** A console opens with what the quick nodes have told; the silent ones follow, or are seen to be silent. */
const FIRST_LOOK_MS = 150;

export async function firstLook(driver: ClusterDriver): Promise<void> {
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(settle, FIRST_LOOK_MS);
    const stop = driver.onPicture(() => {
      if (hasTold(driver)) settle();
    });
    if (hasTold(driver)) settle();
  });
}

/** A driver that watches is told by each node as soon as it is connected; where processes are seen, the others are not waited for. */
function hasTold(driver: ClusterDriver): boolean {
  const { nodes, dir } = driver.picture();
  return nodes.every(({ state, status }) => status !== null || (dir !== null && state !== 'up'));
}

/** Shows the cluster until it is left, on a screen or as lines, and closes the driver. Resolves with the exit code. */
export async function watchCluster(invocation: Invocation, driver: ClusterDriver, more: Special = {}): Promise<number> {
  const { io, globals, options } = invocation;
  try {
    if (!hasScreen(invocation) || globals.json) return await streamEvents(io, driver, options['plain'] === true);
    if (isSpoken(invocation)) {
      const { speakCluster } = await import('./spoken-console.ts');
      return await speakCluster(invocation, driver, more.writable !== false);
    }
    return await showWithLessons(invocation, driver, more);
  } finally {
    await driver.close();
  }
}

type Special = Pick<ConsoleOptions, 'writable' | 'replay' | 'narration' | 'torture' | 'lessons'>;

/** The lessons' own faults end before the driver goes. */
async function showWithLessons(invocation: Invocation, driver: ClusterDriver, more: Special): Promise<number> {
  if (more.replay !== undefined) return showConsole(invocation, driver, more);
  const lessons = new LessonDesk(invocation, driver);
  try {
    return await showConsole(invocation, driver, { lessons, ...more });
  } finally {
    await lessons.leave();
  }
}

/** The full screen, for as long as somebody looks. */
export async function showConsole({ io, globals, options }: Invocation, driver: ClusterDriver, more: Special): Promise<number> {
  const settings = readSettings(io.env);
  if (io.input.isTTY) io.input.setRawMode(true);
  const [{ runConsole }, { keymapOf }] = await Promise.all([loadConsole(), import('../console/key-preferences.ts')]);
  // The screen is entered with the cursor where it stands: an echo of keys that were pressed too early would shift the first row.
  io.out.write('\r');
  keepCodeOfStart();
  const { exitCode, reason } = await runConsole(driver, {
    ascii: options['ascii'] === true || (settings.ascii ?? needsAscii(io.env)),
    theme: themeOf(options['theme'], settings.theme),
    noColor: !globals.color,
    keys: keymapOf(settings.keys),
    historyFile: historyFile(io.env),
    ...more,
  });
  if (reason !== '') io.err.write(`${reason}\n`);
  return exitCode;
}

/** A preference that is wrong in the file is passed over; a flag that is wrong is told. */
function themeOf(flag: unknown, preferred: string | undefined): ThemeName {
  if (typeof flag === 'string') {
    if (isTheme(flag)) return flag;
    throw new UsageError(`there is no theme "${flag}"`, { next: `choose ${THEMES.join(', ')}` });
  }
  return preferred !== undefined && isTheme(preferred) ? preferred : 'dark';
}

/** The Linux console and locales without UTF-8 cannot show the finer glyphs. */
function needsAscii(env: Invocation['io']['env']): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return env['TERM'] === 'linux' || (locale !== '' && !/utf-?8/i.test(locale));
}
