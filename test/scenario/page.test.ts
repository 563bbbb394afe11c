/** docs/scenarios.md lists what there is. UPDATE_GOLDENS=1 writes it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { CONDITIONS } from '../../src/scenario/condition.ts';
import { VERBS } from '../../src/scenario/deed.ts';
import { parseScript } from '../../src/scenario/script.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/scenarios.md');

const code = (text: string): string => `\`${text}\``;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

function stories(): readonly (readonly string[])[] {
  const files = readdirSync(join(ROOT, 'scenarios')).filter((file) => file.endsWith('.txt'));
  return files.sort().map((file) => {
    const { title, shape } = parseScript(file, readFileSync(join(ROOT, 'scenarios', file), 'utf8'));
    return [code(file.replace('.txt', '')), String(shape.nodes), title];
  });
}

const PARTS: Readonly<Record<string, string>> = {
  verbs: table(
    ['sentence', 'does'],
    VERBS.map(({ usage, summary }) => [usage.map(code).join(', '), summary]),
  ),
  conditions: table(
    ['condition', 'is so when'],
    CONDITIONS.map(([form, meaning]) => [code(form), meaning]),
  ),
  stories: table(['name', 'nodes', 'story'], stories()),
};

it('the page lists all verbs, conditions and stories', () => {
  const page = readFileSync(PAGE, 'utf8');
  const wanted = page.replace(/(<!-- (\w+) -->\n)[\s\S]*?(<!-- \/\2 -->)/g, (_, open: string, name: string, close: string) => {
    return `${open}${PARTS[name] ?? ''}\n${close}`;
  });
  if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(PAGE, wanted);
  else expect(page).toBe(wanted);
});
