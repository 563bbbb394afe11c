/** A lesson as text: each page once, one line for each answer. With --json, one document at the end. */
import { createInterface, type Interface } from 'node:readline';
import type { Lesson } from '../lesson/lesson.ts';
import { NOT_BEGUN } from '../lesson/progress.ts';
import { LessonRun } from '../lesson/run.ts';
import type { LessonInput, ShownLesson } from '../lesson/shown.ts';
import type { Language } from '../lesson/text.ts';
import { restore } from '../lesson/workshop.ts';
import type { World } from '../scenario/world.ts';
import type { Invocation } from './io.ts';
import { lessonDocument, PagePrinter } from './lesson-print.ts';
import type { LessonProgress } from './lesson-progress.ts';
import { print } from './print.ts';

const LEFT = 130;
const BROKEN = 5;

export interface PlainLesson {
  readonly lesson: Lesson;
  readonly world: World;
  readonly progress: LessonProgress;
  readonly language: Language;
  readonly signal: AbortSignal;
}

/** Who answers: a person at the other end of the input, or a list that was given. Null leaves the lesson. */
type Answer = (page: ShownLesson) => Promise<LessonInput | null>;

/** Resolves with the exit code: 130 when it was left before its end, 5 when something did not come about and nobody could repeat it. */
export async function learnPlainly(invocation: Invocation, plain: PlainLesson): Promise<number> {
  const { io, globals, options } = invocation;
  const { lesson, world, language } = plain;
  const list = typeof options['answers'] === 'string' ? options['answers'].split(',') : null;
  const isAlone = globals.json || list !== null;
  const lines = isAlone ? null : new Lines(createInterface({ input: io.input }));
  const pages = new Map<number, ShownLesson>();
  const printer = new PagePrinter((text) => (globals.json ? Promise.resolve() : print(io, globals, text, null)));
  try {
    const exit = await goThrough(plain, {
      anew: options['restart'] === true || isAlone,
      answer: lines === null ? fromList(list ?? []) : (page) => lines.answer(page),
      onShown: (page) => {
        pages.set(page.page, page);
        printer.show(page);
      },
    });
    await printer.done;
    if (globals.json) await print(io, globals, [], lessonDocument(lesson, language, exit === 0, [...pages.values()]));
    return exit;
  } finally {
    lines?.close();
    await restore(world);
  }
}

interface Ways {
  /** Begin at the beginning. */
  readonly anew: boolean;
  readonly answer: Answer;
  readonly onShown: (page: ShownLesson) => void;
}

async function goThrough({ lesson, world, progress, language, signal }: PlainLesson, ways: Ways): Promise<number> {
  const leaving = new AbortController();
  const kept = progress.of(lesson);
  let exit = LEFT;
  let asked = '';
  const run = new LessonRun({
    lesson,
    world,
    language,
    progress: ways.anew ? { ...NOT_BEGUN, done: kept.done } : kept,
    signal: AbortSignal.any([signal, leaving.signal]),
    onProgress: (now) => progress.keep(lesson.name, now),
    onShown: (page) => {
      ways.onShown(page);
      const turn = `${page.page} ${page.kind} ${page.past}`;
      if (page.kind === 'busy' || turn === asked) return;
      asked = turn;
      void ways.answer(page).then((input) => {
        if (input !== null) return void setImmediate(() => run.input(input));
        if (page.kind === 'trouble') exit = BROKEN;
        leaving.abort();
      });
    },
  });
  try {
    await run.run();
    return 0;
  } catch (error) {
    if (leaving.signal.aborted) return exit;
    throw error;
  }
}

/** Goes on by itself; the questions take their answers from the list, and none when it has ended. */
function fromList(list: readonly string[]): Answer {
  let at = 0;
  return (page) => {
    if (page.kind === 'trouble') return Promise.resolve(null);
    const isAsked = page.kind === 'ask' || page.kind === 'guess';
    const word = isAsked ? (list[at++] ?? '') : '';
    return Promise.resolve(inputOf(word, page) ?? { type: 'next' });
  };
}

/** What a line means on a page: a letter or its number, a number, nothing for "go on". Null for what means nothing there. */
export function inputOf(line: string, { kind, choices }: ShownLesson): LessonInput | null {
  const word = line.trim().toLowerCase();
  if (word === '') return { type: 'next' };
  if (word === 'back') return { type: 'back' };
  if (word === 'r') return { type: 'repeat' };
  if (kind === 'ask' && word.length === 1) {
    const choice = Math.max('abcd'.indexOf(word), '1234'.indexOf(word));
    return choice >= 0 && choice < choices.length ? { type: 'choose', choice } : null;
  }
  return kind === 'guess' && /^\d{1,6}$/.test(word) ? { type: 'guess', value: Number(word) } : null;
}

/** Lines of the input, one for each page. When it has ended, all goes on by itself; where nothing can, the lesson is left. */
class Lines {
  readonly #reader: Interface;
  readonly #waiting: string[] = [];
  #isOver = false;
  #take: (() => void) | null = null;

  constructor(reader: Interface) {
    this.#reader = reader;
    reader.on('line', (line) => {
      this.#waiting.push(line);
      this.#take?.();
    });
    reader.on('close', () => {
      this.#isOver = true;
      this.#take?.();
    });
  }

  async answer(page: ShownLesson): Promise<LessonInput | null> {
    for (;;) {
      const line = await this.#next();
      if (line === null) return page.kind === 'trouble' ? null : { type: 'next' };
      if (line.trim().toLowerCase() === 'q') return null;
      const input = inputOf(line, page);
      if (input !== null) return input;
    }
  }

  close(): void {
    this.#reader.close();
  }

  #next(): Promise<string | null> {
    return new Promise((resolve) => {
      const take = (): void => {
        const line = this.#waiting.shift();
        if (line === undefined && !this.#isOver) return;
        this.#take = null;
        resolve(line ?? null);
      };
      this.#take = take;
      take();
    });
  }
}
