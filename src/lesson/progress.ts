/** How far a learner has come in a lesson. Kept as JSON; whatever is wrong in it counts as not begun. */
import type { Lesson } from './lesson.ts';

export type Verdict = 'right' | 'close' | 'wrong' | 'other';

export interface Progress {
  /** Where to go on: places in the lesson's lists. */
  readonly part: number;
  readonly step: number;
  /** By the id of the question: the id of a choice, or a number. */
  readonly predictions: Readonly<Record<string, string>>;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** It was once gone through to its end. */
  readonly done: boolean;
}

export const NOT_BEGUN: Progress = { part: 0, step: 0, predictions: {}, verdicts: {}, done: false };

const VERDICTS: readonly string[] = ['right', 'close', 'wrong', 'other'] satisfies readonly Verdict[];

export function readProgress(json: unknown, lesson: Lesson): Progress {
  if (typeof json !== 'object' || json === null) return NOT_BEGUN;
  const found = new Map<string, unknown>(Object.entries(json));
  const part = placeIn(found.get('part'), lesson.parts.length);
  const step = placeIn(found.get('step'), lesson.parts[part]?.steps.length ?? 0);
  const verdicts = Object.entries(wordsOf(found.get('verdicts'))).filter((pair): pair is [string, Verdict] => isVerdict(pair[1]));
  return {
    part,
    step,
    predictions: wordsOf(found.get('predictions')),
    verdicts: Object.fromEntries(verdicts),
    done: found.get('done') === true,
  };
}

export function isBegun({ part, step }: Progress): boolean {
  return part > 0 || step > 0;
}

const isVerdict = (word: string): word is Verdict => VERDICTS.includes(word);

function placeIn(value: unknown, count: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < count ? value : 0;
}

function wordsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  const words = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(words);
}
