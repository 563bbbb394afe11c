/** Tables of what was counted and measured, as drawings in columns. */
import stringWidth from 'string-width';
import { type FigureMark, type Piece, piece } from '../figure.ts';
import { nanosText, type Times } from '../structures/measure.ts';
import { type Text, t } from '../text.ts';

export type Language = keyof Text;

/** The structures of the comparison, in the order of the table. */
export const KINDS = ['skip', 'tree', 'hash', 'array', 'list'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Readonly<Record<Kind, Text>> = {
  skip: t('skip list', '跳表'),
  tree: t('balanced tree (AVL)', '平衡树 (AVL)'),
  hash: t('hash table', '哈希表'),
  array: t('sorted array', '有序数组'),
  list: t('linked list', '链表'),
};

const NAMES = 20;
const CELL = 11;

const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)));
const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - stringWidth(text))) + text;

export function line(
  name: string,
  cells: readonly (string | readonly [string, FigureMark])[],
  mark: FigureMark = 'plain',
): readonly Piece[] {
  return [
    piece(padEnd(name, NAMES), mark === 'head' ? 'head' : 'plain'),
    ...cells.map((cell) =>
      typeof cell === 'string' ? piece(padStart(cell, CELL), mark) : piece(padStart(cell[0], CELL), cell[1]),
    ),
  ];
}

const HEADS: readonly Text[] = [t('find', '查找'), t('insert', '插入'), t('delete', '删除'), t('next 100', '连取 100')];
const NO_ORDER = t('no order', '无序');

/** Of one size: what was measured so far. The quickest of each column stands out. */
export function timesTable(title: Text, measured: ReadonlyMap<Kind, Times>, language: Language): readonly (readonly Piece[])[] {
  const columns: readonly ((times: Times) => number | null)[] = [
    (times) => times.findNs,
    (times) => times.insertNs,
    (times) => times.deleteNs,
    (times) => times.rangeNs,
  ];
  const best = columns.map((of) => Math.min(...[...measured.values()].map((times) => of(times) ?? Number.POSITIVE_INFINITY)));
  const rows = KINDS.map((kind) => {
    const times = measured.get(kind);
    const cells = columns.map((of, i): readonly [string, FigureMark] => {
      if (times === undefined) return ['...', 'dim'];
      const ns = of(times);
      return ns === null ? [NO_ORDER[language], 'dim'] : [nanosText(ns), ns === best[i] ? 'found' : 'plain'];
    });
    return line(KIND_NAMES[kind][language], cells);
  });
  return [
    line(
      title[language],
      HEADS.map((head) => head[language]),
      'head',
    ),
    ...rows,
  ];
}
