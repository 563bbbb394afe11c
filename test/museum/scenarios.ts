/** Loaded after the bug was planted: the scenarios of test/raft, which say what must come out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario } from '../support/scenario.ts';

const FOLDER = join(import.meta.dirname, '../raft/scenarios');

/** The first line that is another than written, or the error; null when there is none. */
export function scenarioDiffers(name: string): string | null {
  const written = readFileSync(join(FOLDER, `${name}.txt`), 'utf8');
  let output: string;
  try {
    output = runScenario(written);
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const lines = written.split('\n');
  const place = output.split('\n').findIndex((line, i) => line !== lines[i]);
  return place < 0 ? null : `${name}, line ${place + 1}: ${output.split('\n')[place]?.trim()}, not ${lines[place]?.trim()}`;
}
