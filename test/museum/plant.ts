/** Changes one place of the source while it is loaded; nothing on the disk is touched. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bug, Edit } from './bug.ts';

const SRC = join(import.meta.dirname, '../../src');

/** The text with the edits made. Throws when an edit does not stand there exactly once. */
export function mutated(bug: Pick<Bug, 'name'>, text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { file, find, replace }) => {
    const parts = before.split(find);
    if (parts.length !== 2)
      throw new Error(
        `the code moved: ${bug.name} must be planted anew (its place stands ${parts.length - 1} times in src/${file})`,
      );
    return parts.join(replace);
  }, text);
}

/** Each file that the bug is in, by its path, with its new text. */
export function mutatedFiles(bug: Bug): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const file of new Set(bug.edits.map((edit) => edit.file))) {
    const path = join(SRC, file);
    const edits = bug.edits.filter((edit) => edit.file === file);
    files.set(path, mutated(bug, readFileSync(path, 'utf8'), edits));
  }
  return files;
}

/** From here on this process loads the source with the bug in it. */
export function plant(bug: Bug): void {
  const texts = new Map([...mutatedFiles(bug)].map(([path, text]) => [pathToFileURL(path).href, text]));
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const source = texts.get(url);
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
}
