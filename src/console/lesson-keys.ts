/** The keys of a lesson, as data: they work beside those of the views, wherever no line is written. */
import type { PageKind } from '../lesson/shown.ts';
import { type Text, t } from '../lesson/text.ts';

export interface LessonBinding {
  readonly key: string;
  readonly hint: Text;
  readonly summary: string;
  /** On which pages; null: on all. */
  readonly on: readonly PageKind[] | null;
}

export const LESSON_BINDINGS: readonly LessonBinding[] = [
  {
    key: 'a-d',
    hint: t('predict', '预测'),
    summary: 'Predict: choose this answer.',
    on: ['ask'],
  },
  {
    key: '0-9 Enter',
    hint: t('predict', '预测'),
    summary: 'Predict a number; Tab goes to other views meanwhile.',
    on: ['guess'],
  },
  { key: 'Enter', hint: t('does it', '执行'), summary: 'Do it to the cluster.', on: ['ready'] },
  {
    key: 'Enter',
    hint: t('goes on', '继续'),
    summary: 'Go on; in an animation, to its end.',
    on: ['explain', 'done', 'outcome', 'end'],
  },
  { key: 'Enter', hint: t('skips', '跳过'), summary: 'Go on without a prediction.', on: ['ask'] },
  {
    key: 'r',
    hint: t('repeats', '重做'),
    summary: 'Do this part again from its beginning.',
    on: ['outcome', 'trouble'],
  },
  { key: 'Backspace', hint: t('back', '上一页'), summary: 'Read the page before again.', on: null },
  { key: 'z', hint: t('folds', '折叠'), summary: 'Fold the lesson away, or unfold it.', on: null },
  { key: 'Q', hint: t('leaves', '退出本课'), summary: 'Leave the lesson: all is healed, and where you are is kept.', on: null },
];

export function lessonBindings(kind: PageKind, past: boolean): readonly LessonBinding[] {
  const shown: PageKind = past ? 'explain' : kind;
  return LESSON_BINDINGS.filter(({ on }) => on === null || on.includes(shown));
}
