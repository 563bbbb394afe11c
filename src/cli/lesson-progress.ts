/** How far somebody has come in the lessons, kept beside the preferences. */
import Conf from 'conf';
import type { Lesson, LessonName } from '../lesson/lesson.ts';
import { type Progress, readProgress } from '../lesson/progress.ts';
import { configDir } from './settings-file.ts';

export class LessonProgress {
  readonly #store: Conf<Record<string, unknown>>;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#store = new Conf({
      projectName: 'raftkv-tui',
      cwd: configDir(env),
      configName: 'lessons',
      configFileMode: 0o600,
      clearInvalidConfig: true,
    });
  }

  of(lesson: Lesson): Progress {
    return readProgress(this.#store.get(lesson.name), lesson);
  }

  /** A folder that cannot be written costs the place, not the lesson. */
  keep(name: LessonName, progress: Progress): void {
    try {
      this.#store.set(name, progress);
    } catch {
      // Nothing is lost but where to go on.
    }
  }
}
