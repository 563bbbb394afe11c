/** What is broken on purpose, for how long, and how to take it back. */
import type { ActiveFault } from '../../cluster/driver.ts';
import { goesBackTo } from '../../commands/link-rule.ts';
import { ageText } from '../../commands/wording.ts';
import { type Keymap, keyFor } from '../keymap.ts';
import { type Row, selectRow, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { readOnlyReason } from '../update-moment.ts';
import { foreign } from '../width.ts';
import { type Column, cell, table, titleRow } from './parts.ts';
import { endedRows, outcomeNow, trialOf, trialRows, verdictSpan } from './trial-rows.ts';

export function faultPanel(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const { faults } = state.picture;
  const note: Row = faults.length === 0 ? [] : [span(keyFor(state.keymap, 'heal-all'), 'key'), span(' heals all', 'dim')];
  const title = titleRow(`FAULTS ${faults.length}`, width, look, note);
  if (faults.length === 0)
    return [
      title,
      readOnlyReason(state) !== null
        ? [span(' None.', 'dim')]
        : [span(' None. ', 'dim'), span(keyFor(state.keymap, 'fault-menu'), 'key'), span(' breaks something.', 'dim')],
    ].slice(0, height);
  const newest = faults.at(-1);
  const rows = faults
    .slice(-Math.max(1, height - 1))
    .map(
      (fault): Row => [
        span(` ${fault.id} `, 'bold'),
        span(foreign(fault.command, width), 'warn'),
        span(`  ${ageOf(fault, state.wall)}`, 'dim'),
        ...(isBroken(state, fault) ? [span(`  ${look.broken} not as predicted`, 'bad')] : []),
        ...(fault === newest ? [span(`  ${keyFor(state.keymap, 'undo')}`, 'key'), span(` ${undoes(fault)}`, 'dim')] : []),
      ],
    );
  return [title, ...rows].slice(0, height);
}

function undoes(fault: ActiveFault): string {
  const back = goesBackTo(fault);
  return back === null ? 'undoes' : `goes back to ${back}`;
}

function isBroken(state: ConsoleState, fault: ActiveFault): boolean {
  const trial = trialOf(state, fault);
  return trial !== null && outcomeNow(state, trial).verdict === 'broken';
}

function ageOf({ since, until }: ActiveFault, wall: number): string {
  const left = until === null ? '' : `, ${ageText(until - wall)} left`;
  return `${ageText(wall - since)}${left}`;
}

export function faultsView(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const { faults } = state.picture;
  const title = titleRow(`FAULTS ${faults.length}`, width, look);
  if (faults.length === 0) return [title, [], ...nothingBroken(state), [], ...endedRows(state, width, height - 6, look)];
  const { header, rows } = table(columnsOf(state, width, look), width, look);
  const chosen = faults[state.faultCursor];
  const pane = chosen === undefined || height < 10 ? [] : [[], ...trialRows(state, chosen, width, look)];
  const room = Math.max(1, Math.min(faults.length, height - 2 - pane.length));
  const left = height - 2 - room - pane.length;
  const top = Math.max(0, Math.min(state.faultCursor - Math.floor(room / 2), rows.length - room));
  const shown = rows.map((line, i) => (i === state.faultCursor ? selectRow(line, width, look.ellipsis) : line));
  const ended = left < 3 ? [] : [[], ...endedRows(state, width, left - 1, look)];
  return [title, header, ...shown.slice(top, top + room), ...pane, ...ended];
}

/** Who only looks is not told how to break something. */
function nothingBroken(state: ConsoleState): readonly Row[] {
  const { keymap } = state;
  const said: Row = [span(' Nothing is broken on purpose.')];
  return readOnlyReason(state) === null ? [said, ...howToBreak(keymap)] : [said];
}

const howToBreak = (keymap: Keymap): readonly Row[] => [
  [
    span(' Mark nodes with ', 'dim'),
    span(keyFor(keymap, 'mark'), 'key'),
    span(' in the overview and press ', 'dim'),
    span(keyFor(keymap, 'fault-menu'), 'key'),
    span(' there.', 'dim'),
  ],
  [
    span(' '),
    span(keyFor(keymap, 'undo'), 'key'),
    span(' takes back the newest fault, ', 'dim'),
    span(keyFor(keymap, 'heal-all'), 'key'),
    span(' all of them.', 'dim'),
  ],
];

function columnsOf(state: ConsoleState, width: number, look: Glyphs): readonly Column[] {
  const { picture, faultCursor, wall } = state;
  const { faults } = picture;
  const column = (
    title: string,
    align: 'left' | 'right',
    keep: number,
    cellOf: (fault: ActiveFault, i: number) => Row,
  ): Column => ({
    title,
    align,
    keep,
    cells: faults.map(cellOf),
  });
  const ends = ({ until }: ActiveFault): Row =>
    cell(until === null ? 'when healed' : `in ${ageText(until - wall)}`, until === null ? 'dim' : 'plain');
  return [
    column('    ID', 'right', 90, ({ id }, i) => [
      span(i === faultCursor ? `${look.cursor} ` : '  ', 'key'),
      span(String(id), 'bold'),
    ]),
    { ...column('COMMAND', 'left', 100, ({ command }) => cell(foreign(command, width), 'warn')), shrinkTo: 14 },
    column('FOR', 'right', 80, ({ since }) => cell(ageText(wall - since))),
    column('ENDS', 'right', 70, ends),
    ...(faults.some((fault) => trialOf(state, fault) !== null)
      ? [column('CAME OUT', 'left', 65, (fault) => [verdictSpan(state, fault, look)])]
      : []),
    column('SET BY', 'left', 60, ({ owner }) => cell(owner === 'cli' ? 'cli' : 'console', 'dim')),
    column('TOUCHES', 'left', 50, ({ nodes }) => cell(nodes.join(' '))),
  ];
}
