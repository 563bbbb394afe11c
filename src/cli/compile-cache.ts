import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps compiled code between runs: every node, guard and one-shot command loads the same modules. Lies in the user's own
 * cache folder, never in the shared one for temporary files, where somebody else could plant code.
 */
export function keepCompiledCode(): void {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  enableCompileCache(join(cache, 'raftkv-tui', 'code'));
}
