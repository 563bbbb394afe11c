/** Words that all lessons share. */
import type { ShownLesson } from './shown.ts';
import { type Text, t } from './text.ts';

export const WORDS = {
  preparing: t('The cluster is brought into the state in which this part begins.', '正在把集群恢复到本节开始时的状态。'),
  catchingUp: t(
    'What you had done is done again, so that you can go on where you were.',
    '正在重放你做过的操作，以便从离开的地方继续。',
  ),
  notYet: t(
    'This did not come about in time. Look around: the views show why. r does this part again from its beginning.',
    '等待的情况没有按时出现。可以到各个视图里看看原因；按 r 从头重做本节。',
  ),
  failed: t('The cluster did not do it', '集群没能执行这一步'),
  unseen: t(
    'The events that would tell are not there: this run cannot be compared with your prediction. r does this part again.',
    '没有收到能说明结果的事件，这次无法与你的预测对照。按 r 重做本节。',
  ),
  other: t(
    'This run went another way than any of the answers; r does this part again.',
    '这一次的经过与哪个选项都不一样；按 r 可以重做本节。',
  ),
  end: t('the end', '结束'),
  /** `right` is less than `asked`. */
  score: (right: number, asked: number): Text => {
    if (right > 0)
      return t(
        `${right} of ${asked} predictions came true. ${asked - right === 1 ? 'The other one is what' : 'The others are the ones that'} taught you something.`,
        `${asked} 个预测中有 ${right} 个成真。其余${asked - right === 1 ? '那个' : '几个'}，才是真正学到东西的地方。`,
      );
    return asked === 1
      ? t('Your prediction did not come true: that is how one learns something.', '你的预测没有成真：正是这样才学到东西。')
      : t(
          `None of ${asked} predictions came true: each of them taught you something.`,
          `${asked} 个预测都没有成真：每一个都让你学到了东西。`,
        );
  },
  allRight: (asked: number): Text =>
    asked === 1
      ? t('Your prediction came true.', '你的预测成真了。')
      : t(`All ${asked} predictions came true.`, `${asked} 个预测全部成真。`),
  noneAsked: t('You made no predictions this time.', '这一次你没有作预测。'),
} as const;

/** For whoever draws the pages. */
export const PANE_WORDS = {
  lesson: t('LESSON', '课程'),
  past: t('EARLIER PAGE', '前面的一页'),
  over: t(
    'The lesson is over. :lesson lists them, :lesson NAME begins one.',
    '本课结束。:lesson 列出全部，:lesson 名字 开始另一课。',
  ),
  ready: t('Enter does it.', '按 Enter 执行。'),
  waiting: t('Waiting for it to happen.', '等待它发生。'),
  waitingFor: t('Waiting until: ', '等待：'),
} as const;

/** How a prediction did, in a line; null where nothing was predicted. */
export function verdictLine({
  verdict,
  predicted,
  language,
}: Pick<ShownLesson, 'verdict' | 'predicted' | 'language'>): string | null {
  const what = predicted ?? '';
  const lines = {
    right: t(`As you predicted: ${what}.`, `预测成真：${what}。`),
    close: t(`Close: you predicted ${what}.`, `很接近：你的预测是 ${what}。`),
    wrong: t(`You predicted: ${what}. It came differently.`, `你的预测：${what}。结果并非如此。`),
    other: t('This run went another way.', '这一次的经过有所不同。'),
  };
  return verdict === null || verdict === 'none' ? null : lines[verdict][language];
}
