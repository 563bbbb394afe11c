/** Somebody who goes through a lesson by a rule, as quickly as the cluster allows. */
import type { Lesson } from '../../src/lesson/lesson.ts';
import { NOT_BEGUN, type Progress } from '../../src/lesson/progress.ts';
import { LessonRun } from '../../src/lesson/run.ts';
import type { LessonInput, ShownLesson } from '../../src/lesson/shown.ts';
import type { Language } from '../../src/lesson/text.ts';
import type { World } from '../../src/scenario/world.ts';

export interface Learner {
  /** What to do on a page; null only looks. */
  readonly react: (page: ShownLesson) => LessonInput | null;
  readonly language?: Language;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** How often a part may be done again that a busy machine has spoilt. Default 0. */
  readonly repeats?: number;
}

export interface Learned {
  /** Each page as it was when it was left. */
  readonly pages: readonly ShownLesson[];
  readonly progress: readonly Progress[];
}

/** Goes on at every page and predicts the choice of this number everywhere. */
export const choosing =
  (choice: number, guess = 700) =>
  (page: ShownLesson): LessonInput | null => {
    switch (page.kind) {
      case 'ask':
        return { type: 'choose', choice: Math.min(choice, page.choices.length - 1) };
      case 'guess':
        return { type: 'guess', value: guess };
      case 'busy':
      case 'trouble':
        return null;
      default:
        return { type: 'next' };
    }
  };

export async function learn(lesson: Lesson, world: World, learner: Learner): Promise<Learned> {
  const pages = new Map<number, ShownLesson>();
  const progress: Progress[] = [];
  let answered = '';
  let repeats = learner.repeats ?? 0;
  const leaving = new AbortController();
  const signal = learner.signal === undefined ? leaving.signal : AbortSignal.any([leaving.signal, learner.signal]);
  const run = new LessonRun({
    lesson,
    world,
    language: learner.language ?? 'en',
    progress: learner.progress ?? NOT_BEGUN,
    signal,
    onProgress: (now) => progress.push(now),
    onShown: (page) => {
      pages.set(page.page, page);
      if (page.kind === 'trouble' && answered !== `${page.page} trouble`) {
        answered = `${page.page} trouble`;
        repeats -= 1;
        if (repeats < 0) leaving.abort(new Error(`${lesson.name}, step ${page.step}: ${page.text}`));
        else setImmediate(() => run.input({ type: 'repeat' }));
      }
      const turn = `${page.page} ${page.kind}`;
      if (turn === answered) return;
      const input = learner.react(page);
      if (input !== null) answered = turn;
      if (input !== null) setImmediate(() => run.input(input));
    },
  });
  await run.run();
  return { pages: [...pages.values()], progress };
}
