/** Carries a story out, sentence by sentence, and compares what it prints with what was written. */
import { InvariantViolation } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import { StoryFailure } from './failure.ts';
import { Names } from './names.ts';
import { Player } from './player.ts';
import type { Block, Script, Sentence } from './script.ts';
import { ScriptError } from './script-error.ts';
import { rolesOf } from './show.ts';
import { Stage } from './stage.ts';
import type { OpenWorld, World } from './world.ts';

/** Whoever listens to a story. A promise holds it until the reader is ready. */
export interface Audience {
  /** Before it is carried out. */
  readonly onSentence?: (sentence: Sentence) => Promise<void> | void;
  readonly onOutput?: (lines: readonly string[]) => Promise<void> | void;
  /** A paragraph has ended. Only here and at what is said may a reader take time: deeds may have to follow each other quickly. */
  readonly onParagraph?: (lines: readonly string[]) => Promise<void> | void;
  /** The cluster is there; the first sentence is about to come. */
  readonly onWorld?: (world: World) => void;
}

export interface StoryResult {
  /** What each block printed, as far as the story came. */
  readonly outputs: readonly (readonly string[])[];
  readonly failure: StoryFailure | ScriptError | null;
}

export interface StoryOptions {
  readonly audience?: Audience;
  /** Prints without comparing: the output is to be written into the file. */
  readonly update?: boolean;
  /** Whoever opened the world closes it. */
  readonly keepsWorld?: boolean;
}

export async function runStory(script: Script, open: OpenWorld, options: StoryOptions = {}): Promise<StoryResult> {
  const outputs: (readonly string[])[] = [];
  const world = await open(script.shape);
  try {
    const run = new StoryRun(script, world, options.audience ?? {});
    for (const block of script.blocks) {
      const output = await run.block(block);
      outputs.push(output);
      if (options.update !== true) run.compare(block, output);
      await options.audience?.onParagraph?.(output);
    }
    return { outputs, failure: null };
  } catch (error) {
    if (error instanceof StoryFailure || error instanceof ScriptError) return { outputs, failure: error };
    throw error;
  } finally {
    if (options.keepsWorld !== true) await world.close();
  }
}

const START_PATIENCE_MS = 15_000;

class StoryRun {
  readonly #script: Script;
  readonly #world: World;
  readonly #audience: Audience;
  #player: Player | null = null;
  #stage: Stage | null = null;

  constructor(script: Script, world: World, audience: Audience) {
    this.#script = script;
    this.#world = world;
    this.#audience = audience;
  }

  async block({ sentences }: Block): Promise<readonly string[]> {
    const output: string[] = [];
    for (const sentence of sentences) {
      await this.#audience.onSentence?.(sentence);
      const lines = await this.#carryOut(sentence);
      if (lines.length > 0) await this.#audience.onOutput?.(lines);
      output.push(...lines);
    }
    return output;
  }

  compare({ expected, line }: Block, output: readonly string[]): void {
    const wanted = expected ?? [];
    if (wanted.length === output.length && wanted.every((each, i) => each === output[i])) return;
    const seen = [...wanted.map((each) => `expected  ${each}`), ...output.map((each) => `came      ${each}`)];
    throw new StoryFailure(this.#script.file, line, 'the story goes another way than it is written', seen);
  }

  async #carryOut({ deed, line, text }: Sentence): Promise<readonly string[]> {
    const { file } = this.#script;
    try {
      if (deed.type === 'say') return [];
      if (deed.type === 'cluster') return await this.#begin(deed.leader);
      if (this.#player === null) throw new ScriptError(file, line, 'a story begins with its cluster');
      const { lines, problem } = await this.#player.play(deed);
      if (problem !== null) throw new StoryFailure(file, line, `${text}: ${problem}`, await this.#sight(lines));
      return lines;
    } catch (error) {
      if (error instanceof StoryFailure || error instanceof ScriptError) throw error;
      if (error instanceof InvariantViolation) throw new StoryFailure(file, line, 'a promise was broken', [error.message]);
      ScriptError.within(file, line, () => {
        throw error;
      });
      throw error;
    }
  }

  async #begin(leader: string | null): Promise<readonly string[]> {
    const world = this.#world;
    await world.look();
    const player = new Player(world);
    await player.prepare(leader === null ? null : this.#nodeOf(leader), START_PATIENCE_MS);
    const stage = new Stage(
      world,
      new Names(
        world.driver.picture().nodes.map(({ id }) => id),
        literalNames(this.#script),
      ),
    );
    player.enter(stage);
    this.#player = player;
    this.#stage = stage;
    this.#audience.onWorld?.(world);
    return [];
  }

  #nodeOf(name: string): NodeId {
    const found = this.#world.driver.picture().nodes.find(({ id }) => id === name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found.id;
  }

  async #sight(lines: readonly string[]): Promise<readonly string[]> {
    if (this.#stage === null) return lines;
    await this.#world.look();
    return [...lines, ...rolesOf(this.#stage, 'all')];
  }
}

/** `n3`, wherever a sentence that does something names it. */
function literalNames({ blocks }: Script): ReadonlySet<string> {
  const deeds = blocks.flatMap(({ sentences }) => sentences).filter(({ deed }) => deed.type !== 'say');
  return new Set(deeds.flatMap(({ text }) => text.match(/\bn\d\b/g) ?? []));
}
