/**
 * Word to whoever launched this process that it serves, on a descriptor that it was given for that: nobody has to ask again and again.
 * The descriptor's number comes in the environment; supervisors in the manner of s6 hand out such descriptors too.
 */
import { closeSync, writeSync } from 'node:fs';

export const READY_VARIABLE = 'RAFTKV_READY_FD';

const readyLine = (term: number): string => `serving ${term}\n`;

/** The term in what a node has said so far; null when that is not the word, or not all of it. */
export function termSaid(text: string): number | null {
  const term = /^serving (\d{1,15})\n/.exec(text)?.[1];
  return term === undefined ? null : Number(term);
}

/** Says it once and closes the descriptor; null where none was given. */
export function readyWord(descriptor: string | undefined): ((term: number) => void) | null {
  if (descriptor === undefined || !/^[1-9]\d{0,2}$/.test(descriptor) || Number(descriptor) < 3) return null;
  let isSaid = false;
  return (term) => {
    if (isSaid) return;
    isSaid = true;
    try {
      writeSync(Number(descriptor), readyLine(term));
      closeSync(Number(descriptor));
    } catch {
      // Whoever launched this node has gone, or never waited.
    }
  };
}
