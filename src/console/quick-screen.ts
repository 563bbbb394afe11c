/** What Ink makes of its tree where that is a column of texts: the same screen, without taking each row apart into cells. */
import quickWidth from './quick-width.ts';
import { rowsOf } from './text-rows.ts';

const DISPLAY_NONE = 1;

/** As much of a node of Ink's tree as is looked at. */
export interface TreeNode {
  readonly nodeName: string;
  readonly childNodes?: readonly TreeNode[];
  readonly style: { readonly [name: string]: unknown };
  readonly internal_transform?: unknown;
  readonly internal_static?: unknown;
  readonly yogaNode?: Place | undefined;
}

interface Place {
  getDisplay(): number;
  getComputedLeft(): number;
  getComputedTop(): number;
  getComputedWidth(): number;
  getComputedHeight(): number;
}

/** Ink's own reading of a text: all of it together, without what it does not let through. */
type Reading = (text: TreeNode) => string;

/** Null where there is anything else than whole rows from the left edge: then Ink does it. */
export function quickScreen(root: TreeNode, read: Reading): { readonly output: string; readonly outputHeight: number } | null {
  const height = root.yogaNode?.getComputedHeight() ?? 0;
  const rows: string[] = [];
  if (!fill(rows, root, 0, read) || rows.length > height) return null;
  return { output: Array.from({ length: height }, (_, y) => rows[y] ?? '').join('\n'), outputHeight: height };
}

/** Whether all that is in a box has gone to its rows. */
function fill(rows: string[], box: TreeNode, above: number, read: Reading): boolean {
  if (box.yogaNode === undefined || box.yogaNode.getComputedLeft() !== 0 || isDressed(box)) return false;
  const top = above + box.yogaNode.getComputedTop();
  return (box.childNodes ?? []).every((child) => {
    if (child.yogaNode?.getDisplay() === DISPLAY_NONE) return true;
    if (child.nodeName === 'ink-box') return fill(rows, child, top, read);
    return child.nodeName === 'ink-text' && place(rows, child, top, read);
  });
}

const SHIFTING = ['borderStyle', 'backgroundColor', 'contentOffsetX', 'contentOffsetY'] as const;
const CLIPPING = ['overflow', 'overflowX', 'overflowY'] as const;

/** It draws, moves, cuts or changes something itself. */
function isDressed({ style, internal_transform: transform, internal_static: isStatic }: TreeNode): boolean {
  if (transform !== undefined || isStatic === true) return true;
  return SHIFTING.some((name) => Boolean(style[name])) || CLIPPING.some((name) => style[name] === 'hidden');
}

/** Below what is there already: texts that share a row are more than a column. */
function place(rows: string[], node: TreeNode, above: number, read: Reading): boolean {
  const { yogaNode } = node;
  if (yogaNode === undefined || yogaNode.getComputedLeft() !== 0 || isDressed(node)) return false;
  const top = above + yogaNode.getComputedTop();
  const width = yogaNode.getComputedWidth();
  if (top < rows.length) return false;
  while (rows.length < top) rows.push('');
  for (const row of rowsOf(read(node))) {
    if (quickWidth(row) > width) return false;
    rows.push(row.trimEnd());
  }
  return true;
}
