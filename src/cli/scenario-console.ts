/** A story told in the console: each sentence on the line above the keys and among the events, then carried out. */
import { driverWith } from '../scenario/driver-with.ts';
import { runStory, type StoryResult } from '../scenario/run.ts';
import type { Script } from '../scenario/script.ts';
import type { OpenWorld } from '../scenario/world.ts';
import type { Invocation } from './io.ts';
import { Narrator } from './narrator.ts';
import { showConsole } from './open-console.ts';

const WIDTH = 80;

export interface Telling {
  readonly open: OpenWorld;
  readonly speed: number;
  /** Ends the story when the console is left. */
  readonly leaving: AbortController;
}

/** Resolves when the console is left; of a story that was left early nothing is said. */
export async function tellInConsole(invocation: Invocation, script: Script, telling: Telling): Promise<StoryResult> {
  const { io } = invocation;
  const { open, speed, leaving } = telling;
  io.err.write(`starting ${script.shape.nodes} nodes\n`);
  const world = await open(script.shape);
  const narrator = new Narrator(() => io.out.columns ?? WIDTH, speed, leaving.signal);
  // The nodes live in a folder that goes with the story.
  const capabilities = new Set([...world.driver.capabilities].filter((each) => each !== 'detach'));
  const driver = driverWith(world.driver, { capabilities, onEvent: narrator.eventsOf(world.driver) });
  try {
    const told = runStory(script, () => Promise.resolve(world), { audience: narrator.audience, keepsWorld: true });
    told.then(
      ({ failure }) => narrator.end(failure),
      (error: unknown) => narrator.end(error instanceof Error ? error : new Error(String(error))),
    );
    await showConsole(invocation, driver, { narration: narrator.narration });
    leaving.abort();
    const result = await told.catch((error: unknown): StoryResult => {
      if (error instanceof Error && error.name === 'AbortError') return { outputs: [], failure: null };
      throw error;
    });
    if (result.failure !== null) io.err.write(`${result.failure.message}\n`);
    return result;
  } finally {
    await world.close();
  }
}
