/** What Ink measures text with, in place of string-width: the same answer, at once where a row is made of what we draw ourselves. */
import stringWidth, { type Options } from 'string-width';
import { isSingle } from './width.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that rows are painted with
const SGR = /\x1b\[[0-9;]*m/g;

// biome-ignore lint/style/noDefaultExport: it stands in for a module that has one
export default function quickWidth(text: string, options?: Options): number {
  if (options !== undefined) return stringWidth(text, options);
  const bare = text.includes('\x1b') ? text.replace(SGR, '') : text;
  return isSingle(bare) ? bare.length : stringWidth(text);
}
