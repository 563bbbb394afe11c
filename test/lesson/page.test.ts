/** docs/lessons.md lists what there is. UPDATE_GOLDENS=1 writes it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { LESSON_BINDINGS } from '../../src/console/lesson-keys.ts';
import { LESSONS } from '../../src/lesson/lessons.ts';

const PAGE = resolve(import.meta.dirname, '../../docs/lessons.md');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const PARTS: Readonly<Record<string, string>> = {
  lessons: table(
    ['lesson', 'nodes', 'minutes', 'about', '内容'],
    LESSONS.map(({ name, nodes, minutes, title, summary }) => [
      `\`${name}\``,
      String(nodes),
      String(minutes),
      `${title.en}. ${summary.en}`,
      `${title.zh}：${summary.zh}`,
    ]),
  ),
  keys: table(
    ['key', 'does'],
    LESSON_BINDINGS.filter(({ summary }) => summary !== '').map(({ key, summary }) => [`\`${key}\``, summary]),
  ),
};

it('the page lists all lessons and their keys', () => {
  const page = readFileSync(PAGE, 'utf8');
  const wanted = page.replace(/(<!-- (\w+) -->\n)[\s\S]*?(<!-- \/\2 -->)/g, (_, open: string, name: string, close: string) => {
    return `${open}${PARTS[name] ?? ''}\n${close}`;
  });
  if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(PAGE, wanted);
  else expect(page).toBe(wanted);
});
