/** What the cluster promises and whether it holds, as far as anybody looked: while it runs, all the time. */
import type { CheckCoverage, ChecksPicture, PromiseCheck, TrafficCheck } from '../../cluster/driver.ts';
import { countText, plural, timeText } from '../../commands/wording.ts';
import { type Keymap, keyFor } from '../keymap.ts';
import { cutRow, EMPTY_ROW, type Row, type Style, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { foreign } from '../width.ts';
import { type Column, cell, facts, table, titleRow } from './parts.ts';
import { tortureBlock } from './torture-block.ts';

export function checksView(state: ConsoleState, width: number, look: Glyphs): readonly Row[] {
  const { torture } = state;
  const block = torture === null ? [] : tortureBlock(torture, width, look, keyFor(state.keymap, 'quit'));
  return [...block, ...promisesAndTraffic(state, width, look)];
}

function promisesAndTraffic({ checks, moment, torture, keymap }: ConsoleState, width: number, look: Glyphs): readonly Row[] {
  if (checks === null) {
    const why = moment === null ? 'Nobody checks this cluster.' : 'Nothing was checked by then, or it was not recorded.';
    return [titleRow('CHECKS', width, look), [span(` ${why}`, 'dim')]];
  }
  const { promises, coverage, traffic } = checks;
  const { header, rows } = table(columnsOf(promises, width, look), width, look);
  const lines = [
    titleRow(titleOf(checks), width, look, coverageWords(coverage)),
    header,
    ...rows,
    // Below a run there is no row to spare on a small screen.
    ...(torture === null ? [EMPTY_ROW] : []),
    titleRow("ANSWERS TO THIS CONSOLE'S CALLS", width, look),
    ...trafficRows(traffic, width, look, keymap),
  ];
  return lines.map((line) => cutRow(line, width, look.ellipsis));
}

function titleOf({ promises }: ChecksPicture): string {
  const broken = promises.filter(({ state }) => state === 'broken').length;
  if (broken > 0) return `CHECKS ${plural(broken, 'promise')} BROKEN`;
  const holding = promises.filter(({ state }) => state === 'holds').length;
  return `CHECKS ${holding} of ${plural(promises.length, 'promise')} seen to hold`;
}

/** The part of the log that was compared entry by entry. */
function coverageWords({ from, to, behind, skipped }: CheckCoverage): Row {
  if (to === 0) return [span('no entries read yet', 'dim')];
  const late: Row = behind === 0 ? [] : [span(`, behind by ${countText(behind)}`, 'warn')];
  const gone: Row = skipped === 0 ? [] : [span(`, ${countText(skipped)} by hash only`, 'dim')];
  return [span(`entries ${countText(from)} to ${countText(to)}`), ...late, ...gone];
}

function columnsOf(promises: readonly PromiseCheck[], width: number, look: Glyphs): readonly Column[] {
  const column = (title: string, align: 'left' | 'right', keep: number, cellOf: (check: PromiseCheck) => Row): Column => ({
    title,
    align,
    keep,
    cells: promises.map(cellOf),
  });
  return [
    column('   PROMISE', 'left', 100, (check) => [
      span(` ${glyphOf(check.state, look)} `, STYLES[check.state]),
      span(check.id.replaceAll('-', ' '), check.state === 'broken' ? 'bad' : 'plain'),
    ]),
    column('CHECKED', 'right', 90, ({ checked }) => cell(countText(checked), checked === 0 ? 'dim' : 'plain')),
    column('LAST', 'left', 80, ({ lastAt }) => cell(lastAt === null ? '-' : timeText(lastAt, false), 'dim')),
    {
      ...column('MEANS', 'left', 70, ({ promise, detail }) =>
        detail === null ? cell(promise, 'dim') : cell(foreign(detail, width), 'bad'),
      ),
      shrinkTo: 20,
    },
    column('SOURCE', 'left', 50, ({ source }) => cell(source, 'dim')),
  ];
}

const STYLES: Readonly<Record<PromiseCheck['state'], Style>> = { holds: 'good', broken: 'bad', 'not-yet': 'dim' };

function glyphOf(state: PromiseCheck['state'], look: Glyphs): string {
  if (state === 'broken') return look.broken;
  return state === 'holds' ? look.holds : look.ellipsis;
}

function trafficRows(traffic: TrafficCheck, width: number, look: Glyphs, keymap: Keymap): readonly Row[] {
  const { verdict, checked, waiting, unknown, leftOut, lastAt, detail } = traffic;
  if (verdict === 'none') {
    const none = waiting === 0 ? 'No traffic yet: put, get and the others make some, with ' : 'The first calls are being judged ';
    return [
      [span(` ${look.ellipsis} `, 'dim'), span(none, 'dim'), ...(waiting === 0 ? [span(keyFor(keymap, 'command'), 'key')] : [])],
    ];
  }
  const counts = facts([
    ['  judged', countText(checked)],
    ['waiting', countText(waiting)],
    ['unknown', countText(unknown)],
    ['left out', countText(leftOut)],
    ['last', lastAt === null ? '-' : timeText(lastAt, false)],
  ]);
  const [glyph, words, style] = VERDICTS[verdict](look);
  const line: Row = [span(` ${glyph} `, style), span(words, style), ...counts];
  return detail === null ? [line] : [line, [span(`   ${foreign(detail, width)}`, 'bad')], [span('   '), ...howToSee(keymap)]];
}

const howToSee = (keymap: Keymap): Row => [
  span(keyFor(keymap, 'open'), 'key'),
  span(' draws the operations that contradict each other', 'dim'),
];

const VERDICTS: Readonly<
  Record<Exclude<TrafficCheck['verdict'], 'none'>, (look: Glyphs) => readonly [glyph: string, words: string, style: Style]>
> = {
  linearizable: (look) => [look.holds, 'linearizable', 'good'],
  'not-linearizable': (look) => [look.broken, 'NOT LINEARIZABLE', 'bad'],
  'gave-up': (look) => [look.unknown, 'gave up', 'warn'],
};
