/** A lesson in the console, on a cluster that was started for it. */
import type { Lesson } from '../lesson/lesson.ts';
import { type Language, t } from '../lesson/text.ts';
import { driverWith } from '../scenario/driver-with.ts';
import type { LiveWorld } from '../scenario/live-world.ts';
import type { Invocation } from './io.ts';
import { LessonDesk } from './lesson-desk.ts';
import { showConsole } from './open-console.ts';

/** Resolves with the exit code when the console is left. */
export async function learnInConsole(
  invocation: Invocation,
  lesson: Lesson,
  world: LiveWorld,
  language: Language,
): Promise<number> {
  // The nodes live in a folder that goes with the lesson.
  const capabilities = new Set([...world.driver.capabilities].filter((each) => each !== 'detach'));
  const driver = driverWith(world.driver, { capabilities });
  let say: (text: string | null) => void = () => {};
  const desk = new LessonDesk(invocation, driver, ({ title }, error) => {
    const over = t(
      `${title.en} is over. :lesson lists them, :lesson NAME begins one, q leaves.`,
      `「${title.zh}」结束。:lesson 名字 开始另一课，:lesson 列出全部，q 退出。`,
    );
    say(error === null ? over[language] : error.message);
  });
  try {
    await desk.open(lesson.name);
    return await showConsole(invocation, driver, {
      lessons: desk,
      narration: (show) => {
        say = show;
        return () => {
          say = () => {};
        };
      },
    });
  } finally {
    await desk.leave();
  }
}
