/** Questions on the terminal. Nobody is asked where nobody can answer. */
import { createInterface } from 'node:readline';
import { safe } from '../base/safe.ts';
import type { Consequence } from '../commands/consequence.ts';
import type { CliIo } from './io.ts';

export function canAsk(io: CliIo): boolean {
  return io.input.isTTY === true && io.err.isTTY === true;
}

/** One line typed by a person; null when the input ended instead. */
export function ask(io: CliIo, question: string): Promise<string | null> {
  io.err.write(safe(question));
  const lines = createInterface({ input: io.input, terminal: false });
  return new Promise((resolve) => {
    let answer: string | null = null;
    lines.once('line', (line) => {
      answer = line;
      lines.close();
    });
    lines.once('close', () => resolve(answer));
  });
}

/**
 * True when the action may go on. Only what stops writes or hits several nodes is asked about, and only on a terminal; for
 * what cannot be taken back the cluster's name is to be typed.
 */
export async function confirmed(io: CliIo, consequence: Consequence | null, yes: boolean, cluster: string): Promise<boolean> {
  if (consequence === null || consequence.level === 0 || yes || !canAsk(io)) return true;
  if (consequence.level === 2) return (await ask(io, `${consequence.text}. Type ${cluster} to go on: `))?.trim() === cluster;
  const answer = await ask(io, `${consequence.text}. Go on? y/N `);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}
