/** The log matrix with a cursor, the entries around it as a list, and the one under it in words. */

import { cellAt, leaderOf, newestIndex } from '../../commands/log-cells.ts';
import { timeText } from '../../commands/wording.ts';
import type { LogRow } from '../../replica/status.ts';
import { entryWords, knownRow, rowWords } from '../entry-words.ts';
import { keyFor } from '../keymap.ts';
import { type Area, logWindowOf, matrixPlan } from '../layout.ts';
import { type LogWindow, logsOf } from '../log-window.ts';
import { fitHeight, type Row, rowCells, selectRow, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { logIndex } from '../update-log.ts';
import { cellsOf, foreign, headOf, wrapWords } from '../width.ts';
import { legend, logMatrix } from './log-matrix.ts';
import { cell, table, termStyle, titleRow } from './parts.ts';

/** Rows about the entry: its title, and what it is. */
const LEAST_WORDS = 2;

export function logView(state: ConsoleState, { width, height }: Area, look: Glyphs): readonly Row[] {
  const newest = newestIndex(state.picture);
  if (newest === 0) return [titleRow('LOG', width, look), cell(' The logs are empty.', 'dim')];
  const index = logIndex(state);
  const window = logWindowOf(state);
  const count = state.picture.nodes.length;
  // Every log is seen, if need be at the cost of words about the entry.
  const words = entryRows(state, index, { width, height: Math.max(LEAST_WORDS, height - 2 - count) }, look);
  const marks = height >= count * 2 + 4 + words.length;
  const plan = matrixPlan(state, width);
  const matrix = logMatrix(state, { plan, window, width, index, marks }, look);
  const last = Math.min(newest, window.first + window.count - 1);
  const remark: Row = [
    span(state.log.index === null ? 'follows' : `stands still, ${keyFor(state.keymap, 'follow')} follows`, 'dim'),
  ];
  const title = titleRow(`LOG ${window.first}..${last} of ${newest}`, width, look, remark);
  const room = Math.max(0, height - 1 - words.length);
  const shown = fitMatrix(matrix, state, room, marks ? 2 : 1);
  const spare = height - 1 - shown.length - words.length;
  const list = spare >= 4 ? entryList(state, window, index, width, spare, look) : [];
  return [title, ...shown, ...fitHeight(list, Math.max(0, spare)), ...words];
}

/** With more nodes than rows, those around the cursor. */
function fitMatrix(matrix: readonly Row[], state: ConsoleState, room: number, perNode: number): readonly Row[] {
  if (matrix.length <= room) return matrix;
  const [ruler = [], ...rows] = matrix;
  const at = state.picture.nodes.findIndex(({ id }) => id === state.nodeCursor) * perNode;
  const top = Math.max(0, Math.min(at - 1, rows.length - room + 1));
  return [ruler, ...rows.slice(top, top + Math.max(0, room - 1))];
}

/** When the leader took it; Raft's own entries are proposed by nobody. */
function proposedAt(row: LogRow | null): string | null {
  return row === null || row.time === 0 || row.kind === 'noop' ? null : timeText(row.time);
}

/** The entry under the cursor: title, what it is, and what it waits for, as far as there is room; of a sentence that is cut nothing reads as its end. */
function entryRows(state: ConsoleState, index: number, { width, height }: Area, look: Glyphs): readonly Row[] {
  const row = knownRow(state, index);
  const told = foreign(rowWords(row), width * 2);
  const proposed = proposedAt(row);
  const sentences = entryWords(state, index).flatMap((sentence) => wrapWords(sentence, width - 2, look.ellipsis));
  const explained = legend(look, true);
  const head: readonly Row[] = [
    titleRow(`ENTRY ${index}`, width, look, proposed === null ? [] : [span(`proposed ${proposed}`, 'dim')]),
    ...(told === '' ? [] : [[span(' '), span(told, row?.kind === 'command' ? 'string' : 'dim')]]),
  ];
  const most = Math.max(0, Math.min(3, height - head.length));
  const said = sentences.slice(0, most).map((line, i) => {
    const isCut = i === most - 1 && sentences.length > most;
    return cell(` ${isCut ? `${headOf(line, width - 1 - cellsOf(look.ellipsis))}${look.ellipsis}` : line}`);
  });
  const fits = rowCells(explained) + 1 <= width && head.length + said.length < height;
  return [...head, ...said, ...(fits ? [[span(' '), ...explained]] : [])];
}

/** One line for each entry: what it says and who has it. */
function entryList(
  state: ConsoleState,
  window: LogWindow,
  index: number,
  width: number,
  height: number,
  look: Glyphs,
): readonly Row[] {
  const logs = logsOf(state);
  const last = Math.min(newestIndex(state.picture), window.first + window.count - 1);
  const room = height - 2;
  const first = Math.max(window.first, Math.min(index - Math.floor(room / 2), last - room + 1));
  const shown = Array.from({ length: Math.max(0, Math.min(room, last - first + 1)) }, (_, i) => first + i);
  const rows = shown.map((at) => knownRow(state, at));
  const holders = (at: number): Row =>
    state.picture.nodes.map((node) => {
      const held = cellAt(node, at, logs);
      const style =
        held.state === 'doomed' ? 'bad' : held.state === 'committed' ? 'good' : held.state === 'logged' ? 'plain' : 'dim';
      const gone = held.state === 'absent' || held.state === 'unknown';
      // Another entry stands in this place: red alone would not say so.
      const lead = held.state === 'doomed' ? '!' : ' ';
      return span(gone ? ` ${look.absent.padEnd(node.id.length)}` : `${lead}${node.id}`, style);
    });
  const termOf = (at: number): number =>
    rows[at - first]?.term ?? Math.max(0, ...state.picture.nodes.map((node) => cellAt(node, at, logs).term));
  const { header, rows: lines } = table(
    [
      {
        title: '   INDEX',
        align: 'right',
        keep: 100,
        cells: shown.map((at) => [
          span(at === index ? `${look.cursor} ` : '  ', 'key'),
          span(String(at), at === index ? 'bold' : 'plain'),
        ]),
      },
      { title: 'TERM', align: 'right', keep: 90, cells: shown.map((at) => cell(String(termOf(at)), termStyle(termOf(at)))) },
      {
        title: 'TIME        ',
        align: 'left',
        keep: 40,
        cells: rows.map((row) => cell(proposedAt(row) ?? '', 'dim')),
      },
      { title: ' ON', align: 'left', keep: 60, cells: shown.map(holders) },
      {
        title: 'COMMAND',
        align: 'left',
        keep: 80,
        shrinkTo: 12,
        cells: rows.map((row) => cell(foreign(rowWords(row), width), row?.kind === 'command' ? 'plain' : 'dim')),
      },
    ],
    width,
    look,
  );
  const all = lines.map((line, i) => (shown[i] === index ? selectRow(line, width, look.ellipsis) : line));
  const compacted = leaderOf(state.picture)?.status?.compactedIndex ?? 0;
  const title = compacted === 0 ? 'ENTRIES' : `ENTRIES  compacted up to ${compacted}`;
  const remark: Row = state.moment === null ? [] : [span('what they say is not recorded', 'dim')];
  return [titleRow(title, width, look, remark), header, ...all];
}
