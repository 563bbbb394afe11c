/** The structures of the lesson on the skip list, and two from libraries, behind one interface. */
import { OrderedMap } from 'js-sdsl';
import BTreeModule from 'sorted-btree';
import {
  avlTree,
  hashTable,
  linkedList,
  PAYLOAD,
  type Structure,
  skipList,
  sortedArray,
} from '../../src/lesson/structures/structure.ts';

// The package is CommonJS: its default export arrives as a member of the module's.
const { default: BTree } = BTreeModule;

export const STRUCTURES: Readonly<Record<string, () => Structure>> = {
  'skip list (ours)': skipList,
  "AVL tree (the lesson's)": avlTree,
  'red-black tree (js-sdsl)': redBlackTree,
  'B+ tree (sorted-btree)': bPlusTree,
  'hash table (Map)': hashTable,
  'sorted array, binary search': sortedArray,
  'linked list, sorted': linkedList,
};

function redBlackTree(): Structure {
  const tree = new OrderedMap<string, object>([], (a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const end = tree.end();
  return {
    load: (sorted) => {
      for (const key of sorted) tree.setElement(key, PAYLOAD);
    },
    insert: (key) => tree.setElement(key, PAYLOAD),
    find: (key) => tree.getElementByKey(key) !== undefined,
    delete: (key) => tree.eraseElementByKey(key),
    range: (start, rows) => {
      let seen = 0;
      for (const at = tree.lowerBound(start); !at.equals(end) && seen < rows; at.next()) seen += 1;
      return seen;
    },
  };
}

function bPlusTree(): Structure {
  const tree = new BTree<string, object>();
  return {
    load: (sorted) => {
      for (const key of sorted) tree.set(key, PAYLOAD);
    },
    insert: (key) => tree.set(key, PAYLOAD),
    find: (key) => tree.get(key) !== undefined,
    delete: (key) => tree.delete(key),
    range: (start, rows) => {
      let seen = 0;
      for (const _ of tree.entries(start)) {
        seen += 1;
        if (seen === rows) break;
      }
      return seen;
    },
  };
}
