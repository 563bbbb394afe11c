import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const BIOME = join(import.meta.dirname, '../../node_modules/.bin/biome');
const ONLY_NAMES = {
  root: true,
  formatter: { enabled: false },
  assist: { enabled: false },
  linter: { rules: { preset: 'none', correctness: { noUndeclaredVariables: 'error' } } },
};

/**
 * What the linter says of names that nothing declares in these texts of TypeScript, by a path for each; empty when all are declared.
 * A planted bug that stumbles over such a name is caught by whatever runs, which proves nothing of the tests.
 */
export function undeclaredIn(texts: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'raftkv-planted-'));
  try {
    writeFileSync(join(folder, 'biome.json'), JSON.stringify(ONLY_NAMES));
    for (const [path, text] of texts) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { status, stdout, stderr } = spawnSync(BIOME, ['lint', `--config-path=${folder}`, folder], { encoding: 'utf8' });
    return status === 0 ? '' : stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
