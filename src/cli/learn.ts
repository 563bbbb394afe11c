/** `learn`: guided lessons on real nodes, in the console or as text. */
import { UsageError } from '../commands/command.ts';
import { plural } from '../commands/wording.ts';
import type { Lesson } from '../lesson/lesson.ts';
import { lessonNamed } from '../lesson/lessons.ts';
import { type Language, t } from '../lesson/text.ts';
import type { LiveWorld } from '../scenario/live-world.ts';
import { ask, canAsk } from './ask.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { lessonLanguage } from './lesson-desk.ts';
import { listJson, listLines, nextLesson } from './lesson-list.ts';
import { LessonProgress } from './lesson-progress.ts';
import { hasScreen } from './open-console.ts';
import { print } from './print.ts';

const INTERRUPTED = 130;

export async function runLearn(invocation: Invocation): Promise<number> {
  const { args } = invocation;
  const language = lessonLanguage(invocation);
  const progress = new LessonProgress(invocation.io.env);
  if (args[0] === 'ls') return list(invocation, progress, language);
  const lesson = args[0] === undefined ? await choose(invocation, progress, language) : lessonNamed(args[0]);
  return lesson === null ? 0 : teach(invocation, lesson, progress, language);
}

async function list({ io, globals }: Invocation, progress: LessonProgress, language: Language): Promise<number> {
  await print(io, globals, listLines(progress, language), { language, lessons: listJson(progress, language) });
  return 0;
}

/** Null: nobody can be asked, or nothing was chosen. */
async function choose(invocation: Invocation, progress: LessonProgress, language: Language): Promise<Lesson | null> {
  const { io, globals } = invocation;
  await list(invocation, progress, language);
  if (globals.json || !canAsk(io)) return null;
  const next = nextLesson(progress);
  const question = t(
    `Which lesson? (name or number, Enter for ${next.name}, q for none) `,
    `选哪一课？（名字或编号，Enter 选 ${next.name}，q 不选）`,
  );
  const answer = (await ask(io, question[language]))?.trim();
  if (answer === undefined || answer === 'q') return null;
  return answer === '' ? next : lessonNamed(answer);
}

async function teach(invocation: Invocation, lesson: Lesson, progress: LessonProgress, language: Language): Promise<number> {
  const { io, globals, options } = invocation;
  const isPlain = options['plain'] === true || globals.json;
  if (!isPlain && !hasScreen(invocation)) {
    throw new UsageError('a lesson in the console needs a terminal', {
      next: `raftkv-tui learn ${lesson.name} --plain gives it as text, --json --answers LIST without anybody`,
    });
  }
  const interrupt = interruptSignal();
  try {
    io.err.write(t(`starting ${plural(lesson.nodes, 'node')}\n`, `正在启动 ${lesson.nodes} 个节点\n`)[language]);
    const world = await worldFor(invocation, lesson, interrupt.signal);
    try {
      if (isPlain) {
        const { learnPlainly } = await import('./learn-plain.ts');
        return await learnPlainly(invocation, { lesson, world, progress, language, signal: interrupt.signal });
      }
      const { learnInConsole } = await import('./learn-console.ts');
      return await learnInConsole(invocation, lesson, world, language);
    } finally {
      await world.close();
    }
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    interrupt.done();
  }
}

/** A fresh cluster that goes with the lesson, or the one that --cluster names. */
async function worldFor({ io, globals, options }: Invocation, lesson: Lesson, signal: AbortSignal): Promise<LiveWorld> {
  const { adoptCluster, openFreshCluster } = await import('../scenario/live-cluster.ts');
  const shape = { nodes: lesson.nodes, snapshotEntries: null };
  if (options['cluster'] === undefined) return openFreshCluster(shape, signal);
  const driver = await io.open(globals, { watch: true });
  const nodes = lesson.anySize === true ? driver.picture().nodes.length : lesson.nodes;
  return adoptCluster(driver, { ...shape, nodes }, signal);
}
