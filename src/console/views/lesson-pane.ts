/** The page of a lesson under the view that it speaks of. Grows where its text needs the room, and leaves the view the rest. */
import type { FigureMark } from '../../lesson/figure.ts';
import type { ShownDeed, ShownLesson } from '../../lesson/shown.ts';
import { PANE_WORDS, verdictLine } from '../../lesson/wording.ts';
import { fitHeight, type Row, type Style, span } from '../rows.ts';
import type { LessonState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { foreign, wrapProse } from '../width.ts';
import { titleRow } from './parts.ts';

/** Longer lines are hard to read. */
const WIDEST = 100;
/** What the view keeps, if the text can spare it. */
const LEAST_VIEW = 6;

const MARKS: Readonly<Record<FigureMark, Style>> = {
  plain: 'plain',
  dim: 'dim',
  here: 'warn',
  path: 'key',
  found: 'good',
  head: 'title',
};

export function lessonPane({ shown, typed, folded }: LessonState, width: number, body: number, look: Glyphs): readonly Row[] {
  const title = titleRow(headline(shown), width, look, [span(`${shown.step}/${shown.of}`, 'dim')]);
  if (folded) return [title];
  const rows = pageRows(shown, typed, Math.min(width - 2, WIDEST), look);
  const usual = body < 26 ? 7 : body < 46 ? 12 : 15;
  const room = Math.max(Math.min(usual, body - 1), Math.min(rows.length, shown.figure === null ? body - LEAST_VIEW : body - 1));
  const height = Math.max(1, room);
  const cut = rows.length > height ? [...rows.slice(0, height - 1), [span(` ${look.ellipsis}`, 'dim')]] : rows;
  return [title, ...fitHeight(cut, height)];
}

function headline({ title, part, past, language }: ShownLesson): string {
  const lead = past ? PANE_WORDS.past[language] : PANE_WORDS.lesson[language];
  return `${lead} ${title}${language === 'zh' ? '：' : ': '}${part}`;
}

function pageRows(shown: ShownLesson, typed: string, width: number, look: Glyphs): readonly Row[] {
  const { text, because, caption, language } = shown;
  return [
    ...verdictRows(shown, width, look),
    ...prose(text, width, 'plain', look),
    ...(because === null ? [] : prose(because, width, 'dim', look)),
    ...choiceRows(shown, width, look),
    ...(shown.kind === 'guess' ? [guessRow(shown, typed)] : []),
    ...deedRows(shown.deeds, width, look),
    ...(shown.waiting === null || shown.kind !== 'busy' ? [] : prose(waitingText(shown), width, 'warn', look)),
    ...figureRows(shown, width),
    ...(caption === '' ? [] : prose(caption, width, 'bold', look)),
    ...(shown.kind === 'ready' ? [[span(` ${PANE_WORDS.ready[language]}`, 'key')]] : []),
  ];
}

const prose = (text: string, width: number, style: Style, look: Glyphs): readonly Row[] =>
  wrapProse(foreign(text, width * 8), width, look.ellipsis).map((line) => [span(` ${line}`, style)]);

function verdictRows(shown: ShownLesson, width: number, look: Glyphs): readonly Row[] {
  const { verdict } = shown;
  const line = verdictLine(shown);
  if (line === null) return [];
  const isGood = verdict === 'right' || verdict === 'close';
  const glyph = isGood ? look.holds : verdict === 'wrong' ? look.broken : look.unknown;
  return prose(`${glyph} ${line}`, width, isGood ? 'good' : 'warn', look);
}

function choiceRows({ choices, chosen, kind }: ShownLesson, width: number, look: Glyphs): readonly Row[] {
  if (kind !== 'ask') return [];
  return choices.flatMap(({ id, text }, i) =>
    wrapProse(foreign(text, width * 4), width - 4, look.ellipsis).map((line, row): Row => {
      const letter = row === 0 ? 'abcd'.charAt(i) : ' ';
      return [span(`  ${letter}  `, 'key'), span(line, id === chosen ? 'good' : 'plain')];
    }),
  );
}

function guessRow({ unit, chosen }: ShownLesson, typed: string): Row {
  return [span('  > ', 'key'), span(`${typed === '' ? (chosen ?? '') : typed}_`, 'bold'), span(` ${unit}`, 'dim')];
}

function deedRows(deeds: readonly ShownDeed[], width: number, look: Glyphs): readonly Row[] {
  const rows: { row: Row; cells: number }[] = [];
  for (const { text, state, lines } of deeds) {
    const answer = lines.length === 0 ? '' : `: ${lines.join(' ')}`;
    const [mark, style]: readonly [string, Style] =
      state === 'done' ? [look.holds, 'good'] : state === 'doing' ? [look.cursor, 'warn'] : ['>', 'dim'];
    for (const [i, line] of wrapProse(foreign(`${text}${answer}`, width), width - 4, look.ellipsis).entries()) {
      const piece: Row = [span(` ${i === 0 ? mark : ' '} `, style), span(`${line} `, state === 'to-do' ? 'dim' : 'plain')];
      const cells = 4 + line.length;
      const last = rows.at(-1);
      if (last !== undefined && last.cells + cells <= width)
        rows[rows.length - 1] = { row: [...last.row, ...piece], cells: last.cells + cells };
      else rows.push({ row: piece, cells });
    }
  }
  return rows.map(({ row }) => row);
}

function waitingText({ waiting, language }: ShownLesson): string {
  return waiting === '' || waiting === null ? PANE_WORDS.waiting[language] : `${PANE_WORDS.waitingFor[language]}${waiting}`;
}

function figureRows({ figure }: ShownLesson, width: number): readonly Row[] {
  if (figure === null) return [];
  return figure.rows.map(
    (pieces): Row => [span(' '), ...pieces.map(({ text, mark }) => span(foreign(text, width), MARKS[mark]))],
  );
}
