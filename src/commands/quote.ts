import { safe } from '../base/safe.ts';

/** The text in double quotes with everything unsafe escaped, as the shell's parser reads it back. */
export function quote(text: string): string {
  return `"${safe(text.replace(/[\\"]/g, '\\$&'))}"`;
}

/** The text as one word of a shell line: bare when it stands for itself, quoted otherwise. */
export function asWord(text: string): string {
  const plain = /^[^\s"'{[-][^\s"']*$/.test(text) && safe(text) === text;
  return plain ? text : quote(text);
}
