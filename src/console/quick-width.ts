/** What Ink measures text with, in place of string-width: the same answer, at once where a row is made of what we draw ourselves. */
import stringWidth, { type Options } from 'string-width';
import { paintedCells } from './painted.ts';

// biome-ignore lint/style/noDefaultExport: it stands in for a module that has one
export default function quickWidth(text: string, options?: Options): number {
  return (options === undefined ? paintedCells(text) : null) ?? stringWidth(text, options);
}
