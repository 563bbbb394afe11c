/** A drawing of rows of text, each piece with what it stands for. ASCII only, so that every terminal draws it alike. */
import type { Text } from './text.ts';

/** `here`: compared just now. `path`: part of the way. `found`: what was looked for. */
export type FigureMark = 'plain' | 'dim' | 'here' | 'path' | 'found' | 'head';

export interface Piece {
  readonly text: string;
  readonly mark: FigureMark;
}

export interface Figure {
  readonly rows: readonly (readonly Piece[])[];
  /** In Chinese, where the drawing has words in it. */
  readonly zh?: readonly (readonly Piece[])[];
  /** A line under the drawing. */
  readonly caption: Text;
}

export const piece = (text: string, mark: FigureMark = 'plain'): Piece => ({ text, mark });
