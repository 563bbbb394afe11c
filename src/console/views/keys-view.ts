/** The keys in their order, a window of them, and the value under the cursor. */

import { countText } from '../../commands/wording.ts';
import type { KeyValue } from '../../kv/commands.ts';
import { bytesText } from '../format.ts';
import { valueRows } from '../json-rows.ts';
import { keyFor } from '../keymap.ts';
import { type Area, keysPlan, scrollTop, sizeClass } from '../layout.ts';
import { beside, fitHeight, type Row, selectRow, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { foreign } from '../width.ts';
import { replicasBelow } from './key-detail-view.ts';
import { cell, facts, table, titleRow } from './parts.ts';

export function keysView(state: ConsoleState, { width, height }: Area, look: Glyphs): readonly Row[] {
  const plan = keysPlan(state.size);
  if (plan.beside > 0) {
    const left = width - plan.beside - 3;
    return beside(
      [
        { rows: fitHeight(keyList(state, left, height, look), height), width: left },
        { rows: valueAndNodes(state, plan.beside, height, look), width: plan.beside },
      ],
      look,
    );
  }
  const list = fitHeight(keyList(state, width, plan.list, look), plan.list);
  return plan.value === 0 ? list : [...list, ...valuePane(state, width, plan.value, 0, look)];
}

function keyList(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const { keys } = state;
  const title = titleRow(titleOf(state), width, look, remarkOf(state));
  if (keys.problem !== null) return [title, cell(` ${keys.problem}`, 'bad'), cell(' It is asked again every second.', 'dim')];
  if (keys.rows.length === 0) return [title, ...emptyRows(state)];
  const room = Math.max(1, height - 2);
  const top = scrollTop(keys.rows.length, keys.cursor - keys.first, room);
  const shown = keys.rows.slice(top, top + room);
  const here = (i: number): boolean => keys.first + top + i === keys.cursor;
  const { header, rows } = table(
    [
      {
        title: '  KEY',
        align: 'left',
        keep: 100,
        shrinkTo: Math.floor(width * 0.4),
        cells: shown.map((kv, i) => [
          span(here(i) ? `${look.cursor} ` : '  ', 'key'),
          span(foreign(kv.key, width), here(i) ? 'bold' : 'plain'),
        ]),
      },
      { title: 'REV', align: 'right', keep: 60, cells: shown.map(({ modRevision }) => cell(String(modRevision), 'dim')) },
      { title: 'VER', align: 'right', keep: 40, cells: shown.map(({ version }) => cell(String(version), 'dim')) },
      {
        title: 'SIZE',
        align: 'right',
        keep: 50,
        cells: shown.map(({ value }) => cell(bytesText(Buffer.byteLength(value)), 'dim')),
      },
      { title: 'VALUE', align: 'left', keep: 80, shrinkTo: 10, cells: shown.map(({ value }) => cell(foreign(value, width))) },
    ],
    width,
    look,
  );
  return [title, header, ...rows.map((line, i) => (here(i) ? selectRow(line, width, look.ellipsis) : line))];
}

function titleOf({ keys }: ConsoleState): string {
  if (keys.loadedAt === null) return 'KEYS';
  return keys.total === 0 ? 'KEYS 0' : `KEYS ${countText(keys.cursor + 1)} of ${countText(keys.total)}`;
}

function remarkOf({ keys }: ConsoleState): Row {
  const parts: readonly Row[] = [
    ...(keys.prefix === '' ? [] : [[span('prefix ', 'dim'), span(foreign(keys.prefix, 24), 'key')]]),
    ...(keys.at === null ? [] : [[span(`as of rev ${keys.at}`, 'warn')]]),
    ...(keys.stale ? [[span('stale: no majority answers', 'warn')]] : []),
  ];
  return parts.flatMap((part, i): Row => (i === 0 ? part : [span('  '), ...part]));
}

function emptyRows({ keys, keymap }: ConsoleState): readonly Row[] {
  if (keys.loadedAt === null) return [cell(' Loading the first keys', 'dim')];
  if (keys.at !== null && keys.prefix === '') return [cell(' The store was empty.', 'dim')];
  if (keys.prefix !== '') return [cell(' No key begins with this. Esc clears the filter.', 'dim')];
  return [[span(' The store is empty. ', 'dim'), span(keyFor(keymap, 'new-key'), 'key'), span(' writes the first key.', 'dim')]];
}

function keyUnderCursor({ keys }: ConsoleState): KeyValue | null {
  return keys.rows[keys.cursor - keys.first] ?? null;
}

/** On a large screen also what each node has of the key. */
function valueAndNodes(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const kv = keyUnderCursor(state);
  if (kv === null || sizeClass(state.size) !== 'L') return valuePane(state, width, height, 0, look);
  const nodes = replicasBelow(state, kv, width, look);
  const value = height - nodes.length;
  return [...fitHeight(valuePane(state, width, value, 0, look), value), ...nodes];
}

function valuePane(state: ConsoleState, width: number, height: number, top: number, look: Glyphs): readonly Row[] {
  const kv = keyUnderCursor(state);
  if (kv === null) return [titleRow('VALUE', width, look)];
  return valuePanel(kv, width, height, top, look);
}

function valuePanel(kv: KeyValue, width: number, height: number, top: number, look: Glyphs): readonly Row[] {
  const { kind, rows, cut } = valueRows(kv.value, Math.max(8, width - 2));
  const size = bytesText(Buffer.byteLength(kv.value));
  const title = titleRow(`VALUE ${kind === 'empty' ? '(empty)' : kind}`, width, look, [span(size, 'dim')]);
  const about: Row = facts([
    [' created', String(kv.createRevision)],
    ['changed', String(kv.modRevision)],
    ['version', String(kv.version)],
  ]);
  const room = Math.max(0, height - 2);
  const from = Math.max(0, Math.min(top, rows.length - room));
  const shown = rows.slice(from, from + room).map((line): Row => [span(' '), ...line]);
  const more = rows.length - from - shown.length > 0 || cut;
  if (!more || shown.length === 0) return [title, about, ...shown];
  return [
    title,
    about,
    ...shown.slice(0, -1),
    [span(` ${look.ellipsis} `, 'dim'), span('Enter', 'key'), span(' shows more', 'dim')],
  ];
}
