/** Predicted and observed, side by side or one over the other. */
import type { ActiveFault } from '../../cluster/driver.ts';
import { timeText } from '../../commands/wording.ts';
import { type Outcome, outcomeOf } from '../outcome.ts';
import { type Row, type Span, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import type { Trial } from '../trials.ts';
import { foreign, wrapWords } from '../width.ts';
import { cell, titleRow } from './parts.ts';

export function trialOf({ trials }: ConsoleState, fault: Pick<ActiveFault, 'id'>): Trial | null {
  return trials.list.find((trial) => trial.fault.id === fault.id) ?? null;
}

/** As far as it was known at the moment that is shown. */
export function outcomeNow({ events, wall }: ConsoleState, trial: Trial): Outcome {
  return outcomeOf(trial, events.items, wall);
}

/** In a word, for a column; empty for a fault whose prediction is not known. */
export function verdictSpan(state: ConsoleState, fault: Pick<ActiveFault, 'id'>, look: Glyphs): Span {
  const trial = trialOf(state, fault);
  if (trial === null) return span('');
  switch (outcomeNow(state, trial).verdict) {
    case 'kept':
      return span(`${look.holds} as predicted`, 'good');
    case 'broken':
      return span(`${look.broken} otherwise`, 'bad');
    case 'open':
      return span('is watched', 'dim');
    case 'cut short':
      return span('cut short', 'dim');
  }
}

/** What was expected of a fault and what came, for the pane under the list. */
export function trialRows(state: ConsoleState, fault: ActiveFault, width: number, look: Glyphs): readonly Row[] {
  const trial = trialOf(state, fault);
  const title = titleRow(`FAULT ${fault.id}`, width, look, [verdictSpan(state, fault, look)]);
  if (trial === null)
    return [title, cell(' It was set before this console looked: what was expected of it is not known.', 'dim')];
  return [title, ...told(outcomeNow(state, trial), width, look)];
}

function told({ predicted, observed, wrong }: Outcome, width: number, look: Glyphs): readonly Row[] {
  const labelled = (label: string, text: string, style: Span['style']): readonly Row[] =>
    wrapWords(foreign(text, width * 4), width - 13, look.ellipsis).map((line, i) => [
      span(` ${(i === 0 ? label : '').padEnd(11)}`, 'dim'),
      span(line, style),
    ]);
  return [
    ...labelled('predicted', predicted, 'plain'),
    ...labelled('observed', observed === '' ? 'too early to say' : observed, observed === '' ? 'dim' : 'plain'),
    ...(wrong.length === 0 ? [] : labelled(`${look.broken} but`, wrong.join(', '), 'bad')),
  ];
}

/** Under an event that tells of a fault. */
export function trialLines(state: ConsoleState, fault: number | null): readonly string[] {
  const trial = fault === null ? null : trialOf(state, { id: fault });
  if (trial === null) return [];
  const { predicted, observed, wrong, verdict } = outcomeNow(state, trial);
  const end = verdict === 'kept' ? 'As predicted.' : wrong.length === 0 ? '' : `Not as predicted: ${wrong.join(', ')}.`;
  return [`Predicted: ${predicted}.`, observed === '' ? '' : `Observed: ${observed}.`, end].filter((line) => line !== '');
}

/** Faults that are over, the newest first. */
export function endedRows(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const active = new Set(state.picture.faults.map(({ id }) => id));
  const ended = state.trials.list.filter(({ fault }) => !active.has(fault.id) && fault.since <= state.wall).toReversed();
  if (ended.length === 0 || height < 2) return [];
  const rows = ended.slice(0, height - 1).map((trial): Row => {
    const { observed } = outcomeNow(state, trial);
    return [
      span(` ${timeText(trial.fault.since, false)} `, 'dim'),
      span(foreign(trial.fault.command, width)),
      span('  '),
      verdictSpan(state, trial.fault, look),
      span(observed === '' ? '' : `  ${observed}`, 'dim'),
    ];
  });
  return [titleRow(`ENDED ${ended.length}`, width, look), ...rows];
}
