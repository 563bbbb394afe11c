import { enableCompileCache, flushCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Of a module is kept what the first who loaded it had run of it, so those who run other parts of the same ones have a folder each. */
const APART: ReadonlySet<string> = new Set(['node', 'guard', 'start', 'attach', 'learn', 'replay']);

const STARTED_MS = 5_000;

/**
 * For main.ts alone: whatever shares its file is compiled before this is called.
 *
 * Keeps compiled code between runs: every node, guard and one-shot command loads the same modules. Lies in the user's own
 * cache folder, never in the shared one for temporary files, where somebody else could plant code.
 */
export function keepCompiledCode(command: string | undefined): void {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = command !== undefined && APART.has(command) ? command : 'others';
  enableCompileCache(join(cache, 'raftkv-tui', 'code', folder));
  // At the end of a node V8 has dropped what only its start had run, which is what the next start needs.
  if (folder === 'node') setTimeout(flushCompileCache, STARTED_MS).unref();
}
