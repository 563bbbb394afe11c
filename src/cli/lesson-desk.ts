/** Gives lessons in a console: on the cluster that it shows, one at a time. What lessons need is loaded with the first one. */
import type { ClusterDriver } from '../cluster/driver.ts';
import { UsageError } from '../commands/command.ts';
import type { LessonRoom } from '../console/run.tsx';
import type { Lesson } from '../lesson/lesson.ts';
import type { LessonRun } from '../lesson/run.ts';
import type { LessonInput, ShownLesson } from '../lesson/shown.ts';
import { type Language, languageOf } from '../lesson/text.ts';
import type { World } from '../scenario/world.ts';
import type { Invocation } from './io.ts';
import { readSettings } from './settings-file.ts';

type Show = (shown: ShownLesson | null) => void;

interface Class {
  readonly run: LessonRun;
  readonly leaving: AbortController;
  /** The cluster is as it was. */
  readonly over: Promise<void>;
}

export class LessonDesk implements LessonRoom {
  readonly #invocation: Invocation;
  readonly #driver: ClusterDriver;
  readonly #onOver: (lesson: Lesson, error: Error | null) => void;
  #show: Show = () => {};
  #shown: ShownLesson | null = null;
  #class: Class | null = null;

  /** `onOver` hears of a lesson that has come to its end, or broken off by a fault of ours. */
  constructor(invocation: Invocation, driver: ClusterDriver, onOver: (lesson: Lesson, error: Error | null) => void = () => {}) {
    this.#invocation = invocation;
    this.#driver = driver;
    this.#onOver = onOver;
  }

  readonly show = (show: Show): (() => void) => {
    this.#show = show;
    if (this.#shown !== null) show(this.#shown);
    return () => {
      this.#show = () => {};
    };
  };

  readonly input = (input: LessonInput): void => this.#class?.run.input(input);

  readonly leave = async (): Promise<void> => {
    const left = this.#class;
    this.#class = null;
    if (left === null) return;
    left.leaving.abort();
    await left.over;
  };

  readonly open = async (name: string): Promise<string> => {
    const { lessonNamed } = await import('../lesson/lessons.ts');
    const { LessonProgress } = await import('./lesson-progress.ts');
    const progress = new LessonProgress(this.#invocation.io.env);
    const language = lessonLanguage(this.#invocation);
    if (name === 'ls') return (await import('./lesson-list.ts')).listLines(progress, language).join('\n');
    const lesson = lessonNamed(name);
    await this.leave();
    await this.#begin(lesson, progress, language);
    return '';
  };

  async #begin(lesson: Lesson, progress: InstanceType<ProgressStore>, language: Language): Promise<void> {
    const leaving = new AbortController();
    const world = await this.#worldFor(lesson, leaving.signal);
    const { LessonRun } = await import('../lesson/run.ts');
    const { NOT_BEGUN } = await import('../lesson/progress.ts');
    const kept = progress.of(lesson);
    const run = new LessonRun({
      lesson,
      world,
      language,
      progress: this.#invocation.options['restart'] === true ? { ...NOT_BEGUN, done: kept.done } : kept,
      signal: leaving.signal,
      onShown: (shown) => this.#tell(shown),
      onProgress: (now) => progress.keep(lesson.name, now),
    });
    this.#class = { run, leaving, over: this.#teach(lesson, run, world, leaving.signal) };
  }

  async #teach(lesson: Lesson, run: LessonRun, world: World, signal: AbortSignal): Promise<void> {
    const error = await run.run().then(
      () => null,
      (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
    );
    this.#tell(null);
    const { restore } = await import('../lesson/workshop.ts');
    await restore(world);
    if (!signal.aborted) this.#onOver(lesson, error);
  }

  #tell(shown: ShownLesson | null): void {
    this.#shown = shown;
    this.#show(shown);
  }

  /** The console's own cluster, if the lesson can be given there. Throws UsageError. */
  async #worldFor({ name, nodes, anySize }: Lesson, signal: AbortSignal): Promise<World> {
    const driver = this.#driver;
    const { dir, nodes: members, faults } = driver.picture();
    const own = `raftkv-tui learn ${name} gives it on a cluster of its own`;
    if (dir === null) throw new UsageError('a lesson breaks things: it needs the folder of its cluster', { next: own });
    if (members.length !== nodes && anySize !== true)
      throw new UsageError(`the lesson takes ${nodes} nodes, this cluster has ${members.length}`, { next: own });
    if (faults.length > 0) throw new UsageError('something is broken already', { next: 'heal ends all faults' });
    if (members.some(({ state }) => state !== 'up')) throw new UsageError('not all nodes run', { next: own });
    const { readToken } = await import('../cluster/native/folder/directory.ts');
    const { LiveWorld } = await import('../scenario/live-world.ts');
    return new LiveWorld({ driver, token: await readToken(dir, 'client'), signal, close: () => Promise.resolve() });
  }
}

type ProgressStore = typeof import('./lesson-progress.ts').LessonProgress;

/** Asked for with --lang, else the preference, else as the environment speaks. */
export function lessonLanguage({ io, options }: Invocation): Language {
  const asked = options['lang'];
  if (asked !== undefined && asked !== 'en' && asked !== 'zh')
    throw new UsageError(`--lang cannot be "${String(asked)}"`, { next: 'en or zh' });
  return languageOf(asked ?? readSettings(io.env).lang, io.env);
}
