import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { usageOf } from '../../src/commands/parse.ts';
import { commandsFor } from '../../src/commands/registry.ts';
import { menuItems } from '../../src/console/fault-menu.ts';
import { BINDINGS, bindingsFor, FIXED, shownKey, VIEWS } from '../../src/console/keymap.ts';
import { runViewAction } from '../../src/console/update-actions.ts';
import { consoleState, press } from '../support/console-state.ts';
import { ALL_CAPABILITIES } from '../support/fake-driver.ts';
import { fakePicture } from '../support/fake-picture.ts';

describe('the key map', () => {
  it('gives each key one meaning in each view', () => {
    for (const { id } of VIEWS) {
      const used = bindingsFor(BINDINGS, id, ALL_CAPABILITIES).flatMap(({ keys }) => keys);
      expect(
        used.filter((key, i) => used.indexOf(key) !== i),
        id,
      ).toEqual([]);
    }
  });

  it('has no dead key: each does something in some state', () => {
    const dead = BINDINGS.filter(({ action, views }) => {
      const view = views?.[0] ?? 'overview';
      const states = ['j', 'k', 'G'].map((key) => ({
        ...press(consoleState(), ['2', 'h', 'h', 'h', key]).state,
        view,
        flash: null,
        marked: [],
      }));
      const fresh = {
        ...consoleState(),
        view,
        previous: 'events' as const,
        marked: [consoleState().nodeCursor].filter((id) => id !== null),
      };
      const far = { ...press(consoleState(), ['2', 'g']).state, view };
      return [...states, fresh, far].every((state) => {
        const { state: next, effects } = runViewAction(state, action);
        return next === state && effects.length === 0;
      });
    });
    // These act on a list that is empty in these states; other tests show them at work.
    expect(
      dead
        .map(({ action }) => action)
        .filter((action) => !['edit-key', 'delete-key', 'page-down', 'view-overview'].includes(action)),
    ).toEqual([]);
  });

  it('answers each key of a footer, also where there is nothing to act on', () => {
    const silent = VIEWS.flatMap(({ id }) =>
      bindingsFor(BINDINGS, id, ALL_CAPABILITIES)
        .filter(({ hint }) => hint !== null)
        .filter(({ action }) => {
          const state = { ...consoleState(undefined, fakePicture(0)), view: id };
          const { state: next, effects } = runViewAction(state, action);
          return next === state && effects.length === 0;
        })
        .map(({ action }) => `${id} ${action}`),
    );
    expect(silent).toEqual([]);
  });

  it('has different letters for all lines of the fault menu', () => {
    for (const marks of [[], ['space', 'j', 'space'], ['a']]) {
      const letters = menuItems(press(consoleState(undefined, fakePicture(5)), marks).state).map(({ key }) => key);
      expect(new Set(letters).size).toBe(letters.length);
    }
  });
});

/** The tables in docs/console.md, made from the same data as the dispatch. */
function tables(): string {
  const row = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const titles = new Map(VIEWS.map(({ id, title }) => [id, title]));
  const keys = BINDINGS.map(({ action, keys: names, summary, views }) =>
    row(
      names.map((name) => `\`${shownKey(name)}\``).join(' '),
      summary,
      views === null ? 'everywhere' : views.map((id) => titles.get(id) ?? id).join(', '),
      FIXED.includes(action) ? '-' : `\`${action}\``,
    ),
  );
  const commands = commandsFor('console', null).map((spec) => row(`\`${usageOf(spec)}\``, spec.summary));
  return [
    '| key | does | in | `config keys.…` |',
    '|---|---|---|---|',
    ...keys,
    '',
    '| command | does |',
    '|---|---|',
    ...commands,
  ].join('\n');
}

/** The text with what stands between `<!-- name -->` and `<!-- /name -->` replaced. */
function between(text: string, name: string, content: string): string {
  const [head, rest] = text.split(`<!-- ${name} -->\n`);
  const tail = rest?.split(`\n<!-- /${name} -->`)[1];
  expect(tail, `docs/console.md has a place for ${name}`).toBeDefined();
  return `${head}<!-- ${name} -->\n${content}\n<!-- /${name} -->${tail}`;
}

describe('docs/console.md', () => {
  it('lists the keys and commands as they are (UPDATE_GOLDENS=1 writes them)', () => {
    const path = join(import.meta.dirname, '../../docs/console.md');
    const text = readFileSync(path, 'utf8');
    const screen = readFileSync(join(import.meta.dirname, 'goldens/overview-80x24.golden.txt'), 'utf8');
    const wanted = between(between(text, 'keys', tables()), 'screen', `\`\`\`text\n${screen}\`\`\``);
    if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(path, wanted);
    else expect(text).toBe(wanted);
  });
});
