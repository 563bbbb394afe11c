/** Takes the picture in README.md anew, of real nodes: `npm run picture`, when the overview has changed. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PtyScreen } from '../support/pty-screen.ts';

const README = resolve(import.meta.dirname, '../../README.md');
const PLACE = /(<!-- picture -->\n```text\n)[\s\S]*?(```\n<!-- \/picture -->)/;

const shows =
  (...parts: readonly (string | RegExp)[]) =>
  (text: string): boolean =>
    parts.every((part) => (typeof part === 'string' ? text.includes(part) : part.test(text)));

async function scene(screen: PtyScreen): Promise<string> {
  const say = async (line: string, wanted: (text: string) => boolean): Promise<void> => {
    await screen.press(`:${line}\r`, wanted);
  };
  await screen.until(shows('NODES 5/5', 'All hear n'));
  for (const leader of ['n3', 'n5']) {
    if (!screen.text.includes(`● ${leader} leads`))
      await say(`transfer ${leader}`, shows(`● ${leader} leads`, `All hear ${leader}`));
    await say('put city:ulm {"people":129942}', shows('OK'));
    await say('put city:bern {"people":134591}', shows('OK'));
  }
  await say('kill n5', shows('NODES 4/5', /● n[1-4] leads/));
  if (!screen.text.includes('● n1 leads')) await say('transfer n1', shows('● n1 leads'));
  await say('put city:turin {"people":841600}', shows('OK'));
  await say('cut n1 n4', shows('◐ n4', 'n4 does not hear n1', 'came out as predicted'));
  return screen.text;
}

const home = await mkdtemp(join(tmpdir(), 'raftkv-picture-'));
const screen = new PtyScreen(['start', '5'], home, 112, 36);
try {
  const picture = `${(await scene(screen)).replace(/ +$/gm, '')}\n`;
  const text = await readFile(README, 'utf8');
  if (!PLACE.test(text)) throw new Error('README.md has no place for the picture');
  await writeFile(
    README,
    text.replace(PLACE, (_, before: string, after: string) => before + picture + after),
  );
} finally {
  await screen.close();
  await rm(home, { recursive: true, force: true });
}
