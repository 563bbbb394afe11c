/** The lessons and what is done of them, for people and for machines. */
import { cellsOf, padEnd, wrapProse } from '../console/width.ts';
import type { Lesson } from '../lesson/lesson.ts';
import { LESSONS } from '../lesson/lessons.ts';
import { isBegun } from '../lesson/progress.ts';
import { type Language, t } from '../lesson/text.ts';
import type { LessonProgress } from './lesson-progress.ts';

const DONE = t('done', '已完成');
const NEW = t('not begun', '未开始');

/** What a terminal of 80 columns shows of a line without breaking it. */
const WIDEST = 74;

/** Two lines each, or three, so that they fit a narrow terminal. */
export function listLines(progress: LessonProgress, language: Language): readonly string[] {
  const names = Math.max(...LESSONS.map(({ name }) => name.length));
  const states = LESSONS.map((lesson) => stateOf(lesson, progress, language));
  const widest = Math.max(...states.map(cellsOf));
  return LESSONS.flatMap(({ name, title, summary }, i) => [
    `${i + 1} ${name.padEnd(names)}  ${padEnd(states[i] ?? '', widest)}  ${title[language]}`,
    ...wrapProse(summary[language], WIDEST, '').map((line) => `    ${line}`),
  ]);
}

function stateOf(lesson: Lesson, progress: LessonProgress, language: Language): string {
  const { done } = progress.of(lesson);
  const at = placeOf(lesson, progress);
  if (at !== null) return t(`at ${at.step}/${at.of}`, `到 ${at.step}/${at.of}`)[language];
  return (done ? DONE : NEW)[language];
}

/** Where it goes on; null for one that begins at its beginning. */
function placeOf(lesson: Lesson, progress: LessonProgress): { readonly step: number; readonly of: number } | null {
  const now = progress.of(lesson);
  if (!isBegun(now)) return null;
  const lengths = lesson.parts.map(({ steps }) => steps.length);
  const sum = (some: readonly number[]): number => some.reduce((all, each) => all + each, 0);
  return { step: sum(lengths.slice(0, now.part)) + now.step + 1, of: sum(lengths) };
}

export function listJson(progress: LessonProgress, language: Language): readonly object[] {
  return LESSONS.map((lesson) => {
    const { name, title, summary, nodes, minutes } = lesson;
    const { done, verdicts } = progress.of(lesson);
    const common = { name, title: title[language], summary: summary[language], nodes, minutes };
    return { ...common, done, goesOnAt: placeOf(lesson, progress), predictions: verdicts };
  });
}

/** The first that was begun and not ended, else the first that was never done, else the first. */
export function nextLesson(progress: LessonProgress): Lesson {
  const begun = LESSONS.find((lesson) => isBegun(progress.of(lesson)));
  const first = begun ?? LESSONS.find((lesson) => !progress.of(lesson).done) ?? LESSONS[0];
  if (first === undefined) throw new Error('there are no lessons');
  return first;
}
