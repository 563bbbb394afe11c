/**
 * Word to whoever launched this process: that it can be reached, and that it serves. On a descriptor that it was given for that, so that
 * nobody has to ask again and again. The descriptor's number comes in the environment; supervisors in the manner of s6 hand out such
 * descriptors too.
 */
import { closeSync, writeSync } from 'node:fs';

export const READY_VARIABLE = 'RAFTKV_READY_FD';

const LISTENING = 'listening\n';

/** Whether what a node has said so far has the word that it can be reached. */
export const saysListening = (text: string): boolean => text.startsWith(LISTENING);

/** The term in what a node that serves has said so far; null before. */
export function termSaid(text: string): number | null {
  const term = /^listening\nserving (\d{1,15})\n/.exec(text)?.[1];
  return term === undefined ? null : Number(term);
}

export interface ReadyWord {
  readonly onListening: () => void;
  /** Says it once; then the descriptor is closed. */
  readonly onServing: (term: number) => void;
}

/** Null where no descriptor was given. */
export function readyWord(descriptor: string | undefined): ReadyWord | null {
  if (descriptor === undefined || !/^[1-9]\d{0,2}$/.test(descriptor) || Number(descriptor) < 3) return null;
  let isOpen = true;
  const say = (text: string, isLast: boolean): void => {
    if (!isOpen) return;
    isOpen = !isLast;
    try {
      writeSync(Number(descriptor), text);
      if (isLast) closeSync(Number(descriptor));
    } catch {
      // Whoever launched this node has gone, or never waited.
      isOpen = false;
    }
  };
  return { onListening: () => say(LISTENING, false), onServing: (term) => say(`serving ${term}\n`, true) };
}
