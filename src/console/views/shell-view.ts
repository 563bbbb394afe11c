/** The shell: what was said and answered, the prompt under it, and what could stand there. */

import { safe } from '../../base/safe.ts';
import { ghostText } from '../../commands/completion.ts';
import type { LineState } from '../../commands/line-editor.ts';
import type { Area } from '../layout.ts';
import { type Row, type Style, span } from '../rows.ts';
import type { ConsoleState, Prompt } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { promptOf } from '../update-commands.ts';
import { cellsOf, cutText, foreign, headOf, padEnd } from '../width.ts';
import { titleRow } from './parts.ts';
import { transcriptRoom, transcriptRows } from './transcript.ts';

export interface Drawn {
  readonly rows: readonly Row[];
  /** Where the terminal's cursor stands; null hides it. */
  readonly cursor: { readonly x: number; readonly y: number } | null;
}

export function shellView(state: ConsoleState, { width, height }: Area, look: Glyphs): Drawn {
  const menu = candidateRows(state.prompt, width, Math.max(0, Math.min(8, height - 4)), look);
  const note = previewRow(state.prompt, width, look);
  const room = transcriptRoom(height, menu.length + note.length);
  const all = state.transcript.length === 0 ? welcome(look) : transcriptRows(state, width, look);
  const back = Math.min(state.transcriptTop, Math.max(0, all.length - room));
  const shown = all.slice(Math.max(0, all.length - room - back), all.length - back);
  const remark: Row = back > 0 ? [span(`${back} lines below, PgDn`, 'key')] : [];
  const title = titleRow('SHELL', width, look, remark);
  const { row, x } = promptRow(
    safe(promptOf(state)),
    state.prompt.line,
    width,
    look,
    ghostText(state.prompt.line.text, state.history),
  );
  const rows = [title, ...shown, row, ...note, ...menu];
  return { rows, cursor: { x, y: 1 + shown.length } };
}

function welcome(look: Glyphs): readonly Row[] {
  return [
    [span(' put greeting "hello"', 'string'), span(`   get greeting   range --prefix user:   kill leader   status`, 'dim')],
    [
      span(' Tab completes, ', 'dim'),
      span('help', 'key'),
      span(` lists every command ${look.dot} `, 'dim'),
      span('Esc', 'key'),
      span(' goes back to the view before', 'dim'),
    ],
  ];
}

/** The prompt and as much of the line around its cursor as there is room for. */
export function promptRow(
  prompt: string,
  line: LineState,
  width: number,
  look: Glyphs,
  ghost = '',
): { readonly row: Row; readonly x: number } {
  const lead = cutText(line.search === null ? prompt : searchPrompt(line), Math.floor(width / 2), look.ellipsis);
  const room = Math.max(2, width - cellsOf(lead) - 1);
  const beforeCursor = safe(line.text.slice(Math.max(0, line.cursor - room * 16), line.cursor));
  const afterCursor = foreign(line.text.slice(line.cursor), room);
  const left = tailOf(beforeCursor, room - 1, line.cursor > room * 16, look);
  const used = cellsOf(left);
  const right = headOf(afterCursor, room - used);
  const grey = right === '' && line.search === null ? headOf(foreign(ghost, room), Math.max(0, room - used)) : '';
  return { row: [span(lead, 'title'), span(left), span(right), span(grey, 'ghost')], x: cellsOf(lead) + used };
}

function searchPrompt(line: LineState): string {
  return `(search) ${safe(line.search?.query ?? '')}: `;
}

/** The last `width` cells. */
function tailOf(text: string, width: number, already: boolean, look: Glyphs): string {
  if (!already && cellsOf(text) <= width) return text;
  let from = Math.max(0, text.length - width);
  while (from < text.length && cellsOf(text.slice(from)) > width - 1) from += 1;
  if (/^[\udc00-\udfff]/.test(text.slice(from))) from += 1;
  return look.ellipsis + text.slice(from);
}

/** What could stand here, in columns as a shell lists them. */
export function candidateRows({ candidates }: Prompt, width: number, mostRows: number, look: Glyphs): readonly Row[] {
  if (candidates.length === 0 || mostRows === 0) return [];
  const described = candidates.some(({ summary }) => summary !== '');
  if (described) {
    const longest = Math.min(24, Math.max(...candidates.map(({ text }) => cellsOf(foreign(text, 24)))));
    const rows = candidates.map(
      ({ text, summary }): Row => [
        span(`  ${padEnd(cutText(foreign(text, 24), longest, look.ellipsis), longest)}  `, 'key'),
        span(summary, 'dim'),
      ],
    );
    return rows.length <= mostRows
      ? rows
      : [...rows.slice(0, mostRows - 1), [span(`  ${rows.length - mostRows + 1} more`, 'dim')]];
  }
  const cellWidth = Math.min(width - 2, 3 + Math.max(...candidates.map(({ text }) => cellsOf(foreign(text, 40)))));
  const perRow = Math.max(1, Math.floor((width - 2) / cellWidth));
  const rows: Row[] = [];
  for (let i = 0; i < candidates.length && rows.length < mostRows; i += perRow) {
    const line = candidates
      .slice(i, i + perRow)
      .map(({ text }) => span(padEnd(cutText(foreign(text, 40), cellWidth - 1, look.ellipsis), cellWidth), 'key'));
    rows.push([span('  '), ...line]);
  }
  return rows;
}

function previewRow({ preview, candidates }: Prompt, width: number, look: Glyphs): readonly Row[] {
  if (preview === null || candidates.length > 0) return [];
  const style: Style = preview.severity === 'info' ? 'dim' : preview.severity === 'warn' ? 'warn' : 'bad';
  return [[span(cutText(` ${safe(preview.text)}`, width, look.ellipsis), style)]];
}
