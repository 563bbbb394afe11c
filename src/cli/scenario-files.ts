/** Where stories are found, and those that are shipped beside the program. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../commands/command.ts';
import { suggest } from '../commands/suggest.ts';
import { parseScript, type Script } from '../scenario/script.ts';
import { ScriptError } from '../scenario/script-error.ts';

const SHIPPED = fileURLToPath(new URL('../../scenarios/', import.meta.url));
const LONGEST = 1_048_576;

export interface ReadScript {
  readonly script: Script;
  readonly text: string;
}

export const nameOf = (file: string): string => basename(file, '.txt');

export function shippedScripts(): readonly Script[] {
  return shippedNames().map((name) => readScript(join(SHIPPED, `${name}.txt`), null).script);
}

function shippedNames(): readonly string[] {
  const files = readdirSync(SHIPPED).filter((file) => file.endsWith('.txt'));
  return files.map(nameOf).sort();
}

/** A path, or the name of one that is shipped. Throws UsageError. */
export function pathOf(name: string): string {
  if (/[/.\\]/.test(name)) return name;
  const names = shippedNames();
  if (names.includes(name)) return join(SHIPPED, `${name}.txt`);
  const [near] = suggest(name, names, 1);
  const next = near === undefined ? 'scenario ls lists those that are shipped' : `did you mean ${near}?`;
  throw new UsageError(`there is no scenario "${name}"`, { next });
}

/** `nodes` in place of the number that the story names. Throws UsageError with the line that cannot be understood. */
export function readScript(file: string, nodes: number | null): ReadScript {
  const text = readText(file);
  try {
    const script = parseScript(file, text);
    return { script: nodes === null ? script : { ...script, shape: { ...script.shape, nodes } }, text };
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new UsageError(`${error.file}:${error.line}: ${error.problem}`, { next: error.next });
  }
}

function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}`, { next: error instanceof Error ? error.message : null });
  }
  if (text.length > LONGEST) throw new UsageError(`${file} is too long for a story`);
  return text;
}
