/** All lessons, in the order in which one would take them. */
import { UsageError } from '../commands/command.ts';
import { didYouMean } from '../commands/suggest.ts';
import type { Lesson } from './lesson.ts';
import { CAP } from './lessons/cap.ts';
import { FIGURE_8 } from './lessons/figure-8.ts';
import { FIRST_ELECTION } from './lessons/first-election.ts';
import { MINORITY_WRITE } from './lessons/minority-write.ts';
import { SKIP_LIST } from './lessons/skip-list.ts';
import { SPLIT_VOTE } from './lessons/split-vote.ts';
import { STALE_READ } from './lessons/stale-read.ts';

export const LESSONS: readonly Lesson[] = [FIRST_ELECTION, SPLIT_VOTE, MINORITY_WRITE, STALE_READ, FIGURE_8, CAP, SKIP_LIST];

/** By its name, or by its number in the list. Throws UsageError. */
export function lessonNamed(word: string): Lesson {
  const wanted = word.toLowerCase();
  const found = LESSONS.find(({ name }, i) => name === wanted || String(i + 1) === wanted);
  if (found !== undefined) return found;
  const names = LESSONS.map(({ name }) => name);
  throw new UsageError(`there is no lesson "${word}"`, { next: didYouMean(word, names) ?? `one of ${names.join(', ')}` });
}
