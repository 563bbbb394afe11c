import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runScenario } from '../support/scenario.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');

/** UPDATE_GOLDENS=1 writes what came out into the files; the difference is then the thing to review. */
describe('scenarios', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt') && name !== 'README.txt');
  it.each(files)('%s', (name) => {
    const path = join(FOLDER, name);
    const text = readFileSync(path, 'utf8');
    const output = runScenario(text);
    if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(path, output);
    else expect(output).toBe(text);
  });
});
