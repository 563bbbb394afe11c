/** A run that tortures the cluster that is shown: how it goes, and how it ended. Always of now. */

import { formatElapsed } from '../../commands/duration.ts';
import { countText } from '../../commands/wording.ts';
import type { TortureEnd, TortureProgress, TortureTold, TortureVerdict } from '../../torture/progress.ts';
import { cutRow, type Row, type Style, span } from '../rows.ts';
import type { Glyphs } from '../theme.ts';
import { foreign } from '../width.ts';
import { facts, titleRow } from './parts.ts';

/** Five rows at most, and four while all is well. */
export function tortureBlock({ progress, end }: TortureTold, width: number, look: Glyphs, quit: string): readonly Row[] {
  const rows = [
    ...(progress === null ? [[span(' The run is about to begin.', 'dim')]] : numbers(progress)),
    ...(end === null ? standing(progress, width, look) : ending(end, width, look)),
  ];
  const title = progress === null || end !== null ? 'TORTURE' : `TORTURE epoch ${progress.epoch}: ${progress.phase}`;
  return [titleRow(title, width, look, remark(progress, end, quit)), ...rows.map((row) => cutRow(row, width, look.ellipsis))];
}

/** The run in one line, for the other views. */
export function tortureLine({ progress, end }: TortureTold, width: number, look: Glyphs, quit: string): Row {
  if (end !== null) {
    const [glyph, style] = marks(end.verdict, look);
    return [span(`${glyph} Torture: ${foreign(end.text, width)}; ${quit} leaves`, style)];
  }
  if (progress === null) return [span('Torture is about to begin.', 'bold')];
  const { epoch, phase, faults, opsPerSecond, violations, leftMs } = progress;
  if (violations.length > 0) return [span(`${look.broken} Torture: ${foreign(violations[0] ?? '', width)}`, 'bad')];
  const now = faults.length === 0 ? '' : ` (${faults.join(', ')})`;
  const text = `Torture, epoch ${epoch}: ${phase}${now}, ${countText(opsPerSecond)}/s, ${leftText(leftMs)}`;
  return [span(foreign(text, width), 'bold')];
}

function remark(progress: TortureProgress | null, end: TortureEnd | null, quit: string): Row {
  if (end !== null) return [span('over: '), span(quit, 'key'), span(' leaves and prints the report')];
  return progress === null ? [] : [span(leftText(progress.leftMs))];
}

function leftText(ms: number): string {
  const whole = Math.ceil(ms / 1_000);
  return ms <= 0 ? 'time is up' : `${whole < 60 ? `${whole} s` : formatElapsed(whole * 1_000)} left`;
}

function numbers(progress: TortureProgress): readonly Row[] {
  const { opsPerSecond, acked, unknown, leaderChanges, judged, toJudge, violations } = progress;
  return [
    facts([
      [' ops/s', countText(opsPerSecond)],
      ['acknowledged', countText(acked)],
      ['unknown', countText(unknown)],
      ['leader changes', countText(leaderChanges)],
    ]),
    facts([
      [' histories judged', countText(judged)],
      ['to judge', countText(toJudge)],
      ['violations', violations.length === 0 ? 'none' : countText(violations.length), violations.length === 0 ? 'good' : 'bad'],
    ]),
  ];
}

function standing(progress: TortureProgress | null, width: number, look: Glyphs): readonly Row[] {
  if (progress === null) return [];
  const { faults, violations } = progress;
  const now: Row = [
    span(' faults now ', 'dim'),
    faults.length === 0 ? span('none') : span(foreign(faults.join(', '), width), 'warn'),
  ];
  return violations.length === 0 ? [now] : [now, problemRow(violations, width, look)];
}

function ending({ verdict, text, problems, folder }: TortureEnd, width: number, look: Glyphs): readonly Row[] {
  const [glyph, style] = marks(verdict, look);
  const said: Row = [span(` ${glyph} `, style), span(text, style)];
  const row: Row = problems.length === 0 ? said : [...said, span(': ', style), ...words(problems, width)];
  if (folder === null) return [row];
  return [row, [span('   report, history and events: ', 'dim'), span(foreign(folder, width))]];
}

function problemRow(problems: readonly string[], width: number, look: Glyphs): Row {
  return [span(` ${look.broken} `, 'bad'), ...words(problems, width)];
}

function words(problems: readonly string[], width: number): Row {
  const which = problems.length < 2 ? '' : `first of ${problems.length}: `;
  return [span(`${which}${foreign(problems[0] ?? '', width)}`, 'bad')];
}

function marks(verdict: TortureVerdict, look: Glyphs): readonly [glyph: string, style: Style] {
  if (verdict === 'kept') return [look.holds, 'good'];
  return verdict === 'interrupted' ? [look.unknown, 'warn'] : [look.broken, 'bad'];
}
