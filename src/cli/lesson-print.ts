/** Pages of a lesson as lines of text, and as JSON. */
import { wrapProse } from '../console/width.ts';
import type { Figure } from '../lesson/figure.ts';
import type { Lesson } from '../lesson/lesson.ts';
import type { ShownLesson } from '../lesson/shown.ts';
import { type Language, t } from '../lesson/text.ts';
import { verdictLine } from '../lesson/wording.ts';

const WIDTH = 80;

const PROMPTS = {
  ask: t('[a letter predicts, Enter skips, back, q]', '[输入字母作预测，Enter 跳过，back 上一页，q 退出]'),
  guess: t('[a number predicts, Enter skips, back, q]', '[输入数字作预测，Enter 跳过，back 上一页，q 退出]'),
  ready: t('[Enter does it, back, q]', '[Enter 执行，back 上一页，q 退出]'),
  trouble: t('[r repeats this part, q]', '[r 重做本节，q 退出]'),
  outcome: t('[Enter goes on, r repeats this part, back, q]', '[Enter 继续，r 重做本节，back 上一页，q 退出]'),
  other: t('[Enter goes on, back, q]', '[Enter 继续，back 上一页，q 退出]'),
} as const;

/** Prints each page once, and of a page that changes what is new. */
export class PagePrinter {
  readonly #write: (lines: readonly string[]) => Promise<void>;
  #turn = '';
  #prompt = '';
  #deeds = 0;
  #done: Promise<void> = Promise.resolve();

  constructor(write: (lines: readonly string[]) => Promise<void>) {
    this.#write = write;
  }

  /** All that was shown is out. */
  get done(): Promise<void> {
    return this.#done;
  }

  show(page: ShownLesson): void {
    const turn = `${page.page} ${page.past}`;
    const lines: string[] = [];
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#deeds = 0;
      lines.push('', ...headOf(page));
    }
    const done = page.deeds.filter(({ state }) => state === 'done');
    for (const { text, lines: answer } of done.slice(this.#deeds))
      lines.push(`  ok  ${text}`, ...answer.map((line) => `      ${line}`));
    this.#deeds = done.length;
    const prompt = `${turn} ${page.kind}`;
    if (page.kind !== 'busy' && prompt !== this.#prompt) {
      this.#prompt = prompt;
      if (page.figure !== null) lines.push(...figureLines(page.figure), page.caption);
      if (page.kind === 'ready') lines.push(...page.deeds.map(({ text }) => `  > ${text}`));
      lines.push(promptOf(page));
    }
    if (lines.length > 0) this.#done = this.#done.then(() => this.#write(lines));
  }
}

function headOf(page: ShownLesson): readonly string[] {
  const { title, part, step, of, text, because, choices } = page;
  const judged = verdictLine(page);
  const told = [...(judged === null ? [] : [judged]), text, ...(because === null ? [] : [because])].flatMap((each) =>
    wrapProse(each, WIDTH, '…'),
  );
  const answers = choices.flatMap((choice, i) =>
    wrapProse(choice.text, WIDTH - 5, '…').map((line, row) => (row === 0 ? `  ${'abcd'.charAt(i)}  ${line}` : `     ${line}`)),
  );
  return [`[${step}/${of}] ${title}: ${part}`, ...told, ...answers];
}

export function figureLines({ rows }: Figure): readonly string[] {
  return rows.map((pieces) => `  ${pieces.map(({ text }) => text).join('')}`.trimEnd());
}

function promptOf({ kind, language, unit }: ShownLesson): string {
  const known = kind === 'ask' || kind === 'guess' || kind === 'ready' || kind === 'trouble' || kind === 'outcome';
  return `${PROMPTS[known ? kind : 'other'][language]}${kind === 'guess' ? ` (${unit})` : ''}`;
}

/** `done`: it was gone through to its end. */
export function lessonDocument(lesson: Lesson, language: Language, done: boolean, pages: readonly ShownLesson[]): object {
  return {
    lesson: lesson.name,
    language,
    done,
    pages: pages.map((page) => ({
      step: page.step,
      part: page.part,
      kind: page.kind,
      text: page.text,
      ...(page.deeds.length === 0 ? {} : { deeds: page.deeds.map(({ text, lines }) => ({ deed: text, answer: lines })) }),
      ...(page.choices.length === 0 ? {} : { choices: page.choices }),
      ...(page.chosen === null ? {} : { chosen: page.chosen }),
      ...(page.verdict === null ? {} : { verdict: page.verdict, predicted: page.predicted, because: page.because }),
      ...(page.figure === null ? {} : { figure: figureLines(page.figure), caption: page.caption }),
    })),
  };
}
