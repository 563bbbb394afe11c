/** One search in a skip list, comparison by comparison, and the list drawn with its levels. */
import { seededRandom } from '../../base/random.ts';
import { SkipList } from '../../kv/skip-list.ts';
import { type FigureMark, type Piece, piece } from '../figure.ts';

/** The key compared with, and on which level. */
export interface Comparison {
  readonly key: string;
  readonly level: number;
}

/** Drawn once, so that the picture is the same each time; it gives a dozen keys three levels. */
const SEED = 650;
/** Longer keys are cut in the drawing. */
const LETTERS = 4;
const WIDTH = LETTERS + 2;

export class DrawnList {
  readonly #list: SkipList<object>;
  readonly #keys: readonly string[];
  #seen: Comparison[] = [];

  constructor(keys: readonly string[]) {
    this.#list = new SkipList(seededRandom(SEED), (key, level) => this.#seen.push({ key, level }));
    for (const key of keys) this.#list.set(key, {});
    this.#keys = [...this.#places()].map((place) => this.#list.keyAt(place));
  }

  /** In the order of the list. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  get height(): number {
    return this.#list.height;
  }

  /** What a search for the key compares with, one after the other. */
  search(key: string): readonly Comparison[] {
    this.#seen = [];
    this.#list.find(key);
    return this.#seen;
  }

  /** Top level first. `seen`: the comparisons so far, the last of them just now; `target` shows what was found in the end. */
  draw(seen: readonly Comparison[] = [], target: string | null = null, isOver = false): readonly (readonly Piece[])[] {
    const heights = new Map([...this.#places()].map((place) => [this.#list.keyAt(place), this.#list.heightAt(place)]));
    const levels = Array.from({ length: this.height }, (_, i) => this.height - 1 - i);
    return levels.map((level) => [
      piece(`L${level} `, 'head'),
      ...this.#keys.map((key) => {
        if ((heights.get(key) ?? 0) <= level) return piece('-'.repeat(WIDTH), 'dim');
        const mark = markOf({ key, level }, seen, target, isOver);
        const shown = nameOf(key);
        return piece(`>${shown}${(mark === 'here' ? '?' : '-').repeat(WIDTH - 1 - shown.length)}`, mark);
      }),
      piece('>|', 'dim'),
    ]);
  }

  *#places(): Generator<number> {
    for (let place = this.#list.first; place !== 0; place = this.#list.next(place)) yield place;
  }
}

/** ASCII, since the drawing stands in columns. */
function nameOf(key: string): string {
  return key.replace(/[^\x21-\x7e]/gu, '?').slice(0, LETTERS);
}

function markOf(at: Comparison, seen: readonly Comparison[], target: string | null, isOver: boolean): FigureMark {
  if (isOver && at.key === target && at.level === 0) return 'found';
  const last = seen.at(-1);
  if (!isOver && last?.key === at.key && last.level === at.level) return 'here';
  const wasSeen = seen.some(({ key, level }) => key === at.key && level === at.level);
  return wasSeen && target !== null && at.key < target ? 'path' : 'plain';
}
