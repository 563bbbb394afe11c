/** Where one part of a lesson is carried out: the player of scenarios on the cluster, and the record of what it showed. */
import type { NodeId } from '../base/brand.ts';
import { UsageError } from '../commands/command.ts';
import { newestIndex } from '../commands/log-cells.ts';
import { parseDeed } from '../scenario/deed.ts';
import { Names } from '../scenario/names.ts';
import { type Played, Player } from '../scenario/player.ts';
import { Stage } from '../scenario/stage.ts';
import type { World } from '../scenario/world.ts';
import { Facts } from './facts.ts';
import type { Part } from './lesson.ts';

const START_PATIENCE_MS = 15_000;

/** All keys that lessons write begin so. */
export const LESSON_KEYS = 'lesson:';

export class Workshop {
  readonly #world: World;
  readonly #names: Names;
  readonly #player: Player;
  readonly #end: () => void;
  readonly facts: Facts;
  /** Who led when all was prepared, and the newest entry then. */
  #prepared: { readonly leader: NodeId | null; readonly newest: number } | null = null;

  constructor(world: World) {
    const nodes = world.driver.picture().nodes.map(({ id }) => id);
    this.#world = world;
    // A learner sees which node is which, and so do the answers.
    this.#names = new Names(nodes, new Set(nodes));
    this.#player = new Player(world);
    this.facts = new Facts(
      () => world.driver.picture(),
      (text) => this.#names.fill(text),
    );
    // What is remembered comes at once and is not of this part.
    let isPast = true;
    this.#end = world.driver.onEvent((event) => {
      if (!isPast) this.facts.addEvent(event);
    });
    isPast = false;
  }

  /** Heals whatever is broken and waits until all agree. Resolves with what is in the way, or null. */
  async prepare({ leader }: Part): Promise<string | null> {
    const { driver } = this.#world;
    try {
      await this.#world.look();
      if (driver.picture().faults.length > 0) await this.#world.run(driver.act({ type: 'heal', fault: null }));
      await this.#player.prepare(leader === null ? null : this.#nodeOf(leader), START_PATIENCE_MS);
      this.#player.enter(new Stage(this.#world, this.#names));
      this.#prepared = { leader: driver.picture().leader, newest: newestIndex(driver.picture()) };
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Nothing has changed since the cluster was prepared: it is whole, the same one leads, and nobody has written. */
  get isAsPrepared(): boolean {
    const picture = this.#world.driver.picture();
    const isWhole = picture.faults.length === 0 && picture.nodes.every(({ state }) => state === 'up');
    return isWhole && picture.leader === this.#prepared?.leader && newestIndex(picture) === this.#prepared.newest;
  }

  /** Carries out a sentence and notes what it printed, and when. Never throws for what the cluster does. */
  async play(text: string): Promise<Played> {
    const from = this.#world.wall();
    try {
      const deed = parseDeed(text);
      if (deed.type === 'say' || deed.type === 'cluster') throw new UsageError(`"${text}" is nothing that a lesson does`);
      const played = await this.#player.play(deed);
      this.facts.addDone({ deed: text, lines: played.lines, from, to: this.#world.wall() });
      return played;
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error;
      return { lines: [], problem: error instanceof Error ? error.message : String(error) };
    }
  }

  until(isSo: (facts: Facts) => boolean, patienceMs: number): Promise<boolean> {
    return this.#world.until(() => Promise.resolve(isSo(this.facts)), patienceMs);
  }

  close(): void {
    this.#end();
  }

  #nodeOf(name: string): NodeId {
    const found = this.#world.driver.picture().nodes.find(({ id }) => id === name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found.id;
  }
}

/** Leaves the cluster as a lesson found it: nothing broken, no key of the lesson. Best effort: it may be gone. */
export async function restore(world: World): Promise<void> {
  const { driver } = world;
  try {
    if (driver.picture().faults.length > 0) await world.run(driver.act({ type: 'heal', fault: null }));
    const { kvs } = await world.run(driver.kv.range({ start: LESSON_KEYS, prefix: LESSON_KEYS, keysOnly: true }));
    for (const { key } of kvs) await world.run(driver.kv.delete(key));
  } catch {
    // The next lesson, or H, heals what is left.
  }
}
