/** Ways to keep keys, behind one interface, to measure what textbooks compare the skip list with. */
import { seededRandom } from '../../base/random.ts';
import { SkipList } from '../../kv/skip-list.ts';
import { AvlTree } from './avl-tree.ts';
import { LinkedList } from './linked-list.ts';

/** The value of every key; the same object, so that only the structure's own memory counts. */
export const PAYLOAD: object = {};

export interface Structure {
  /** From sorted keys, where one by one would take hours. */
  load(sorted: readonly string[]): void;
  insert(key: string): void;
  find(key: string): boolean;
  delete(key: string): void;
  /** Visits up to `rows` keys from `start` on, in order; null where the structure has no order. */
  range: ((start: string, rows: number) => number) | null;
}

export function skipList(): Structure {
  const list = new SkipList<object>(seededRandom(1));
  return {
    load: (sorted) => {
      for (const key of sorted) list.set(key, PAYLOAD);
    },
    insert: (key) => list.set(key, PAYLOAD),
    find: (key) => list.find(key) !== null,
    delete: (key) => list.delete(key),
    range: (start, rows) => {
      let seen = 0;
      for (let place = list.seek(start); place !== 0 && seen < rows; place = list.next(place)) seen += 1;
      return seen;
    },
  };
}

export function avlTree(): Structure {
  const tree = new AvlTree<object>();
  return {
    load: (sorted) => {
      for (const key of sorted) tree.set(key, PAYLOAD);
    },
    insert: (key) => tree.set(key, PAYLOAD),
    find: (key) => tree.find(key) !== null,
    delete: (key) => tree.delete(key),
    range: (start, rows) => {
      let seen = 0;
      tree.visit(start, () => {
        seen += 1;
        return seen < rows;
      });
      return seen;
    },
  };
}

export function hashTable(): Structure {
  const map = new Map<string, object>();
  return {
    load: (sorted) => {
      for (const key of sorted) map.set(key, PAYLOAD);
    },
    insert: (key) => map.set(key, PAYLOAD),
    find: (key) => map.has(key),
    delete: (key) => map.delete(key),
    range: null,
  };
}

export function sortedArray(): Structure {
  let keys: string[] = [];
  let values: object[] = [];
  const at = (key: string): number => placeIn(keys, key);
  return {
    load: (sorted) => {
      keys = [...sorted];
      values = sorted.map(() => PAYLOAD);
    },
    insert: (key) => {
      const place = at(key);
      keys.splice(place, 0, key);
      values.splice(place, 0, PAYLOAD);
    },
    find: (key) => keys[at(key)] === key,
    delete: (key) => {
      const place = at(key);
      if (keys[place] !== key) return;
      keys.splice(place, 1);
      values.splice(place, 1);
    },
    range: (start, rows) => {
      const from = at(start);
      let seen = 0;
      for (let i = from; i < keys.length && seen < rows; i += 1) seen += 1;
      return seen;
    },
  };
}

/** The first place whose key is not before `key`, by halving. `probe` is told of every comparison. */
export function placeIn(sorted: readonly string[], key: string, probe: (() => void) | null = null): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (probe !== null) probe();
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function linkedList(): Structure {
  const list = new LinkedList<object>();
  return {
    load: (sorted) => list.load(sorted, PAYLOAD),
    insert: (key) => list.insert(key, PAYLOAD),
    find: (key) => list.seek(key)?.key === key,
    delete: (key) => list.delete(key),
    range: (start, rows) => {
      let seen = 0;
      for (let link = list.seek(start); link !== null && seen < rows; link = link.next) seen += 1;
      return seen;
    },
  };
}
