/** How many keys a search compares with: the same on every machine. */
import { seededRandom } from '../../base/random.ts';
import { SkipList } from '../../kv/skip-list.ts';
import { AvlTree } from './avl-tree.ts';
import { PAYLOAD, placeIn } from './structure.ts';

export interface Comparisons {
  readonly skipList: number;
  readonly avlTree: number;
  readonly binarySearch: number;
  readonly linkedList: number;
}

/** Means over `asked`, all of which are among the sorted keys. */
export function comparisonsOf(sorted: readonly string[], asked: readonly string[]): Comparisons {
  let count = 0;
  const probe = (): void => {
    count += 1;
  };
  const list = new SkipList<object>(seededRandom(1), probe);
  const tree = new AvlTree<object>(probe);
  for (const key of sorted) {
    list.append(key, PAYLOAD);
    tree.set(key, PAYLOAD);
  }
  const mean = (run: (key: string) => void): number => {
    count = 0;
    for (const key of asked) run(key);
    return count / asked.length;
  };
  return {
    skipList: mean((key) => list.find(key)),
    avlTree: mean((key) => tree.find(key)),
    binarySearch: mean((key) => placeIn(sorted, key, probe)),
    // Every key up to the one that is looked for.
    linkedList: mean((key) => {
      count += placeIn(sorted, key) + 1;
    }),
  };
}
